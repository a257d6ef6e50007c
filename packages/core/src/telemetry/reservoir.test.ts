import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { reservoir } from './reservoir.ts';

describe('a reservoir', () => {
  it.each([
    ['at its capacity', (i: number) => i >= 0],
    ['closed early, after four', (i: number) => i < 4],
    ['closed, and open again when it is too late', (i: number) => i < 4 || i > 10],
  ])('keeps everything with the same chance: %s', (_, mayGrow) => {
    const random = seededRandom(11);
    const runs = 20_000;
    const length = 20;
    const hits = new Array<number>(length).fill(0);
    let size = 0;
    for (let run = 0; run < runs; run++) {
      const sample = reservoir<number>(6, random);
      for (let i = 0; i < length; i++) sample.offer(i, mayGrow(i));
      size = sample.values().length;
      expect(sample.seen()).toBe(length);
      for (const value of sample.values()) hits[value] = (hits[value] ?? 0) + 1;
    }
    const share = size / length;
    const error = Math.sqrt((share * (1 - share)) / runs);
    for (const hit of hits) expect(Math.abs(hit / runs - share)).toBeLessThan(4.5 * error);
  });

  it('takes one even when it may not grow, and hands out samples that do not change', () => {
    const sample = reservoir<string>(3, seededRandom(1));
    sample.offer('a', false);
    sample.offer('b', false);
    const taken = sample.values();
    expect(taken).toHaveLength(1);
    sample.clear();
    sample.offer('c', true);
    expect(taken).not.toContain('c');
    expect(sample.values()).toEqual(['c']);
  });
});
