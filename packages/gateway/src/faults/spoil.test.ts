import { describe, expect, it } from 'vitest';
import { random } from './faults.test.rig.ts';
import { spoiler } from './spoil.ts';

const value = { a: 1, b: 'x', deep: { c: 3, v: [1, 2, 3, 4] } };

describe('spoiler', () => {
  it('nulls, swaps, scales and invents, and leaves the original alone', () => {
    const before = structuredClone(value);
    expect(spoiler({ how: 'null', fields: ['a', 'deep.c'] }, random()).spoil(value)).toEqual({
      a: null,
      b: 'x',
      deep: { c: null, v: [1, 2, 3, 4] },
    });
    expect(spoiler({ how: 'swap', fields: ['a', 'b'] }, random()).spoil(value)).toMatchObject({
      a: 'x',
      b: 1,
    });
    expect(
      spoiler({ how: 'scale', fields: ['a', 'b', 'deep.c'], factor: 100 }, random()).spoil(value),
    ).toMatchObject({
      a: 100,
      b: 'x',
      deep: { c: 300 },
    });
    expect(spoiler({ how: 'new_category', fields: ['b'], value: '?' }, random()).spoil(value)).toMatchObject({
      b: '?',
    });
    expect(spoiler({ how: 'permute', fields: ['deep.v'] }, random()).spoil(value)).toMatchObject({
      deep: { v: [4, 2, 1, 3] },
    });
    expect(value).toEqual(before);
  });

  it('gives the very same object back where it finds nothing', () => {
    for (const how of ['null', 'shuffle', 'permute'] as const) {
      expect(spoiler({ how, fields: ['nowhere', 'a.deeper'] }, random()).spoil(value)).toBe(value);
    }
    expect(spoiler({ how: 'null', fields: ['a'] }, random()).spoil('a text')).toBe('a text');
    expect(spoiler({ how: 'null', fields: ['__proto__.x'] }, random()).spoil(value)).toBe(value);
  });

  it('shuffles fields together: each pair existed, and most are not their own', () => {
    const one = spoiler({ how: 'shuffle', fields: ['label', 'score'] }, random());
    let own = 0;
    for (let i = 0; i < 500; i++) {
      const out = one.spoil({ label: `l${i}`, score: i, rest: i });
      if (typeof out !== 'object' || out === null) throw new Error('no map');
      const { label, score, rest }: { label?: unknown; score?: unknown; rest?: unknown } = out;
      expect(label).toBe(`l${String(score)}`);
      expect(rest).toBe(i);
      if (score === i) own += 1;
    }
    expect(own).toBeLessThan(20);
  });
});
