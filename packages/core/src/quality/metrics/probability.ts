import { meanMetric } from './mean-metric.ts';
import type { Metric } from './metric.ts';
import { readProbabilitySample, type ScoreSample } from './samples.ts';
import type { WeightedMean } from './weighted-mean.ts';

/** Probabilities nearer to 0 or 1 than this count as this far away: an answer that was sure and wrong costs 36, not everything. */
const LEAST = Number.EPSILON;

/** Mean of −ln of the probability given to what came true. Equal to scikit-learn's `log_loss` (1.2, its clipping at 2.2e-16 included). */
export const logLoss: Metric<WeightedMean, ScoreSample> = meanMetric<ScoreSample>({
  name: 'log_loss',
  direction: 'lower',
  needsLabels: true,
  realTime: false,
  proxy: 'entropy',
  range: { low: 0, high: -Math.log(LEAST) },
  meaning: 'Mean of −ln of the probability that was given to what came true.',
  read: readProbabilitySample,
  of({ positive, score }) {
    const up = Math.min(1 - LEAST, Math.max(LEAST, score));
    const down = Math.min(1 - LEAST, Math.max(LEAST, 1 - score));
    return -Math.log((positive ? up : down) / (up + down));
  },
  weight: ({ weight }) => weight ?? 1,
});

/** Mean squared distance of the probability from what came true. Equal to scikit-learn's `brier_score_loss`. */
export const brier: Metric<WeightedMean, ScoreSample> = meanMetric<ScoreSample>({
  name: 'brier',
  direction: 'lower',
  needsLabels: true,
  realTime: false,
  proxy: 'entropy',
  range: { low: 0, high: 1 },
  meaning: 'Mean of the squared difference between the probability of "positive" and 1 or 0.',
  read: readProbabilitySample,
  of: ({ positive, score }) => (score - (positive ? 1 : 0)) ** 2,
  weight: ({ weight }) => weight ?? 1,
});
