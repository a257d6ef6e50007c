import { EvenkeelError } from '../../kernel/errors.ts';
import { normalInterval } from './intervals.ts';
import { readAmount, readArray, readFinites, readRecord } from './json-state.ts';
import type { Metric } from './metric.ts';
import { readProbabilitySample, type ScoreSample } from './samples.ts';

/** By bin of the probability: weight, sum of probabilities, weight that was positive, sum of squared differences. */
interface Bin {
  weight: number;
  probability: number;
  positive: number;
  squares: number;
}

export interface CalibrationBins {
  n: number;
  squaredWeight: number;
  readonly bins: Bin[];
}

const RANGE = { low: 0, high: 1 };

/**
 * Expected calibration error (Naeini and others 2015): the mean distance, weighed by bin, between what the probabilities of a bin promise and how often they came true.
 * Bins are of equal width, `[k/B, (k+1)/B)`, the last one with its upper end. Feed it the confidence and whether the answer was right,
 * or the probability of "positive" and whether it was.
 * It is never below 0 and so is not 0 for a calibrated model either: {@link calibrationFloor} says what chance gives.
 * @param options bins 2 to 1,000, default 10
 */
export function calibrationError(
  options: { readonly bins?: number } = {},
): Metric<CalibrationBins, ScoreSample> {
  const count = options.bins ?? 10;
  if (!Number.isInteger(count) || count < 2 || count > 1000) {
    throw new EvenkeelError('bad_request', `bins must be a whole number from 2 to 1000, not ${count}.`);
  }
  const error = (state: CalibrationBins): number | undefined => {
    const total = weightOf(state);
    const n = state.squaredWeight > 0 ? (total * total) / state.squaredWeight : 0;
    if (!(n > 1)) return undefined;
    let variance = 0;
    for (const bin of state.bins) variance += spreadOf(bin);
    return Math.sqrt(variance / total / n);
  };
  const value = (state: CalibrationBins): number | undefined => {
    const total = weightOf(state);
    if (!(total > 0)) return undefined;
    return state.bins.reduce((sum, bin) => sum + Math.abs(bin.positive - bin.probability), 0) / total;
  };
  return {
    name: 'calibration_error',
    direction: 'lower',
    needsLabels: true,
    realTime: false,
    proxy: 'confidence',
    range: RANGE,
    meaning: `Mean distance between probability and frequency over ${count} bins of equal width.`,
    init: () => ({ n: 0, squaredWeight: 0, bins: Array.from({ length: count }, emptyBin) }),
    read: readProbabilitySample,
    add(state, { positive, score, weight = 1 }) {
      const bin = state.bins[Math.min(count - 1, Math.floor(score * count))];
      if (bin === undefined) return;
      state.n++;
      state.squaredWeight += weight * weight;
      bin.weight += weight;
      bin.probability += weight * score;
      if (positive) bin.positive += weight;
      bin.squares += weight * ((positive ? 1 : 0) - score) ** 2;
    },
    merge(into, from) {
      if (into.bins.length !== from.bins.length) {
        throw new EvenkeelError(
          'conflict',
          `${from.bins.length} calibration bins do not add to ${into.bins.length}.`,
        );
      }
      into.n += from.n;
      into.squaredWeight += from.squaredWeight;
      into.bins.forEach((bin, k) => {
        const other = from.bins[k] ?? emptyBin();
        bin.weight += other.weight;
        bin.probability += other.probability;
        bin.positive += other.positive;
        bin.squares += other.squares;
      });
    },
    value,
    size: (state) => state.n,
    standardError: error,
    interval(state, confidence = 0.95) {
      const at = value(state);
      const se = error(state);
      return at === undefined || se === undefined ? undefined : normalInterval(at, se, RANGE, confidence);
    },
    bound: () => 0,
    save: (state) => ({
      n: state.n,
      squaredWeight: state.squaredWeight,
      bins: state.bins.map((bin) => [bin.weight, bin.probability, bin.positive, bin.squares]),
    }),
    load(raw) {
      const record = readRecord(raw, 'calibration bins');
      const bins = readArray(record.bins, 'bins').map((entry) => {
        const [weight = 0, probability = 0, positive = 0, squares = 0] = readFinites(entry, 4, 'a bin');
        return { weight, probability, positive, squares };
      });
      if (bins.length !== count) {
        throw new EvenkeelError('bad_request', `The saved state has ${bins.length} bins, not ${count}.`);
      }
      return {
        n: readAmount(record.n, 'n'),
        squaredWeight: readAmount(record.squaredWeight, 'squaredWeight'),
        bins,
      };
    },
  };
}

/** What the calibration error of a calibrated model would be at this size, on average: `Σ √(2 v / π)` over bins. */
export function calibrationFloor(state: CalibrationBins): number | undefined {
  const total = weightOf(state);
  if (!(total > 0)) return undefined;
  const perSample = state.squaredWeight / total;
  return (
    state.bins.reduce((sum, bin) => sum + Math.sqrt((2 * perSample * spreadOf(bin)) / Math.PI), 0) / total
  );
}

function emptyBin(): Bin {
  return { weight: 0, probability: 0, positive: 0, squares: 0 };
}

function weightOf(state: CalibrationBins): number {
  return state.bins.reduce((sum, bin) => sum + bin.weight, 0);
}

/** `Σ w (d − mean d)²` of the differences in one bin. */
function spreadOf(bin: Bin): number {
  if (!(bin.weight > 0)) return 0;
  return Math.max(0, bin.squares - (bin.positive - bin.probability) ** 2 / bin.weight);
}
