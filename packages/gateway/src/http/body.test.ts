import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nestsDeeper, parseJson, requireWithin } from './body.ts';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

describe('nestsDeeper', () => {
  it('is exact for JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = Buffer.from(JSON.stringify(value));
        const depth = depthOf(value);
        expect(nestsDeeper(text, depth)).toBe(false);
        if (depth > 0) expect(nestsDeeper(text, depth - 1)).toBe(true);
      }),
    );
  });

  it('does not count brackets in strings, escaped quotes included', () => {
    expect(nestsDeeper(Buffer.from('{"a\\"[[[[":"\\\\","b":"[[[["}'), 1)).toBe(false);
    expect(nestsDeeper(Buffer.from('"\\\\"[[['), 2)).toBe(true);
  });
});

describe('parseJson', () => {
  it('names the place of a mistake, and repeats nothing of the body', () => {
    expect(() => parseJson(Buffer.from('{"secret":hunter2}'), 8)).toThrow(
      'the body is not valid JSON: expected a value at line 1, column 11',
    );
    expect(() => parseJson(Buffer.from('{"secret":hunter2}'), 8)).not.toThrow(/hunter2/);
    expect(() => parseJson(Buffer.alloc(0), 8)).toThrow('the body is empty');
  });

  it('refuses by depth before it parses', () => {
    expect(() => parseJson(Buffer.from('['.repeat(9)), 8)).toThrow('deeper than 8');
  });

  it('gives __proto__ no power', () => {
    const parsed = parseJson(Buffer.from('{"__proto__":{"polluted":1}}'), 8);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('requireWithin', () => {
  it('holds a body that has been read to the limits of the service it turned out to be for', () => {
    const bytes = Buffer.from('{"a":[[1]]}');
    expect(() => requireWithin(bytes, { bodyBytes: 11, depth: 3 })).not.toThrow();
    expect(() => requireWithin(bytes, { bodyBytes: 10, depth: 3 })).toThrow(/more than 10 bytes/);
    expect(() => requireWithin(bytes, { bodyBytes: 11, depth: 2 })).toThrow(/deeper than 2/);
  });
});
