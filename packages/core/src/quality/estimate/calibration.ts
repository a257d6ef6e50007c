import { malformed, readFinites, readRecord } from '../metrics/json-state.ts';
import { PROBABILITY_BINS, probabilityBin } from './probability-bins.ts';

/** What late labels said about scores: how many there were by bin of the score, and how many turned out positive. Counts add. */
export interface CalibrationCounts {
  readonly labels: Float64Array;
  readonly positives: Float64Array;
}

export function createCalibrationCounts(): CalibrationCounts {
  return { labels: new Float64Array(PROBABILITY_BINS), positives: new Float64Array(PROBABILITY_BINS) };
}

/** @param score in [0, 1] @param weight inverse propensity of the label, 1 where all come */
export function countLabel(counts: CalibrationCounts, score: number, positive: boolean, weight = 1): void {
  const bin = probabilityBin(score);
  counts.labels[bin] = (counts.labels[bin] ?? 0) + weight;
  if (positive) counts.positives[bin] = (counts.positives[bin] ?? 0) + weight;
}

export function mergeCalibration(into: CalibrationCounts, from: CalibrationCounts): void {
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    into.labels[bin] = (into.labels[bin] ?? 0) + (from.labels[bin] ?? 0);
    into.positives[bin] = (into.positives[bin] ?? 0) + (from.positives[bin] ?? 0);
  }
}

/** Lets old labels count less. @param keep in (0, 1] */
export function fadeCalibration(counts: CalibrationCounts, keep: number): void {
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    counts.labels[bin] = (counts.labels[bin] ?? 0) * keep;
    counts.positives[bin] = (counts.positives[bin] ?? 0) * keep;
  }
}

export function saveCalibration(counts: CalibrationCounts): unknown {
  return { labels: [...counts.labels], positives: [...counts.positives] };
}

/** @throws EvenkeelError `bad_request` for anything else than what {@link saveCalibration} gave */
export function loadCalibration(raw: unknown): CalibrationCounts {
  const record = readRecord(raw, 'calibration counts');
  const labels = readFinites(record.labels, PROBABILITY_BINS, 'labels');
  const positives = readFinites(record.positives, PROBABILITY_BINS, 'positives');
  labels.forEach((n, bin) => {
    const k = positives[bin] ?? 0;
    if (k < 0 || k > n) throw malformed(`bin ${bin} has ${k} positives of ${n}`);
  });
  return { labels: Float64Array.from(labels), positives: Float64Array.from(positives) };
}

/** What a score means, learned from labels. */
export interface Calibration {
  /** Labels it was learned from. */
  readonly n: number;
  /** Probability of "positive" by bin; never falls. */
  readonly probability: Float64Array;
  /** Bins that had to share a probability share a block; its number by bin. */
  readonly block: Uint16Array;
  /** Variance of the probability of each block, as a sample. */
  readonly variance: Float64Array;
}

/** Bins with fewer labels than this are put together with their neighbours: a probability from one label is none. */
const LEAST_LABELS = 8;

/**
 * Isotonic regression of what came on the score (pool adjacent violators, Ayer and others 1955; Zadrozny and Elkan 2002), each block with half a
 * count on either side. Bins that have no labels take the block below them, or the lowest one.
 * @returns undefined without a label
 */
export function learnCalibration(counts: CalibrationCounts): Calibration | undefined {
  const blocks: { labels: number; positives: number; last: number }[] = [];
  const share = (b: { labels: number; positives: number }): number => (b.positives + 0.5) / (b.labels + 1);
  let labels = 0;
  let positives = 0;
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    labels += counts.labels[bin] ?? 0;
    positives += counts.positives[bin] ?? 0;
    if (labels < LEAST_LABELS && bin < PROBABILITY_BINS - 1) continue;
    if (labels === 0) continue;
    blocks.push({ labels, positives, last: bin });
    labels = 0;
    positives = 0;
    for (let top = blocks.length - 1; top > 0; top--) {
      const upper = blocks[top];
      const lower = blocks[top - 1];
      if (upper === undefined || lower === undefined) break;
      // What was left over at the end, too, goes to the block below.
      if (share(lower) < share(upper) && upper.labels >= LEAST_LABELS) break;
      lower.labels += upper.labels;
      lower.positives += upper.positives;
      lower.last = upper.last;
      blocks.pop();
    }
  }
  if (blocks.length === 0) return undefined;
  const probability = new Float64Array(PROBABILITY_BINS);
  const block = new Uint16Array(PROBABILITY_BINS);
  let at = 0;
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    while (at < blocks.length - 1 && bin > (blocks[at]?.last ?? 0)) at++;
    const { positives: k = 0, labels: n = 0 } = blocks[at] ?? {};
    block[bin] = at;
    probability[bin] = (k + 0.5) / (n + 1);
  }
  const variance = Float64Array.from(blocks, ({ positives: k, labels: n }) => {
    const p = (k + 0.5) / (n + 1);
    return (p * (1 - p)) / (n + 1);
  });
  return { n: counts.labels.reduce((sum, n) => sum + n, 0), probability, block, variance };
}

/** Probability of "positive" for a score in [0, 1]. */
export function calibrated(calibration: Calibration, score: number): number {
  return calibration.probability[probabilityBin(score)] ?? score;
}
