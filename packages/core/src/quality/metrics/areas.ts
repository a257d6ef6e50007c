import { EvenkeelError } from '../../kernel/errors.ts';
import { standardErrors, wilsonInterval } from './intervals.ts';
import type { Interval, Metric } from './metric.ts';
import { readScoreSample, type ScoreSample } from './samples.ts';
import {
  addScore,
  ascending,
  classWeights,
  createScoreCounts,
  loadScores,
  mergeScores,
  type ScoreCounts,
  type ScoreGroup,
  saveScores,
} from './score-counts.ts';

const SHARE: Interval = { low: 0, high: 1 };

/** Chance that a positive has the larger score than a negative, ties a half; and how far buckets may put it wrong. */
export function rocArea(
  groups: readonly ScoreGroup[],
): { readonly area: number; readonly bound: number } | undefined {
  const { positive, negative } = classWeights(groups);
  if (!(positive > 0) || !(negative > 0)) return undefined;
  let below = 0;
  let wins = 0;
  let open = 0;
  for (const group of groups) {
    wins += group.positive * (below + group.negative / 2);
    below += group.negative;
    // Equal scores are ties and count a half; different ones in a bucket may be in either order.
    if (group.high > group.low) open += (group.positive * group.negative) / 2;
  }
  return { area: wins / (positive * negative), bound: open / (positive * negative) };
}

/** Standard error of the area (DeLong, DeLong, Clarke-Pearson 1988). */
export function rocError(groups: readonly ScoreGroup[], unit = 1): number | undefined {
  const total = classWeights(groups);
  const found = rocArea(groups);
  if (found === undefined) return undefined;
  const positives = total.positive * unit;
  const negatives = total.negative * unit;
  if (!(positives > 1) || !(negatives > 1)) return undefined;
  let below = 0;
  let above = total.positive;
  let ofPositives = 0;
  let ofNegatives = 0;
  for (const group of groups) {
    above -= group.positive;
    const beats = (below + group.negative / 2) / total.negative;
    const beaten = (above + group.positive / 2) / total.positive;
    ofPositives += group.positive * (beats - found.area) ** 2;
    ofNegatives += group.negative * (beaten - found.area) ** 2;
    below += group.negative;
  }
  return Math.sqrt(
    ofPositives / total.positive / (positives - 1) + ofNegatives / total.negative / (negatives - 1),
  );
}

/** Average precision: the precision at every score, weighed by the recall that it adds, without interpolation. */
export function averagePrecision(
  groups: readonly ScoreGroup[],
): { readonly area: number; readonly bound: number } | undefined {
  const { positive } = classWeights(groups);
  if (!(positive > 0)) return undefined;
  let right = 0;
  let wrong = 0;
  let area = 0;
  let best = 0;
  let worst = 0;
  for (let i = groups.length - 1; i >= 0; i--) {
    const group = groups[i];
    if (group === undefined || group.positive + group.negative === 0) continue;
    const p = group.positive;
    const q = group.negative;
    const here = (p * (right + p)) / (right + p + wrong + q);
    area += here;
    if (group.high > group.low && p > 0 && q > 0) {
      // All positives of the bucket first, at the most; all negatives first, at the least (the sum is above its integral).
      best += (p * (right + p)) / (right + p + wrong);
      const others = wrong + q;
      worst += p - others * Math.log((right + p + others) / (right + others));
    } else {
      best += here;
      worst += here;
    }
    right += p;
    wrong += q;
  }
  return { area: area / positive, bound: Math.max(best - area, area - worst) / positive };
}

export interface AreaOptions {
  /** Different scores kept exactly, 2 to 1,000,000; beyond them scores share buckets. Default 4,096. */
  readonly exactUpTo?: number;
}

function sizeOption(options: AreaOptions): number {
  const exactUpTo = options.exactUpTo ?? 4096;
  if (!Number.isInteger(exactUpTo) || exactUpTo < 2 || exactUpTo > 1_000_000) {
    throw new EvenkeelError(
      'bad_request',
      `exactUpTo must be a whole number from 2 to 1,000,000, not ${exactUpTo}.`,
    );
  }
  return exactUpTo;
}

type AreaMetric = Metric<ScoreCounts, ScoreSample>;

