import { EvenkeelError } from '../../kernel/errors.ts';
import { type Averaging, averagedFigure, type ClassFigure, figureError } from './averages.ts';
import {
  addToConfusion,
  type Confusion,
  classTotals,
  createConfusion,
  loadConfusion,
  mergeConfusion,
  saveConfusion,
} from './confusion.ts';
import { normalInterval, wilsonInterval } from './intervals.ts';
import { meanMetric } from './mean-metric.ts';
import type { Interval, Metric } from './metric.ts';
import { type ClassSample, readClassSample } from './samples.ts';
import { effectiveSize, type WeightedMean } from './weighted-mean.ts';

const SHARE: Interval = { low: 0, high: 1 };

/** Share of right answers. Equal to scikit-learn's `accuracy_score`. */
export const accuracy: Metric<WeightedMean, ClassSample> = meanMetric<ClassSample>({
  name: 'accuracy',
  direction: 'higher',
  needsLabels: true,
  realTime: false,
  proxy: 'estimated accuracy',
  range: SHARE,
  meaning: 'Share of answers whose class is the true one.',
  share: true,
  read: readClassSample,
  of: ({ actual, predicted }) => (actual === predicted ? 1 : 0),
  weight: ({ weight }) => weight ?? 1,
});

export interface ClassMetricOptions {
  /** Default `macro`; `binary` needs the positive class. */
  readonly averaging?: Averaging;
  /** Most classes told apart, 2 to 1,000; later ones are pooled. Default 200. */
  readonly maxClasses?: number;
}

const MEANINGS: Readonly<Record<ClassFigure, string>> = {
  precision: 'Of the answers of a class, the share that is truly of it.',
  recall: 'Of what truly is of a class, the share that was answered so.',
  f1: 'Harmonic mean of precision and recall of a class.',
};

/**
 * Precision, recall or F1. Equal to scikit-learn's `precision_score`, `recall_score`, `f1_score` with the same `average` and its default for
 * classes without a value (0 in an average); `binary` without a value is undefined, where scikit-learn says 0.
 * @throws EvenkeelError `bad_request` for a number of classes out of range
 */
export function classMetric(
  figure: ClassFigure,
  options: ClassMetricOptions = {},
): Metric<Confusion, ClassSample> {
  const by: Averaging = options.averaging ?? { average: 'macro' };
  const maxClasses = options.maxClasses ?? 200;
  if (!Number.isInteger(maxClasses) || maxClasses < 2 || maxClasses > 1000) {
    throw new EvenkeelError(
      'bad_request',
      `maxClasses must be a whole number from 2 to 1000, not ${maxClasses}.`,
    );
  }
  return {
    name: by.average === 'binary' ? figure : `${figure}_${by.average}`,
    direction: 'higher',
    needsLabels: true,
    realTime: false,
    proxy: by.average === 'binary' ? `estimated ${figure}` : 'estimated accuracy',
    range: SHARE,
    meaning: `${MEANINGS[figure]} ${by.average === 'binary' ? `Of the class "${by.positive}".` : `Average over classes: ${by.average}.`}`,
    init: () => createConfusion(maxClasses, by.average === 'binary' ? [by.positive] : []),
    read: readClassSample,
    add: addToConfusion,
    merge(into, from) {
      if (into.maxClasses !== from.maxClasses) {
        throw new EvenkeelError(
          'conflict',
          `A state with at most ${from.maxClasses} classes does not add to one with ${into.maxClasses}.`,
        );
      }
      mergeConfusion(into, from);
    },
    value: (state) => averagedFigure(state, figure, by),
    size: (state) => state.n,
    standardError: (state) => figureError(state, figure, by),
    interval(state, confidence = 0.95) {
      const value = averagedFigure(state, figure, by);
      if (value === undefined) return undefined;
      if (by.average === 'binary') return binaryInterval(state, figure, by.positive, value, confidence);
      if (by.average === 'micro') return wilsonInterval(value, effectiveSize(state), confidence);
      const error = figureError(state, figure, by);
      return error === undefined ? undefined : normalInterval(value, error, SHARE, confidence);
    },
    // An average over classes that are not told apart may be anything.
    bound: (state) => (state.pooled > 0 && (by.average === 'macro' || by.average === 'weighted') ? 1 : 0),
    save: saveConfusion,
    load: (raw) => loadConfusion(raw, by.average === 'binary' ? [by.positive] : []),
  };
}

/**
 * Wilson's interval given how many answers it is about. F1 is `2j/(1+j)` of the Jaccard index j, which is a share of
 * the answers that are of the class or were called so: its interval goes through the same curve.
 */
function binaryInterval(
  state: Confusion,
  figure: ClassFigure,
  positive: string,
  value: number,
  confidence: number,
): Interval | undefined {
  const of = classTotals(state).find((t) => t.name === positive);
  if (of === undefined) return undefined;
  const perSample = effectiveSize(state) / state.weight;
  if (figure === 'precision') return wilsonInterval(value, of.predicted * perSample, confidence);
  if (figure === 'recall') return wilsonInterval(value, of.actual * perSample, confidence);
  const either = of.predicted + of.actual - of.right;
  const { low, high } = wilsonInterval(of.right / either, either * perSample, confidence);
  return { low: (2 * low) / (1 + low), high: (2 * high) / (1 + high) };
}
