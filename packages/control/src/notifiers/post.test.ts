import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliver, isInside } from './post.ts';
import { type Receiver, soon, startReceiver } from './receiver.test.support.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const to = (url: string, internal = false) =>
  deliver({ url, body: '{}', headers: {}, signal: soon(), internal });

describe('addresses inside', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.8.8.8',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    'not an address',
  ])('%s', (address) => {
    expect(isInside(address)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('not %s', (address) => {
    expect(isInside(address)).toBe(false);
  });
});

describe('a receiver inside', () => {
  it.each([
    (port: number) => `http://127.0.0.1:${port}/`,
    (port: number) => `http://[::1]:${port}/`,
    (port: number) => `http://[::ffff:127.0.0.1]:${port}/`,
    (port: number) => `http://2130706433:${port}/`,
    (port: number) => `http://0x7f.1:${port}/`,
    (port: number) => `http://0:${port}/`,
    (port: number) => `https://127.0.0.1:${port}/`,
    // Names that resolve to this machine.
    (port: number) => `http://localhost:${port}/`,
    (port: number) => `https://localhost:${port}/`,
    () => 'http://169.254.169.254/latest/meta-data/',
  ])('is refused for good unless the file says so: %#', async (url) => {
    const result = await to(url(receiver.port));
    expect(result).toEqual({ kind: 'dead', reason: expect.stringContaining('internal: true') });
    expect(receiver.received).toHaveLength(0);
  });

  it('is told when the file says so, by address and by name', async () => {
    expect(await to(receiver.url, true)).toEqual({ kind: 'sent', detail: 'HTTP 200' });
    expect(await to(`http://localhost:${receiver.port}/`, true)).toEqual({
      kind: 'sent',
      detail: 'HTTP 200',
    });
  });

  it('that nobody knows the name of, or nobody listens at, is asked again later', async () => {
    expect(await to('http://nobody.invalid/')).toMatchObject({ kind: 'retry' });
    const { port } = receiver;
    await receiver.close();
    expect(await to(`http://127.0.0.1:${port}/`, true)).toMatchObject({ kind: 'retry' });
    receiver = await startReceiver();
  });
});
