import { meanMetric } from './mean-metric.ts';
import type { Interval, Metric } from './metric.ts';
import { type NumberSample, readNumberSample } from './samples.ts';
import type { WeightedMean } from './weighted-mean.ts';

const POSITIVE: Interval = { low: 0, high: Number.POSITIVE_INFINITY };
const weight = (sample: NumberSample): number => sample.weight ?? 1;

/** Mean absolute error. Equal to scikit-learn's `mean_absolute_error`. */
export const mae: Metric<WeightedMean, NumberSample> = meanMetric<NumberSample>({
  name: 'mae',
  direction: 'lower',
  needsLabels: true,
  realTime: false,
  proxy: 'estimated error',
  range: POSITIVE,
  meaning: 'Mean of the absolute difference between what was predicted and what came, in its unit.',
  read: readNumberSample,
  of: ({ actual, predicted }) => Math.abs(actual - predicted),
  weight,
});

/** Root of the mean squared error. Equal to scikit-learn's `mean_squared_error(squared=False)`. */
export const rmse: Metric<WeightedMean, NumberSample> = meanMetric<NumberSample>({
  name: 'rmse',
  direction: 'lower',
  needsLabels: true,
  realTime: false,
  proxy: 'estimated error',
  range: POSITIVE,
  meaning: 'Root of the mean squared difference between what was predicted and what came, in its unit.',
  read: readNumberSample,
  of: ({ actual, predicted }) => (actual - predicted) ** 2,
  weight,
  shape: { apply: (mean) => Math.sqrt(Math.max(0, mean)), slope: (mean) => 1 / (2 * Math.sqrt(mean)) },
});

/**
 * Mean absolute error relative to what came, as a share (0.1 is 10 %). Equal to scikit-learn's `mean_absolute_percentage_error`.
 * @param zero what an actual value of 0 does: `epsilon` divides by 2.2e-16 as scikit-learn does, which drowns everything else;
 *   `leave_out` (default) does not count it
 */
export function mape(
  options: { readonly zero?: 'leave_out' | 'epsilon' } = {},
): Metric<WeightedMean, NumberSample> {
  const leaveOut = options.zero !== 'epsilon';
  return meanMetric<NumberSample>({
    name: 'mape',
    direction: 'lower',
    needsLabels: true,
    realTime: false,
    proxy: 'estimated error',
    range: POSITIVE,
    meaning: `Mean of |predicted − actual| / |actual|; an actual 0 ${leaveOut ? 'is left out' : 'is divided by 2.2e-16'}.`,
    read(raw) {
      const sample = readNumberSample(raw);
      return leaveOut && sample?.actual === 0 ? undefined : sample;
    },
    of: ({ actual, predicted }) =>
      leaveOut && actual === 0
        ? undefined
        : Math.abs(predicted - actual) / Math.max(Math.abs(actual), Number.EPSILON),
    weight,
  });
}
