import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactText } from './redact.ts';

// Put together here, so that no scanner of repositories takes them for real ones.
const JWT = [
  'eyJhbGciOiJIUzI1NiJ9',
  'eyJzdWIiOiIxMjM0NTY3ODkwIn0',
  'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
].join('.');
const KEY = `-----BEGIN ${'RSA '}PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc\n-----END ${'RSA '}PRIVATE KEY-----`;

/** How many characters a run looks at, by whichever method of strings: a count, so that no clock is needed. */
function charactersRead(run: () => void): number {
  let read = 0;
  const counted: [name: string, cost: (text: string, args: readonly unknown[], result: unknown) => number][] =
    [
      ['charCodeAt', () => 1],
      ['charAt', () => 1],
      [
        'indexOf',
        (text, [, from], result) => (Number(result) < 0 ? text.length : Number(result)) - (Number(from) || 0),
      ],
      ['includes', (text) => text.length],
      ['startsWith', (_, [prefix]) => String(prefix).length],
      ['slice', (_, __, result) => String(result).length],
      ['toLowerCase', (text) => text.length],
      ['replace', (text) => text.length],
      ['split', (text) => text.length],
    ];
  const originals = counted.map(
    ([name]) => [name, Object.getOwnPropertyDescriptor(String.prototype, name)] as const,
  );
  try {
    for (const [name, cost] of counted) {
      const original: unknown = Reflect.get(String.prototype, name);
      if (typeof original !== 'function') throw new TypeError(name);
      Object.defineProperty(String.prototype, name, {
        configurable: true,
        writable: true,
        value(this: string, ...args: unknown[]): unknown {
          const result: unknown = Reflect.apply(original, this, args);
          read += cost(this, args, result);
          return result;
        },
      });
    }
    run();
  } finally {
    for (const [name, descriptor] of originals) {
      if (descriptor !== undefined) Object.defineProperty(String.prototype, name, descriptor);
    }
  }
  return read;
}

describe('redactText', () => {
  it.each([
    ['Authorization: Bearer abcdefghijkl', 'Authorization: Bearer [secret]'],
    ['with bearer a1b2c3d4e5 sent', 'with bearer [secret] sent'],
    ['basic information about the bearer certificates', 'basic information about the bearer certificates'],
    [`token ${JWT}.`, 'token [secret]'],
    [`(${'sk-'}proj-abcdefghijklmnop)`, '([secret])'],
    [`AWS ${'AKIA'}IOSFODNN7EXAMPLE end`, 'AWS [secret] end'],
    [
      `push https://${'ghp_'}abcdefghijklmnopqrstuvwxyz012345@github.com/x`,
      'push https://[secret]@github.com/x',
    ],
    ['postgres://admin:hunter2@db.internal:5432/x', 'postgres://[secret]@db.internal:5432/x'],
    ['password=hunter2&user=ada', 'password=[secret]&user=ada'],
    ['{"api_key": "ab cd", "n": 1}', '{"api_key": "[secret]", "n": 1}'],
    ['{"password":"a\\"b"}', '{"password":"[secret]"}'],
    ['"{\\"password\\":\\"a b\\",\\"n\\":1}"', '"{\\"password\\":\\"[secret]\\",\\"n\\":1}"'],
    ['max_tokens: 5', 'max_tokens: 5'],
    [`before ${KEY} after`, 'before [secret] after'],
    [`cut off ${KEY.slice(0, 50)}`, 'cut off [secret]'],
    [`-----BEGIN CERTIFICATE-----\nabc ${KEY}`, '-----BEGIN CERTIFICATE-----\nabc [secret]'],
    ['x dG9rZW4tMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE0 y', 'x [secret] y'],
    ['0af7651916cd43dd8448eb211c80319c', '0af7651916cd43dd8448eb211c80319c'],
  ])('secrets: %s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });

  it.each([
    ['write to ada.lovelace+x@example.co.uk.', 'write to [email].'],
    ['<a@b.de>,c@d.org;', '<[email]>,[email];'],
    ['jürgen@müller.de', '[email]'],
    ['?mail=ada%40example.com&x', '?mail=[email]&x'],
    ['@mention and a@b and a@1.2 and @', '@mention and a@b and a@1.2 and @'],
  ])('addresses: %s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });

  it.each([
    ['card 4111 1111 1111 1111 until 12/29', 'card [card] until 12/29'],
    ['5500-0000-0000-0004,378282246310005', '[card],[card]'],
    ['no. 4111 1111 1111 1112', 'no. 4111 1111 1111 1112'],
    ['at 1767225600000 of 1767225600003', 'at 1767225600000 of 1767225600003'],
    ['call +49 30 1234567 2024 12 25', 'call [phone] 12 25'],
    ['call +1 (415) 555-2671, or 415-555-2671', 'call [phone], or [phone]'],
    ['Tel. 030 1234567 or (0171) 2345678 or 0049301234567', 'Tel. [phone] or [phone] or [phone]'],
    [
      '00001234567 on 2026-01-15 10:30, 01.02.2024 12:30, v0.12.345',
      '00001234567 on 2026-01-15 10:30, 01.02.2024 12:30, v0.12.345',
    ],
    ['from 192.168.100.200:8080, order 2024-000123456', 'from 192.168.100.200:8080, order 2024-000123456'],
    ['DE89 3704 0044 0532 0130 00 and GB82WEST12345698765432', '[iban] and [iban]'],
    ['DE88370400440532013000', 'DE88370400440532013000'],
  ])('numbers: %s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });

  it('leaves ordinary text as it is', () => {
    const text =
      'Model ranker v3.12.1 answered request req-01jq2v3k4m0000a1b2c3 in 12.5 ms (p99 = 48 ms); 3,400 of 10,000 rows at https://example.com/a/b?page=2.';
    expect(redactText(text)).toBe(text);
  });

  it('finds what stands anywhere, between anything that does not belong to it', () => {
    const secrets = [
      ['ada@example.com', /ada@/],
      ['4111 1111 1111 1111', /1111/],
      ['+49 30 12345678', /1234/],
      ['DE89370400440532013000', /3704/],
      [`${'sk-'}abcdefghijklmnopqrstuv`, /ijklm/],
      [JWT, /eyJzdWI/],
      ['password="hunter two"', /hunter|two/],
    ] as const;
    const around = fc.array(fc.constantFrom(' ', '\n', ', ', '; ', '"', '<', '>', 'ö ', 'word ', '(', '|'), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.constantFrom(...secrets), around, around, ([secret, trace], before, after) => {
        const out = redactText(`${before.join('')} ${secret} ${after.join('')}`);
        expect(out).not.toMatch(trace);
        expect(out).toMatch(/\[(secret|email|card|phone|iban)\]/);
      }),
      { numRuns: 400 },
    );
  });

  it('cuts, and knows what the cut goes through', () => {
    expect(redactText('a'.repeat(30), 10)).toBe(`${'a'.repeat(10)}… [20 more]`);
    expect(redactText('mail ada@example.com', 8)).toBe('mail [email]… [12 more]');
    expect(redactText(`${'x '.repeat(5)}4111 1111 1111 1111`, 14)).toBe('x x x x x [card]… [15 more]');
    expect(redactText('ab😀', 3)).toBe('ab… [2 more]');
    expect(redactText('abc', 0)).toBe('… [3 more]');
  });

  it('looks at a number of characters that grows with the length, and not with its square', () => {
    const worst = [
      'a',
      '@',
      'a@',
      'a@b.',
      '1',
      '1 ',
      '1-',
      '+1',
      '(0',
      'password=',
      'password:"',
      'password: bearer ',
      '://',
      '://a:',
      '-----BEGIN ',
      '-----BEGIN PRIVATE KEY-----',
      'eyJ',
      'DE11',
      'DE11 ',
      '\\"',
      '%40',
      '0',
      'sk-',
      '.',
      'bearer ',
    ];
    for (const unit of worst) {
      const cost = (length: number): number => {
        const text = unit.repeat(Math.ceil(length / unit.length));
        return charactersRead(() => redactText(text, text.length));
      };
      const [once, twice] = [cost(2_000), cost(4_000)];
      expect(once, unit).toBeGreaterThan(2_000);
      expect(twice / once, unit).toBeLessThan(2.1);
    }
  });

  it('is bounded whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), fc.nat(500), (text, most) => {
        // A label may be longer than what it stands for: "pin=1" becomes "pin=[secret]".
        expect(redactText(text, most).length).toBeLessThanOrEqual(3 * most + 40);
      }),
    );
  });
});

