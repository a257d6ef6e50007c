import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addLatency, countLatency, latencyCounts, latencyQuantile, latencySince } from './latency-counts.ts';

describe('latencyCounts', () => {
  it('gives every quantile within a bucket', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.3, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, q) => {
          const counts = latencyCounts();
          for (const value of values) countLatency(counts, value);
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
          const found = latencyQuantile(counts, q) ?? 0;
          expect(found).toBeGreaterThanOrEqual(exact * 0.999_999);
          expect(found).toBeLessThanOrEqual(exact * 2 ** (1 / 8) * 1.000_001);
        },
      ),
    );
  });
  it('adds, subtracts, and says nothing of nothing', () => {
    const a = latencyCounts();
    expect(latencyQuantile(a, 0.5)).toBeUndefined();
    countLatency(a, 10);
    const before = [...a];
    countLatency(a, 1_000);
    expect(latencyQuantile(latencySince(a, before), 0.5)).toBeGreaterThan(900);
    expect(addLatency(a, before).reduce((x, y) => x + y)).toBe(3);
  });
  it('keeps what is beyond both ends', () => {
    const a = latencyCounts();
    countLatency(a, 0);
    countLatency(a, 1e9);
    expect(a.reduce((x, y) => x + y)).toBe(2);
  });
});
