import fc from 'fast-check';
import { expect, it } from 'vitest';
import { top } from './top.ts';

it('keeps what a stable sort would put first', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 5 })),
      fc.integer({ min: 1, max: 8 }),
      (scores, limit) => {
        const kept = top(limit);
        scores.forEach((score, index) => {
          kept.offer(index, score);
        });
        const sorted = scores.map((score, index) => ({ index, score })).sort((a, b) => b.score - a.score);
        expect(kept.best()).toEqual(sorted.slice(0, limit));
      },
    ),
  );
});
