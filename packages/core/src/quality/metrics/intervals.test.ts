import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../kernel/random.ts';
import { prAuc, rocAuc } from './areas.ts';
import { accuracy, classMetric } from './classification.ts';
import { perplexity } from './generation.ts';
import type { Metric } from './metric.ts';
import { brier } from './probability.ts';
import { mae, rmse } from './regression.ts';

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function filled<State, Sample>(metric: Metric<State, Sample>, n: number, draw: () => Sample): State {
  const state = metric.init();
  for (let i = 0; i < n; i++) metric.add(state, draw());
  return state;
}

/** Share of 95 % intervals that hold what a very large sample says. */
function coverage<State, Sample>(
  metric: Metric<State, Sample>,
  n: number,
  make: (random: Random) => Sample,
): number {
  const far = seededRandom(1);
  const truth = metric.value(filled(metric, 100_000, () => make(far))) ?? Number.NaN;
  let held = 0;
  const runs = 400;
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(1000 + run);
    const interval = metric.interval(filled(metric, n, () => make(random)));
    if (interval !== undefined && interval.low <= truth && truth <= interval.high) held++;
  }
  return held / runs;
}

const classes = (random: Random) => {
  const actual = random() < 0.2 ? 'spam' : random() < 0.3 ? 'list' : 'ham';
  return { actual, predicted: random() < 0.8 ? actual : random() < 0.5 ? 'spam' : 'ham' };
};
const scores = (random: Random) => {
  const positive = random() < 0.3;
  return { positive, score: gaussian(random) + (positive ? 1.2 : 0) };
};
const numbers = (random: Random) => ({ actual: gaussian(random), predicted: gaussian(random) * 0.5 });

describe('95 % intervals hold the truth about 95 times in 100', () => {
  const weighted = (random: Random) => ({ ...classes(random), weight: 0.5 + random() });
  it.each([
    ['accuracy, 60', () => coverage(accuracy, 60, classes)],
    ['accuracy with weights, 60', () => coverage(accuracy, 60, weighted)],
    [
      'precision of one class, 150',
      () =>
        coverage(
          classMetric('precision', { averaging: { average: 'binary', positive: 'spam' } }),
          150,
          classes,
        ),
    ],
    [
      'recall of one class, 150',
      () =>
        coverage(classMetric('recall', { averaging: { average: 'binary', positive: 'spam' } }), 150, classes),
    ],
    [
      'F1 of one class, 150',
      () => coverage(classMetric('f1', { averaging: { average: 'binary', positive: 'spam' } }), 150, classes),
    ],
    ['F1, macro, 300', () => coverage(classMetric('f1'), 300, classes)],
    [
      'precision, weighted, 300',
      () => coverage(classMetric('precision', { averaging: { average: 'weighted' } }), 300, classes),
    ],
    ['ROC AUC, 150', () => coverage(rocAuc(), 150, scores)],
    ['PR AUC, 300', () => coverage(prAuc(), 300, scores)],
    ['MAE, 100', () => coverage(mae, 100, numbers)],
    ['RMSE, 100', () => coverage(rmse, 100, numbers)],
    [
      'perplexity, 200 answers',
      () =>
        coverage(perplexity, 200, (random) => {
          const level = -1 - random();
          return {
            logProbabilities: Array.from({ length: 1 + Math.floor(random() * 20) }, () => level * random()),
          };
        }),
    ],
    [
      'Brier, 100',
      () =>
        coverage(brier, 100, (random) => {
          const score = random();
          return { score, positive: random() < score };
        }),
    ],
  ])('%s', (_, measure) => {
    const held = measure();
    expect(held).toBeGreaterThanOrEqual(0.915);
    expect(held).toBeLessThanOrEqual(0.99);
  });
});
