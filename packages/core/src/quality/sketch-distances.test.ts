import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { categoricalReference, numericReference } from './bins.ts';
import { createSketch, recordNumber } from './histogram-sketch.ts';
import { kolmogorovSmirnov, quantile, sortedSample, wassersteinDistance } from './sample-distances.ts';
import { sketchKolmogorovSmirnov, sketchQuantile, sketchWasserstein } from './sketch-distances.ts';

const numbers = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 5, maxLength: 80 });

describe('distances from sketches', () => {
  it('hold the exact ones within their stated bounds', () => {
    fc.assert(
      fc.property(numbers, numbers, fc.double({ min: 0, max: 1, noNaN: true }), (x, y, q) => {
        const reference = numericReference([...x, ...y]);
        const a = createSketch(reference);
        const b = createSketch(reference);
        for (const value of x) recordNumber(a, value);
        for (const value of y) recordNumber(b, value);
        const ks = sketchKolmogorovSmirnov(a, b);
        expect(Math.abs(ks.value - kolmogorovSmirnov(x, y).statistic)).toBeLessThanOrEqual(ks.bound + 1e-9);
        const wasserstein = sketchWasserstein(a, b);
        expect(Math.abs(wasserstein.value - wassersteinDistance(x, y))).toBeLessThanOrEqual(
          wasserstein.bound + 1e-9,
        );
        const found = sketchQuantile(a, q);
        // Between two order statistics any value is a quantile: the sketch's bin holds one of the two.
        const sorted = sortedSample(x);
        const place = q * sorted.length;
        const near = [Math.ceil(place) - 1, Math.floor(place)].map(
          (i) => sorted[Math.min(sorted.length - 1, Math.max(0, i))] ?? 0,
        );
        expect(near.some((value) => Math.abs(value - found.value) <= found.bound + 1e-9)).toBe(true);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('are near for many values in many bins', () => {
    const random = seededRandom(4);
    const draw = (shift: number): number => random() + random() + random() + shift;
    const base = Array.from({ length: 20_000 }, () => draw(0));
    const other = Array.from({ length: 20_000 }, () => draw(0.1));
    const reference = numericReference([...base, ...other]);
    const a = createSketch(reference);
    const b = createSketch(reference);
    for (const value of base) recordNumber(a, value);
    for (const value of other) recordNumber(b, value);
    expect(sketchKolmogorovSmirnov(a, b).bound).toBeLessThan(0.05);
    expect(Math.abs(sketchWasserstein(a, b).value - wassersteinDistance(base, other))).toBeLessThan(0.005);
    for (const q of [0.01, 0.5, 0.99]) {
      expect(Math.abs(sketchQuantile(a, q).value - quantile(sortedSample(base), q))).toBeLessThan(0.03);
    }
  });

  it('say when they know nothing', () => {
    const reference = numericReference([1, 2, 3, 4]);
    const sketch = createSketch(reference);
    expect(() => sketchQuantile(sketch, 0.5)).toThrow(/without a value/);
    recordNumber(sketch, 99);
    expect(sketchQuantile(sketch, 1).bound).toBe(Number.POSITIVE_INFINITY);
    expect(() => sketchQuantile(createSketch(categoricalReference(['a'])), 0.5)).toThrow(/order/);
    expect(() => sketchKolmogorovSmirnov(sketch, createSketch(numericReference([7, 8, 9])))).toThrow();
  });
});
