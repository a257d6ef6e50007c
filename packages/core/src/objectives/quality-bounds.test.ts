import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { qualityBounds } from './quality-bounds.ts';

describe('bounds of quality under missing labels', () => {
  it('hold observed, lower, upper and coverage', () => {
    const bounds = qualityBounds({ good: 90, total: 100 }, 400, 0.8);
    expect(bounds).toEqual({
      observed: 0.9,
      lower: 90 / 400,
      upper: 390 / 400,
      coverage: 0.25,
      remaining: {
        lower: expect.closeTo(1 - (1 - 0.225) / 0.2),
        observed: expect.closeTo(0.5),
        upper: expect.closeTo(0.875),
      },
    });
    expect(qualityBounds({ good: 0, total: 0 }, 10, 0.8)).toMatchObject({
      observed: undefined,
      lower: 0,
      upper: 1,
    });
    expect(qualityBounds({ good: 0, total: 0 }, 0, 0.8)).toBeUndefined();
  });

  it('hold whatever the missing labels turn out to be', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.nat(1_000),
        fc.nat(1_000),
        fc.nat(1_000),
        (good, bad, lateGood, lateBad) => {
          const before = qualityBounds({ good, total: good + bad }, good + bad + lateGood + lateBad, 0.9);
          const total = good + bad + lateGood + lateBad;
          if (before === undefined) return expect(total).toBe(0);
          const truth = (good + lateGood) / total;
          expect(truth).toBeGreaterThanOrEqual(before.lower - 1e-12);
          expect(truth).toBeLessThanOrEqual(before.upper + 1e-12);
        },
      ),
    );
  });
});
