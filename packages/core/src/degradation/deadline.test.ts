import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rungShare } from './deadline.ts';

describe('sharing a deadline down the ladder', () => {
  it('gives a rung its whole budget where everything fits', () => {
    expect(rungShare(500, 350, [50, 20, 20])).toBe(350);
  });

  it('keeps the budgets of those below', () => {
    expect(rungShare(500, 450, [50, 20, 20])).toBe(410);
  });

  it('shares in proportion where not everything fits', () => {
    expect(rungShare(300, 400, [400])).toBe(150);
    expect(rungShare(100, 400, [])).toBe(100);
  });

  it('gives nothing when the time is up', () => {
    expect(rungShare(0, 400, [])).toBe(0);
    expect(rungShare(-5, 400, [10])).toBe(0);
    expect(rungShare(Number.NaN, 400, [10])).toBe(0);
  });

  it('never gives more than is left or budgeted, and walking down never runs out of time for the last rung', () => {
    const budgets = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(budgets, fc.integer({ min: 1, max: 3_000 }), (rungs, deadline) => {
        let left = deadline;
        const total = rungs.reduce((sum, budget) => sum + budget, 0);
        rungs.forEach((budget, i) => {
          const share = rungShare(left, budget, rungs.slice(i + 1));
          expect(share).toBeGreaterThan(0);
          expect(share).toBeLessThanOrEqual(Math.min(left, budget) + 1e-9);
          if (total <= deadline) expect(share).toBe(budget);
          left -= share;
        });
      }),
    );
  });
});
