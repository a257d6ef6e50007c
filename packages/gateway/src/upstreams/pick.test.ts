import { describe, expect, it } from 'vitest';
import { createPicker, parsePath, valueAt } from './pick.ts';

describe('paths', () => {
  it('lead through objects and arrays', () => {
    expect(parsePath('a.b[0].c')).toEqual(['a', 'b', 0, 'c']);
    expect(valueAt({ a: { b: [{ c: 1 }] } }, parsePath('a.b[0].c'))).toBe(1);
    expect(valueAt([[1, 2]], parsePath('[0][1]'))).toBe(2);
    expect(valueAt({ a: { 0: 'x' } }, parsePath('a.0'))).toBe('x');
  });

  it('do not lead to what objects inherit', () => {
    expect(valueAt({}, parsePath('constructor.name'))).toBeUndefined();
    expect(valueAt({ a: [] }, parsePath('a.length'))).toBeUndefined();
  });

  it.each(['', 'a..b', 'a[b]', 'a.', 'a[0'])('are refused when they are none: "%s"', (text) => {
    expect(() => parsePath(text)).toThrow(/path/);
  });
});

describe('picking', () => {
  const pick = createPicker({ output: 'out', label: 'out.label', confidence: 'p', score: 's' });

  it('takes the configured parts of an answer', () => {
    const out = { label: 3 };
    expect(pick({ out, p: 0.5, s: -2 })).toEqual({ output: out, label: '3', confidence: 0.5, score: -2 });
  });

  it.each([
    [{ p: 0.5, s: 1 }, /output/],
    [{ out: {}, p: 0.5, s: 1 }, /label/],
    [{ out: { label: 'a' }, p: '0.5', s: 1 }, /confidence/],
    [{ out: { label: 'a' }, p: 1.5, s: 1 }, /not in \[0, 1\]/],
    [{ out: { label: 'a' }, p: 0.5, s: null }, /score/],
  ])('finds %j malformed', (answer, message) => {
    expect(() => pick(answer)).toThrow(message);
  });
});
