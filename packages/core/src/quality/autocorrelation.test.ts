import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { varianceInflation } from './autocorrelation.ts';
import { normalQuantile } from './special-functions.ts';

describe('varianceInflation', () => {
  const random = seededRandom(99);
  const gaussian = (): number => normalQuantile(random() || 0.5);

  it.each([
    [0, 1],
    [0.3, 13 / 7],
    [0.5, 3],
    [0.8, 9],
  ])(
    'finds (1 + ρ)/(1 − ρ) of a first-order autoregression with ρ = %d, a little above rather than below',
    (rho, truth) => {
      let x = 0;
      const series = Array.from({ length: 20_000 }, () => {
        x = rho * x + gaussian();
        return x;
      });
      const found = varianceInflation(series);
      expect(found).toBeGreaterThanOrEqual(truth * 0.9);
      expect(found).toBeLessThan(truth * 1.4);
    },
  );

  it('is 1 for a constant, whatever its rounding, and for too short a series', () => {
    expect(varianceInflation(new Array<number>(10_000).fill(-0.020202707317519466))).toBe(1);
    expect(varianceInflation([1, 2, 3])).toBe(1);
  });
});