describe('redact', () => {
  it('walks nested values, and takes the word of a name', () => {
    expect(
      redact({
        user: { mail: 'ada@example.com', 'X-Api-Key': 17, id_token: { a: 1 } },
        headers: [{ authorization: null }],
        card: 4_111_111_111_111_111,
        amounts: [1.5, Number.NaN, 12n, true, null, undefined, () => 1],
        'ada@example.com': new Uint8Array(3),
        max_tokens: 5,
      }),
    ).toEqual({
      user: { mail: '[email]', 'X-Api-Key': '[secret]', id_token: '[secret]' },
      headers: [{ authorization: '[secret]' }],
      card: '[card]',
      amounts: [1.5, 'NaN', '12', true, null, '[undefined]', '[function]'],
      '[email]': '[3 bytes]',
      max_tokens: 5,
    });
  });

  it('keeps to its bounds', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(redact(cycle, { depth: 3 })).toEqual({ self: { self: { self: '[deeper]' } } });
    expect(redact([-0])).toEqual([0]);
    expect(redact([1, 2, 3, 4], { entries: 2 })).toEqual([1, 2, '[2 more]']);
    expect(redact({ a: 1, b: 2, c: 3 }, { entries: 1 })).toEqual({ a: 1, '…': '[2 more]' });
    expect(redact(['aaaa', 'bbbb', 'cccc'], { total: 6 })).toEqual(['aaaa', 'bb… [2 more]', '… [4 more]']);
    expect(
      JSON.stringify(
        redact(
          {
            list: [
              [1, 2, 3],
              [4, 5, 6],
            ],
          },
          { values: 4 },
        ),
      ),
    ).not.toContain('4,');
  });

  it('never throws, gives JSON, and is no larger than its bounds', () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(redact([hostile])).toEqual(['[unreadable]']);
    expect(Object.keys(Object(redact(JSON.parse('{"__proto__": {"a": 1}}'))))).toEqual(['__proto__']);
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withTypedArray: true, withNullPrototype: true }),
        (value) => {
          const out = redact(value, { total: 500, values: 40 });
          expect(JSON.parse(JSON.stringify(out))).toEqual(out);
          expect(JSON.stringify(out).length).toBeLessThan(12_000);
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('leaves the ids of incidents as they are, whatever their digits come to', () => {
  // 20261124-130700430-0000 passes Luhn's check at one length or another one time in ten.
  for (let ms = 0; ms < 200; ms++) {
    const id = `AI-20261124-130700${String(ms).padStart(3, '0')}-0000apyhw3`;
    expect(redactText(`incident ${id} is resolved`, 200)).toBe(`incident ${id} is resolved`);
  }
});
