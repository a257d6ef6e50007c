import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.ts';

describe('fingerprint', () => {
  it('does not depend on the order of fields', () => {
    expect(fingerprint({ a: 1, b: [2, 3] })).toBe(fingerprint({ b: [2, 3], a: 1 }));
  });

  it('tells kinds and nestings apart', () => {
    const all = [
      1,
      '1',
      null,
      'null',
      [],
      {},
      [[]],
      [1, [2]],
      [[1], 2],
      [[1, 2]],
      { a: 1 },
      ['a', 1],
      true,
      'true',
    ];
    expect(new Set(all.map((data) => fingerprint(data))).size).toBe(all.length);
  });

  it('is the same for a copy and 16 hex digits', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        expect(fingerprint(structuredClone(data))).toBe(fingerprint(data));
        expect(fingerprint(data)).toMatch(/^[0-9a-f]{16}$/);
      }),
      { numRuns: 100 },
    );
  });
});
