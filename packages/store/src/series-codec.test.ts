import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packMinutes, unpackMinutes } from './series-codec.ts';

const bytes = (values: readonly number[]): Uint8Array => new Uint8Array(new Float64Array(values).buffer);

describe('minutes of a series', () => {
  it('come back to the bit, whatever they are', () => {
    const count = fc.oneof(
      fc.nat(200),
      fc.nat(),
      fc.double(),
      fc.constantFrom(-0, -1, 2 ** 31, 2 ** 53, 0.5),
    );
    fc.assert(
      fc.property(fc.array(count, { minLength: 120, maxLength: 120 }), (values) => {
        expect(Buffer.compare(unpackMinutes(packMinutes(bytes(values))), bytes(values))).toBe(0);
      }),
    );
    const pair = fc
      .tuple(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
    fc.assert(
      fc.property(fc.array(pair, { minLength: 60, maxLength: 60 }), (pairs) => {
        const minutes = bytes(pairs.flat());
        const packed = packMinutes(minutes);
        expect(packed.length).toBeLessThanOrEqual(601);
        expect(Buffer.compare(unpackMinutes(packed), minutes)).toBe(0);
      }),
    );
  });

  it('take an eighth of the room for an ordinary hour', () => {
    const minutes = bytes(Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? 99 : 100)));
    expect(packMinutes(minutes)).toHaveLength(121);
  });

  it('of another length are kept as they came', () => {
    for (const odd of [new Uint8Array(0), new Uint8Array([1, 2, 3]), bytes([1, 2])]) {
      expect(unpackMinutes(packMinutes(odd))).toEqual(odd);
    }
  });

  it('may begin anywhere in their buffer', () => {
    const whole = new Uint8Array(960 + 3);
    whole.set(bytes(Array.from({ length: 120 }, () => 7)), 3);
    expect(unpackMinutes(packMinutes(whole.subarray(3)))).toEqual(whole.slice(3));
  });
});
