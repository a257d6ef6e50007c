import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { latencyWindow } from './latency-window.ts';

describe('latencyWindow', () => {
  it('is zero when empty', () => {
    const window = latencyWindow();
    expect([window.count(), window.level(), window.quantile(0.95)]).toEqual([0, 0, 0]);
  });

  it('gives the exact midmean where values share no bin', () => {
    const window = latencyWindow();
    for (const ms of [1, 2, 4, 8, 16, 32, 64, 1e9]) window.add(ms);
    expect(window.level()).toBeCloseTo((4 + 8 + 16 + 32) / 4, 9);
  });

  it('does not move for outliers, and moves by a common delay', () => {
    const random = seededRandom(1);
    const [plain, outliers, delayed] = [latencyWindow(), latencyWindow(), latencyWindow()];
    for (let i = 0; i < 20_000; i++) {
      const ms = -50 * Math.log(1 - random());
      plain.add(ms);
      outliers.add(i % 100 === 0 ? 1e6 : ms);
      delayed.add(ms + 25);
    }
    expect(Math.abs(outliers.level() / plain.level() - 1)).toBeLessThan(0.05);
    expect(delayed.level() - plain.level()).toBeGreaterThan(24);
    expect(delayed.level() - plain.level()).toBeLessThan(26);
  });

  it('finds quantiles within one bin of the sorted sample', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, q) => {
          const window = latencyWindow();
          for (const value of values) window.add(value);
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)] ?? 0;
          expect(window.quantile(q) / exact).toBeGreaterThan(0.93);
          expect(window.quantile(q) / exact).toBeLessThan(1.08);
        },
      ),
    );
  });

  it('takes zero, negative and nonsense durations as zero, and forgets on reset', () => {
    const window = latencyWindow();
    for (const ms of [0, -5, Number.NaN]) window.add(ms);
    expect([window.count(), window.level()]).toEqual([3, 0]);
    window.add(Number.MAX_VALUE);
    expect(Number.isFinite(window.quantile(1))).toBe(true);
    window.reset();
    expect(window.count()).toBe(0);
  });
});
