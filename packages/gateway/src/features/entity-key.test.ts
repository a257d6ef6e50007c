import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEntityKeyer } from './entity-key.ts';
import type { EntityValue } from './source.ts';

const value = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.integer({ min: -20, max: 20 }),
  // Values made to look like the key's own punctuation.
  fc.constantFrom('', ':', '1:a', '\u0000n7', '\u0000s', '\u0000', '7', '3:\u0000n7'),
);

describe('createEntityKeyer', () => {
  it('uses a lone string as it is', () => {
    expect(createEntityKeyer(['sender']).key({ sender: 'a@b' })).toBe('a@b');
  });

  it('gives equal keys to equal entities and no others', () => {
    const one = createEntityKeyer(['a']);
    const two = createEntityKeyer(['a', 'b']);
    const same = (x: readonly EntityValue[], y: readonly EntityValue[]): boolean =>
      x.every((v, i) => Object.is(v, y[i]));
    fc.assert(
      fc.property(fc.tuple(value, value), fc.tuple(value, value), (x, y) => {
        expect(one.key({ a: x[0] }) === one.key({ a: y[0] })).toBe(same([x[0]], [y[0]]));
        expect(two.key({ a: x[0], b: x[1] }) === two.key({ a: y[0], b: y[1] })).toBe(same(x, y));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps values apart that only together look the same', () => {
    const { key } = createEntityKeyer(['a', 'b']);
    expect(key({ a: 'x:', b: 'y' })).not.toBe(key({ a: 'x', b: ':y' }));
    expect(key({ a: '', b: 'xy' })).not.toBe(key({ a: 'x', b: 'y' }));
  });

  it('has no key where a name has no value, and says which', () => {
    const keyer = createEntityKeyer(['a', 'b']);
    expect(keyer.key({ a: 'x' })).toBeUndefined();
    expect(keyer.missing({ a: 'x' })).toBe('b');
    expect(createEntityKeyer(['a']).key({ b: 'x' })).toBeUndefined();
  });

  it('hands on the named values and no others', () => {
    expect(createEntityKeyer(['a']).entity('k', { a: 7, other: 'x' })).toEqual({
      key: 'k',
      values: { a: 7 },
    });
  });
});
