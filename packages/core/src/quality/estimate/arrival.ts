import { readAmount, readFinites } from '../metrics/json-state.ts';
import type { CalibrationCounts } from './calibration.ts';
import type { AnswerCounts } from './expected-performance.ts';
import { PROBABILITY_BINS } from './probability-bins.ts';

/** No label counts more than this many times the average one: a few lucky labels must not stand for a whole region. */
const HEAVIEST = 20;

export interface LabelCoverage {
  /** Inverse propensity by bin of the score, mean 1 over the labels; 0 where no label came. */
  readonly weights: Float64Array;
  /** Share of answers in bins that have labels: what lies outside is not weighed but guessed. */
  readonly covered: number;
  /** Smallest and largest share of answers labelled, over bins with at least 20 answers. */
  readonly rarest: number;
  readonly commonest: number;
}

/**
 * How label arrival depends on the score, and the weights that undo it: labels of sure answers may come more often (a customer
 * complains, a reviewer looks at doubtful cases). What depends on the outcome itself beyond the score no weight can undo; see {@link arrivalBias}.
 * @param answers old enough that their labels would have come
 */
export function labelCoverage(answers: AnswerCounts, labels: CalibrationCounts): LabelCoverage {
  const weights = new Float64Array(PROBABILITY_BINS);
  let all = 0;
  let covered = 0;
  let labelled = 0;
  let rarest = Number.POSITIVE_INFINITY;
  let commonest = 0;
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    const n = (answers.positive[bin] ?? 0) + (answers.negative[bin] ?? 0);
    const k = labels.labels[bin] ?? 0;
    all += n;
    labelled += k;
    if (n >= 20) {
      rarest = Math.min(rarest, k / n);
      commonest = Math.max(commonest, k / n);
    }
    if (k > 0) {
      covered += n;
      weights[bin] = n / k;
    }
  }
  const mean = labelled > 0 ? covered / labelled : 0;
  let sum = 0;
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    const weight = mean > 0 ? Math.min(HEAVIEST, (weights[bin] ?? 0) / mean) : 0;
    weights[bin] = weight;
    sum += weight * (labels.labels[bin] ?? 0);
  }
  if (sum > 0)
    for (let bin = 0; bin < PROBABILITY_BINS; bin++) weights[bin] = ((weights[bin] ?? 0) * labelled) / sum;
  return {
    weights,
    covered: all > 0 ? covered / all : 0,
    rarest: rarest === Number.POSITIVE_INFINITY ? 0 : rarest,
    commonest,
  };
}

const DELAYS = 32;
const STRATA = 10;

/** Labels by octave of their delay and tenth of their confidence: how many, and how many of right answers. Counts add. */
export interface ArrivalCounts {
  readonly labels: Float64Array;
  readonly right: Float64Array;
}

export function createArrivalCounts(): ArrivalCounts {
  return { labels: new Float64Array(DELAYS * STRATA), right: new Float64Array(DELAYS * STRATA) };
}

/** @param delayMs from the answer to its label @param confidence calibrated probability that the answer is right, in [0, 1] */
export function countArrival(
  counts: ArrivalCounts,
  delayMs: number,
  confidence: number,
  right: boolean,
): void {
  const octave = Math.min(DELAYS - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, delayMs)))));
  const stratum = Math.min(STRATA - 1, Math.floor(confidence * STRATA));
  const at = octave * STRATA + stratum;
  counts.labels[at] = (counts.labels[at] ?? 0) + 1;
  if (right) counts.right[at] = (counts.right[at] ?? 0) + 1;
}

export function mergeArrivals(into: ArrivalCounts, from: ArrivalCounts): void {
  for (let at = 0; at < DELAYS * STRATA; at++) {
    into.labels[at] = (into.labels[at] ?? 0) + (from.labels[at] ?? 0);
    into.right[at] = (into.right[at] ?? 0) + (from.right[at] ?? 0);
  }
}

export function saveArrivals(counts: ArrivalCounts): readonly (readonly number[])[] {
  return [[...counts.labels], [...counts.right]];
}

export function loadArrivals(labels: unknown, right: unknown): ArrivalCounts {
  const list = (raw: unknown): Float64Array =>
    Float64Array.from(readFinites(raw, DELAYS * STRATA, 'arrivals').map((n) => readAmount(n, 'arrivals')));
  return { labels: list(labels), right: list(right) };
}

export interface ArrivalBias {
  /** Share right among early labels less that among late ones, at equal confidence. */
  readonly difference: number;
  /** Standard score of it (Mantel and Haenszel 1959). Beyond ±4 it is declared. */
  readonly score: number;
  readonly declared: boolean;
}

/**
 * Whether labels that come early tell of other outcomes than late ones at the same confidence. If so, arrival depends on the outcome, and what the early labels say
 * is not yet true of all: nothing can be weighed right then, and figures from labels are declared biased until the late ones are in.
 * @returns undefined with fewer than 200 labels or no two delays
 */
export function arrivalBias(counts: ArrivalCounts): ArrivalBias | undefined {
  const perDelay = Array.from({ length: DELAYS }, (_, octave) => {
    let n = 0;
    for (let s = 0; s < STRATA; s++) n += counts.labels[octave * STRATA + s] ?? 0;
    return n;
  });
  const total = perDelay.reduce((sum, n) => sum + n, 0);
  if (total < 200) return undefined;
  let cut = 0;
  let early = 0;
  while (cut < DELAYS && early + (perDelay[cut] ?? 0) <= total / 2) early += perDelay[cut++] ?? 0;
  if (early === 0) early = perDelay[cut++] ?? 0;
  if (early === total) return undefined;
  let excess = 0;
  let variance = 0;
  let pairs = 0;
  for (let s = 0; s < STRATA; s++) {
    let n1 = 0;
    let k1 = 0;
    let n0 = 0;
    let k0 = 0;
    for (let octave = 0; octave < DELAYS; octave++) {
      const n = counts.labels[octave * STRATA + s] ?? 0;
      const k = counts.right[octave * STRATA + s] ?? 0;
      if (octave < cut) {
        n1 += n;
        k1 += k;
      } else {
        n0 += n;
        k0 += k;
      }
    }
    const n = n1 + n0;
    const k = k1 + k0;
    if (n < 2 || n1 === 0 || n0 === 0) continue;
    excess += k1 - (n1 * k) / n;
    variance += (n1 * n0 * k * (n - k)) / (n * n * (n - 1));
    pairs += (n1 * n0) / n;
  }
  if (pairs === 0) return undefined;
  const score = variance > 0 ? excess / Math.sqrt(variance) : 0;
  return { difference: excess / pairs, score, declared: Math.abs(score) > 4 };
}
