import { describe, expect, it } from 'vitest';
import { prAuc, rocAuc } from './areas.ts';
import { calibrationError, calibrationFloor } from './calibration-error.ts';
import { approval, perplexity, refusalRate } from './generation.ts';
import type { Metric } from './metric.ts';
import { hitRate, meanAveragePrecision, mrr, ndcg } from './ranking.ts';

function of<State, Sample>(metric: Metric<State, Sample>, samples: readonly Sample[]): number | undefined {
  const state = metric.init();
  for (const sample of samples) metric.add(state, sample);
  return metric.value(state);
}

describe('computed by hand', () => {
  it('calibration error', () => {
    // Two bins. [0, ½): 0.1, 0.3 with one positive: |½ − 0.2| · 2/5. [½, 1]: 0.6, 0.8, 1 with two: |⅔ − 0.8| · 3/5.
    const samples = [
      { score: 0.1, positive: false },
      { score: 0.3, positive: true },
      { score: 0.6, positive: false },
      { score: 0.8, positive: true },
      { score: 1, positive: true },
    ];
    expect(of(calibrationError({ bins: 2 }), samples)).toBeCloseTo(0.12 + 0.08, 12);
    // A probability on an edge belongs to the bin above it.
    expect(
      of(calibrationError({ bins: 2 }), [
        { score: 0.5, positive: true },
        { score: 0.9, positive: false },
      ]),
    ).toBeCloseTo(0.2, 12);
    // With weights: [0, ½) (3·0.4, nothing true) and [½, 1] (1·0.6, true): (1.2 + 0.4) / 4.
    expect(
      of(calibrationError({ bins: 2 }), [
        { score: 0.4, positive: false, weight: 3 },
        { score: 0.6, positive: true },
      ]),
    ).toBeCloseTo(0.4, 12);
  });

  it('calibration error of a calibrated model is about its floor, not 0', () => {
    const metric = calibrationError();
    const state = metric.init();
    // 25 of 100 at 0.25, 75 of 100 at 0.75: error 0, but chance would give 2 · √(2 · 18.75 / π) / 200.
    for (let i = 0; i < 100; i++) {
      metric.add(state, { score: 0.25, positive: i < 25 });
      metric.add(state, { score: 0.75, positive: i < 75 });
    }
    expect(metric.value(state)).toBeCloseTo(0, 12);
    expect(calibrationFloor(state)).toBeCloseTo((2 * Math.sqrt((2 * 18.75) / Math.PI)) / 200, 12);
  });

  it('reciprocal rank, average precision, hits', () => {
    const lists = [
      { relevance: [0, 1, 0, 1] },
      { relevance: [1, 0, 0, 0] },
      { relevance: [0, 0, 0, 0] },
      { relevance: [0, 0, 0, 2] },
    ];
    expect(of(mrr(), lists)).toBeCloseTo((1 / 2 + 1 + 0 + 1 / 4) / 4, 12);
    expect(of(mrr(3), lists)).toBeCloseTo((1 / 2 + 1) / 4, 12);
    expect(of(meanAveragePrecision(), lists)).toBeCloseTo(((1 / 2 + 2 / 4) / 2 + 1 + 0 + 1 / 4) / 4, 12);
    // At 3: one of two found in the first list; of one relevant item none in the last.
    expect(of(meanAveragePrecision(3), lists)).toBeCloseTo((1 / 2 / 2 + 1) / 4, 12);
    // Five relevant in all, two of them shown.
    expect(of(meanAveragePrecision(), [{ relevance: [1, 1], relevant: 5 }])).toBeCloseTo(2 / 5, 12);
    expect(of(hitRate(1), lists)).toBe(1 / 4);
    expect(of(hitRate(3), lists)).toBe(2 / 4);
    expect(of(hitRate(4), lists)).toBe(3 / 4);
  });

  it('gain, tied scores sharing theirs', () => {
    const order = { relevance: [3, 2, 0, 1] };
    const best = 3 + 2 / Math.log2(3) + 1 / 2;
    expect(of(ndcg(), [order])).toBeCloseTo((3 + 2 / Math.log2(3) + 1 / Math.log2(5)) / best, 12);
    expect(of(ndcg(2), [{ relevance: [0, 2, 1] }])).toBeCloseTo(
      2 / Math.log2(3) / (2 + 1 / Math.log2(3)),
      12,
    );
    const tied = { relevance: [1, 0], score: [7, 7] };
    expect(of(ndcg(), [tied])).toBeCloseTo((1 + 1 / Math.log2(3)) / 2, 12);
    expect(of(ndcg(), [{ relevance: [0, 1], score: [1, 2] }])).toBe(1);
  });

  it('areas', () => {
    // Positives 0.8, 0.4; negatives 0.6, 0.4, 0.1: wins 3 + 1 + ½ of 6.
    const samples = [
      { score: 0.8, positive: true },
      { score: 0.6, positive: false },
      { score: 0.4, positive: true },
      { score: 0.4, positive: false },
      { score: 0.1, positive: false },
    ];
    expect(of(rocAuc(), samples)).toBeCloseTo(4.5 / 6, 12);
    expect(of(prAuc(), samples)).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 4), 12);
  });

  it('approval, refusals, perplexity', () => {
    expect(
      of(
        approval(),
        [1, 3.9, 4, 5].map((rating) => ({ rating })),
      ),
    ).toBe(0.5);
    expect(
      of(
        approval(3),
        [1, 3.9, 4, 5].map((rating) => ({ rating })),
      ),
    ).toBe(0.75);
    expect(
      of(
        refusalRate,
        [true, false, false, false].map((refused) => ({ refused })),
      ),
    ).toBe(0.25);
    // Three tokens of ½, one of ⅛: the geometric mean of p is 2^(−6/4).
    const half = Math.log(0.5);
    expect(
      of(perplexity, [{ logProbabilities: [half, half] }, { logProbabilities: [half, 3 * half] }]),
    ).toBeCloseTo(2 ** 1.5, 12);
  });
});
