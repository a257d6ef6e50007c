import type { CallersConfig } from '@evenkeel/config';
import { describe, expect, it } from 'vitest';
import { createIdentify, type Identity } from './identify.ts';

const secret = (name: string, value: string): CallersConfig['keys'][number]['key'] => ({
  name,
  reveal: () => value,
  toString: () => `[secret ${name}]`,
  toJSON: () => `[secret ${name}]`,
});

const config = (changes: Partial<CallersConfig> = {}): CallersConfig => ({
  keys: [],
  trustHeadersFrom: 'none',
  maySetPriorityFrom: 'none',
  headers: { tenant: 'x-tenant', user: 'x-user', tier: 'x-tier', cohort: 'x-cohort' },
  ...changes,
});

const keys: CallersConfig['keys'] = [
  {
    name: 'one',
    key: secret('ONE', 'key-one'),
    tenant: 'acme',
    tier: 'premium',
    maySetPriority: true,
    trustHeaders: true,
  },
  {
    name: 'two',
    key: secret('TWO', 'key-two'),
    tenant: 'bolt',
    tier: undefined,
    maySetPriority: false,
    trustHeaders: false,
  },
];
const claimed = { 'x-tenant': 'evil', 'x-user': 'ann', 'x-tier': 'gold' };

function known(identity: Identity): Extract<Identity, { ok: true }> {
  if (!identity.ok) throw new Error('refused');
  return identity;
}

describe('callers without a key', () => {
  it('are anonymous, told apart by address, and their headers are not believed', () => {
    const identify = createIdentify(config());
    expect(identify(claimed, '10.0.0.1')).toEqual({
      ok: true,
      caller: { tenant: 'anonymous', user: '10.0.0.1', tier: undefined },
      knownUser: false,
      maySetPriority: false,
      trusted: false,
    });
  });

  it.each([
    ['loopback', '127.0.0.1', true],
    ['loopback', '127.9.9.9', true],
    ['loopback', '::1', true],
    ['loopback', '::ffff:127.0.0.1', true],
    ['loopback', '10.0.0.1', false],
    ['loopback', '::ffff:10.0.0.1', false],
    ['loopback', undefined, false],
    ['loopback', 'nonsense', false],
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.0.0.0/8'], '127.0.0.1', false],
    [['fd00::/8', '192.0.2.7'], 'fd12::1', true],
    [['fd00::/8', '192.0.2.7'], '192.0.2.7', true],
    [['fd00::/8', '192.0.2.7'], '192.0.2.8', false],
    [['fe80::/10'], 'fe80::1%eth0', true],
    ['none', '127.0.0.1', false],
  ] as const)('from %s: %s is believed: %s', (trustHeadersFrom, address, believed) => {
    const identify = createIdentify(config({ trustHeadersFrom }));
    for (let again = 0; again < 2; again++) {
      const identity = known(identify(claimed, address));
      expect(identity.trusted).toBe(believed);
      expect(identity.caller.tenant).toBe(believed ? 'evil' : 'anonymous');
      expect(identity.knownUser).toBe(believed);
    }
  });

  it('take any key where there is nothing to open: clients send one always', () => {
    const identify = createIdentify(config());
    expect(identify({ authorization: 'Bearer whatever' }, '10.0.0.1').ok).toBe(true);
  });

  it.each([[''], [' '], ['a\tb'], ['x'.repeat(129)], ['ünal'], ['a  b']])(
    'whose believed name is %j have none',
    (name) => {
      const identify = createIdentify(config({ trustHeadersFrom: 'loopback' }));
      expect(known(identify({ 'x-user': name, 'x-tenant': name }, '127.0.0.1'))).toMatchObject({
        caller: { tenant: 'anonymous', user: '127.0.0.1' },
        knownUser: false,
      });
    },
  );
});

describe('callers with a key', () => {
  const identify = createIdentify(config({ keys }));

  it.each([
    [{ authorization: 'Bearer key-one' }],
    [{ authorization: 'bearer   key-one ' }],
    [{ 'x-api-key': 'key-one' }],
  ])('%j: tenant and tier are the key’s, the user the one that a trusted key names', (headers) => {
    expect(identify({ ...headers, ...claimed }, '10.0.0.1')).toEqual({
      ok: true,
      caller: { tenant: 'acme', user: 'ann', tier: 'premium' },
      knownUser: true,
      maySetPriority: true,
      trusted: true,
    });
  });

  it('a cohort is what a trusted caller says, and nobody else', () => {
    const says = { ...claimed, 'x-cohort': 'beta' };
    expect(known(identify({ 'x-api-key': 'key-one', ...says }, '10.0.0.1')).caller.cohort).toBe('beta');
    expect(known(identify({ 'x-api-key': 'key-two', ...says }, '10.0.0.1')).caller.cohort).toBeUndefined();
  });

  it('a key that is not trusted with headers stands for itself', () => {
    expect(known(identify({ 'x-api-key': 'key-two', ...claimed }, '10.0.0.1'))).toMatchObject({
      caller: { tenant: 'bolt', user: 'two', tier: undefined },
      maySetPriority: false,
      trusted: false,
    });
  });

  it.each([
    [{ authorization: 'Bearer key-on' }],
    [{ authorization: 'Bearer key-one2' }],
    [{ authorization: 'Bearer ' }],
    [{ 'x-api-key': 'key-three' }],
    [{ 'x-api-key': '' }],
    [{ authorization: 'Bearer [secret ONE]' }],
  ])('%j is refused, not made anonymous', (headers) => {
    expect(identify(headers, '10.0.0.1')).toEqual({ ok: false });
  });

  it('none at all is anonymous', () => {
    expect(known(identify({}, '10.0.0.1')).caller.tenant).toBe('anonymous');
  });
});
