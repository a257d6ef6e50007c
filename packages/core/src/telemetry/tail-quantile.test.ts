import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { TAIL_ERROR, tailQuantile } from './tail-quantile.ts';

describe('the threshold of the slow tail', () => {
  it('lies at the quantile or above it by one bucket at most', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 10, maxLength: 300 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (values, q) => {
          const tail = tailQuantile(q, 1_000, 10);
          for (const value of values) tail.add(value);
          tail.settle(0);
          const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length * q) - 1] ?? 0;
          const threshold = tail.threshold() ?? 0;
          expect(threshold).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
          expect(threshold).toBeLessThanOrEqual(exact * (1 + TAIL_ERROR) * (1 + 1e-9));
        },
      ),
    );
  });

  it('is not there before enough was seen, and goes when nothing was seen for long', () => {
    const tail = tailQuantile(0.9, 1_000, 50);
    for (let i = 0; i < 49; i++) tail.add(5);
    tail.settle(0);
    expect(tail.threshold()).toBeUndefined();
    tail.add(5);
    tail.settle(10_000);
    expect(tail.threshold()).toBeGreaterThanOrEqual(5);
    tail.settle(1_000);
    expect(tail.threshold()).toBeUndefined();
  });

  it('follows a change within a few half-lives', () => {
    const random = seededRandom(3);
    const tail = tailQuantile(0.99, 10_000, 100);
    const run = (seconds: number, scale: number): void => {
      for (let s = 0; s < seconds; s++) {
        for (let i = 0; i < 200; i++) tail.add(scale * (1 + random()));
        tail.settle(1_000);
      }
    };
    run(60, 10);
    expect(tail.threshold()).toBeGreaterThan(19);
    expect(tail.threshold()).toBeLessThan(21);
    run(10, 100);
    expect(tail.threshold()).toBeGreaterThan(190);
    run(120, 10);
    expect(tail.threshold()).toBeLessThan(21);
  });

  it('takes anything that a clock may give', () => {
    const tail = tailQuantile(0.5, 1_000, 1);
    for (const ms of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e-300]) tail.add(ms);
    tail.settle(-5);
    expect(tail.threshold()).toBeGreaterThan(0);
  });
});
