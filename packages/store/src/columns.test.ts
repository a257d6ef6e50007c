import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, canonical, json, number, optionalNumber, optionalText, text } from './columns.ts';
import { plainText } from './database.ts';

describe('canonical', () => {
  it('is the same for equal values, whatever the order of their keys', () => {
    expect(canonical({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
    expect(canonical(undefined)).toBe('null');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonical(turned)).toBe(canonical(value));
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        // Only the order of keys may be lost.
        if (canonical(a) === canonical(b)) expect(JSON.parse(canonical(a))).toEqual(JSON.parse(canonical(b)));
      }),
    );
    expect(canonical({ a: 1 })).not.toBe(canonical({ a: '1' }));
    expect(canonical([])).not.toBe(canonical({}));
  });
});

describe('readers of columns', () => {
  it('refuse what they did not expect', () => {
    const row = { t: 'x', n: 1, big: 5n, nil: null, b: new Uint8Array([1]) };
    expect([text(row, 't'), number(row, 'n'), number(row, 'big'), bytes(row, 'b')]).toEqual([
      'x',
      1,
      5,
      new Uint8Array([1]),
    ]);
    expect(() => text(row, 'n')).toThrow('column n holds number, not text');
    expect(() => number(row, 't')).toThrow('column t holds string');
    expect(() => number(row, 'nil')).toThrow('column nil holds null');
    expect(() => bytes(row, 'gone')).toThrow('column gone holds undefined');
    expect([optionalText(row, 'nil'), optionalNumber(row, 'nil'), json(row, 'nil')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(() => optionalNumber(row, 't')).toThrow();
  });
});

describe('plainText', () => {
  it('leaves nothing that a database cannot hold, and all else as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const kept = plainText(value);
        expect(kept).not.toContain('\0');
        expect(Buffer.from(kept, 'utf8').toString('utf8')).toBe(kept);
        if (!value.includes('\0')) expect(kept).toBe(Buffer.from(value, 'utf8').toString('utf8'));
      }),
    );
    expect(plainText('a\0\ud800b💩\udc00')).toBe('a\ufffd\ufffdb💩\ufffd');
  });
});