function scoreMetric(
  exactUpTo: number,
): Pick<
  AreaMetric,
  | 'direction'
  | 'needsLabels'
  | 'realTime'
  | 'range'
  | 'init'
  | 'read'
  | 'add'
  | 'merge'
  | 'size'
  | 'save'
  | 'load'
> {
  return {
    direction: 'higher',
    needsLabels: true,
    realTime: false,
    range: SHARE,
    init: () => createScoreCounts(exactUpTo),
    read: readScoreSample,
    add: addScore,
    merge(into, from) {
      if (into.exactUpTo !== from.exactUpTo) {
        throw new EvenkeelError(
          'conflict',
          `Scores kept up to ${from.exactUpTo} do not add to scores kept up to ${into.exactUpTo}: give all replicas the same exactUpTo.`,
        );
      }
      mergeScores(into, from);
    },
    size: (state) => state.n,
    save: saveScores,
    load: loadScores,
  };
}

/** Effective samples per unit of weight. */
function unitOf(state: ScoreCounts, groups: readonly ScoreGroup[]): number {
  const { positive, negative } = classWeights(groups);
  return state.squaredWeight > 0 ? (positive + negative) / state.squaredWeight : 1;
}

/** Area under the ROC curve. Equal to scikit-learn's `roc_auc_score` while scores are kept exactly; {@link Metric.bound} says how far off buckets may be. */
export function rocAuc(options: AreaOptions = {}): AreaMetric {
  const error = (state: ScoreCounts): number | undefined => {
    const groups = ascending(state);
    return rocError(groups, unitOf(state, groups));
  };
  return {
    ...scoreMetric(sizeOption(options)),
    name: 'roc_auc',
    proxy: 'estimated AUC',
    meaning:
      'Chance that a positive gets a larger score than a negative; ties count a half. Undefined with one class only.',
    value: (state) => rocArea(ascending(state))?.area,
    standardError: error,
    interval(state, confidence = 0.95) {
      const area = rocArea(ascending(state))?.area;
      const se = error(state);
      return area === undefined || se === undefined
        ? undefined
        : logitInterval(area, se, rarer(state), confidence);
    },
    bound: (state) => rocArea(ascending(state))?.bound ?? 0,
  };
}

/**
 * Area under the precision–recall curve as average precision. Equal to scikit-learn's `average_precision_score` (not to the trapezoids under
 * `precision_recall_curve`, which flatter) while scores are kept exactly. Undefined without a positive, where scikit-learn says 0.
 */
export function prAuc(options: AreaOptions = {}): AreaMetric {
  // Boyd, Eng and Page 2013: the logit of the area has about the variance of a share of the positives.
  const error = (state: ScoreCounts): number | undefined => {
    const groups = ascending(state);
    const area = averagePrecision(groups)?.area;
    const n = classWeights(groups).positive * unitOf(state, groups);
    return area === undefined || !(n > 1) ? undefined : Math.sqrt((area * (1 - area)) / n);
  };
  return {
    ...scoreMetric(sizeOption(options)),
    name: 'pr_auc',
    proxy: 'estimated precision',
    meaning: 'Average precision: the precision at each score, weighed by the recall that it adds.',
    value: (state) => averagePrecision(ascending(state))?.area,
    standardError: error,
    interval(state, confidence = 0.95) {
      const area = averagePrecision(ascending(state))?.area;
      const se = error(state);
      return area === undefined || se === undefined
        ? undefined
        : logitInterval(area, se, rarer(state), confidence);
    },
    bound: (state) => averagePrecision(ascending(state))?.bound ?? 0,
  };
}

/** Effective samples of the rarer class. */
function rarer(state: ScoreCounts): number {
  const groups = ascending(state);
  const { positive, negative } = classWeights(groups);
  return Math.min(positive, negative) * unitOf(state, groups);
}

/** An interval on the logit scale, which does not leave [0, 1]; at 0 and 1, where that is infinite, as if it were a share of the rarer class. */
function logitInterval(value: number, error: number, n: number, confidence: number): Interval {
  if (!(value > 0) || !(value < 1)) return n > 0 ? wilsonInterval(value, n, confidence) : SHARE;
  const centre = Math.log(value / (1 - value));
  const half = (standardErrors(confidence) * error) / (value * (1 - value));
  const back = (x: number): number => 1 / (1 + Math.exp(-x));
  return { low: back(centre - half), high: back(centre + half) };
}
