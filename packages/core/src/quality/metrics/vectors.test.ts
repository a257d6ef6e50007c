import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { prAuc, rocAuc } from './areas.ts';
import { accuracy, classMetric } from './classification.ts';
import type { Metric } from './metric.ts';
import { brier, logLoss } from './probability.ts';
import { meanAveragePrecision, ndcg } from './ranking.ts';
import { mae, mape, rmse } from './regression.ts';

// Made by vectors.py with scikit-learn 1.2.1, numpy 1.24.2, scipy 1.10.1.
type Figures = Readonly<Record<string, number>>;
interface Vectors {
  readonly binary: {
    readonly actual: readonly number[];
    readonly score: readonly number[];
    readonly weight: readonly number[];
    readonly expected: Figures;
    readonly weighted: Figures;
  };
  readonly multiclass: {
    readonly actual: readonly number[];
    readonly predicted: readonly number[];
    readonly weight: readonly number[];
    readonly expected: Figures;
    readonly weighted: Figures;
  };
  readonly regression: Vectors['multiclass'];
  readonly ranking: {
    readonly relevance: readonly (readonly number[])[];
    readonly score: readonly (readonly number[])[];
    readonly expected: Figures;
  };
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('./vectors.json', import.meta.url), 'utf8'));

/** The value in one stream, and merged from four replicas through JSON: both must be the library's. */
function check<State, Sample>(
  metric: Metric<State, Sample>,
  samples: readonly Sample[],
  expected: number,
): void {
  const one = metric.init();
  const replicas = Array.from({ length: 4 }, () => metric.init());
  samples.forEach((sample, i) => {
    expect(metric.read(sample)).toBeDefined();
    metric.add(one, sample);
    metric.add(replicas[i % 4] ?? one, sample);
  });
  const merged = metric.init();
  for (const replica of replicas) {
    metric.merge(merged, metric.load(JSON.parse(JSON.stringify(metric.save(replica)))));
  }
  for (const state of [one, merged]) {
    const value = metric.value(state) ?? Number.NaN;
    expect(Math.abs(value - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(1e-9);
    expect(metric.size(state)).toBe(samples.length);
    expect(metric.bound(state)).toBe(0);
  }
}

function expected(figures: Figures, name: string): number {
  const value = figures[name];
  if (value === undefined) throw new Error(`vectors.json has no ${name}`);
  return value;
}

describe.each(['expected', 'weighted'] as const)('equal to scikit-learn, %s', (key) => {
  const weightOf = (list: readonly number[], i: number): number => (key === 'expected' ? 1 : (list[i] ?? 1));

  it('for two classes', () => {
    const { actual, score, weight } = vectors.binary;
    const figures = vectors.binary[key];
    const scores = actual.map((y, i) => ({
      positive: y === 1,
      score: score[i] ?? 0,
      weight: weightOf(weight, i),
    }));
    const classes = scores.map((s) => ({
      actual: s.positive ? 'yes' : 'no',
      predicted: s.score >= 0.5 ? 'yes' : 'no',
      weight: s.weight,
    }));
    const ties = scores.map((s) => ({ ...s, score: Math.round(s.score * 10) / 10 }));
    const averaging = { average: 'binary', positive: 'yes' } as const;
    check(accuracy, classes, expected(figures, 'accuracy'));
    for (const figure of ['precision', 'recall', 'f1'] as const) {
      check(classMetric(figure, { averaging }), classes, expected(figures, figure));
    }
    check(rocAuc(), scores, expected(figures, 'roc_auc'));
    check(prAuc(), scores, expected(figures, 'pr_auc'));
    check(rocAuc(), ties, expected(figures, 'roc_auc_ties'));
    check(prAuc(), ties, expected(figures, 'pr_auc_ties'));
    check(logLoss, scores, expected(figures, 'log_loss'));
    check(brier, scores, expected(figures, 'brier'));
    const certain = scores.map((s) => ({ ...s, score: s.score > 0.5 ? 1 : 0 }));
    check(logLoss, certain, expected(figures, 'log_loss_certain'));
  });

  it('for many classes, one of them never true and one never answered', () => {
    const { actual, predicted, weight } = vectors.multiclass;
    const figures = vectors.multiclass[key];
    const samples = actual.map((y, i) => ({
      actual: `class ${y}`,
      predicted: `class ${predicted[i]}`,
      weight: weightOf(weight, i),
    }));
    check(accuracy, samples, expected(figures, 'accuracy'));
    for (const average of ['macro', 'micro', 'weighted'] as const) {
      for (const figure of ['precision', 'recall', 'f1'] as const) {
        check(
          classMetric(figure, { averaging: { average } }),
          samples,
          expected(figures, `${figure}_${average}`),
        );
      }
    }
  });

  it('for numbers', () => {
    const { actual, predicted, weight } = vectors.regression;
    const figures = vectors.regression[key];
    const samples = actual.map((y, i) => ({
      actual: y,
      predicted: predicted[i] ?? 0,
      weight: weightOf(weight, i),
    }));
    check(mae, samples, expected(figures, 'mae'));
    check(rmse, samples, expected(figures, 'rmse'));
    check(mape(), samples, expected(figures, 'mape'));
    const zeros = samples.map((s, i) => (i % 50 === 0 ? { ...s, actual: 0 } : s));
    check(mape({ zero: 'epsilon' }), zeros, expected(figures, 'mape_every_50th_actual_is_0'));
  });
});

describe('equal to scikit-learn for rankings', () => {
  const { relevance, score, expected: figures } = vectors.ranking;
  const samples = relevance.map((list, i) => ({ relevance: list, score: score[i] ?? [] }));
  const ties = samples.map((s) => ({
    relevance: s.relevance,
    // Rounded as numpy does, half to even.
    score: s.score.map((value) => roundHalfEven(value * 10) / 10),
  }));

  it.each([1, 5, 10, 24])('NDCG at %i, with ties and without', (k) => {
    check(ndcg(k), samples, expected(figures, `ndcg_at_${k}`));
    check(ndcg(k), ties, expected(figures, `ndcg_at_${k}_ties`));
  });

  it('MAP, against label_ranking_average_precision_score', () => {
    const same = samples
      .map((s) => ({ ...s, relevance: s.relevance.map((value) => (value === 3 ? 1 : 0)) }))
      .filter((s) => s.relevance.includes(1));
    check(meanAveragePrecision(), same, expected(figures, 'label_ranking_average_precision'));
  });
});

function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest === 0.5) return low % 2 === 0 ? low : low + 1;
  return Math.round(value);
}
