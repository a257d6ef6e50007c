import { normalInterval } from '../metrics/intervals.ts';
import { readAmount, readFinites, readRecord } from '../metrics/json-state.ts';
import type { Interval } from '../metrics/metric.ts';
import type { Calibration } from './calibration.ts';
import { PROBABILITY_BINS, probabilityBin } from './probability-bins.ts';

/** Answers by bin of their score, those that said "positive" and those that did not. Counts add over replicas and times. */
export interface AnswerCounts {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

export function createAnswerCounts(): AnswerCounts {
  return { positive: new Float64Array(PROBABILITY_BINS), negative: new Float64Array(PROBABILITY_BINS) };
}

/** @param score in [0, 1]. Allocates nothing. */
export function countAnswer(counts: AnswerCounts, score: number, saidPositive: boolean): void {
  const side = saidPositive ? counts.positive : counts.negative;
  const bin = probabilityBin(score);
  side[bin] = (side[bin] ?? 0) + 1;
}

export function mergeAnswers(into: AnswerCounts, from: AnswerCounts): void {
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    into.positive[bin] = (into.positive[bin] ?? 0) + (from.positive[bin] ?? 0);
    into.negative[bin] = (into.negative[bin] ?? 0) + (from.negative[bin] ?? 0);
  }
}

export function saveAnswers(counts: AnswerCounts): unknown {
  return { positive: [...counts.positive], negative: [...counts.negative] };
}

/** @throws EvenkeelError `bad_request` */
export function loadAnswers(raw: unknown): AnswerCounts {
  const record = readRecord(raw, 'answer counts');
  const side = (list: unknown): Float64Array =>
    Float64Array.from(readFinites(list, PROBABILITY_BINS, 'answers').map((n) => readAmount(n, 'answers')));
  return { positive: side(record.positive), negative: side(record.negative) };
}

export interface EstimatedFigure {
  readonly value: number;
  /** Holds what these very answers will turn out to be, with 95 % chance, if what the scores mean has not changed. */
  readonly interval: Interval;
  readonly standardError: number;
}

export interface ExpectedPerformance {
  readonly answers: number;
  readonly accuracy: EstimatedFigure | undefined;
  readonly precision: EstimatedFigure | undefined;
  readonly recall: EstimatedFigure | undefined;
  readonly f1: EstimatedFigure | undefined;
  readonly rocAuc: EstimatedFigure | undefined;
}

const SHARE: Interval = { low: 0, high: 1 };

/**
 * Performance of answers whose truth is not known yet, from what their scores have meant so far (confidence-based performance estimation): the expected
 * numbers of right and wrong answers in each bin. Undefined for figures that the answers do not define.
 *
 * The interval is by the delta method from two sources: that the truth of each answer is a draw, and that the calibration is a sample.
 * It rests on one assumption, that a score means what it meant when labels last came: nothing in the answers can show that it does not. See `createLabelTest`.
 * @param confidence of the intervals, default 0.95
 */
export function expectedPerformance(
  counts: AnswerCounts,
  calibration: Calibration,
  confidence = 0.95,
): ExpectedPerformance {
  const p = calibration.probability;
  let said = 0;
  let unsaid = 0;
  let hits = 0;
  let misses = 0;
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    said += counts.positive[bin] ?? 0;
    unsaid += counts.negative[bin] ?? 0;
    hits += (counts.positive[bin] ?? 0) * (p[bin] ?? 0);
    misses += (counts.negative[bin] ?? 0) * (p[bin] ?? 0);
  }
  const n = said + unsaid;
  const figure = (value: number, onSaid: number, onUnsaid: number): EstimatedFigure => {
    const gradient = { said: () => onSaid, unsaid: () => onUnsaid };
    const error = deltaError(counts, calibration, gradient);
    return { value, standardError: error, interval: normalInterval(value, error, SHARE, confidence) };
  };
  const positives = hits + misses;
  const either = said + positives;
  return {
    answers: n,
    accuracy: n > 0 ? figure((hits + unsaid - misses) / n, 1 / n, -1 / n) : undefined,
    precision: said > 0 ? figure(hits / said, 1 / said, 0) : undefined,
    recall:
      positives > 0
        ? figure(hits / positives, misses / (positives * positives), -hits / (positives * positives))
        : undefined,
    f1:
      either > 0
        ? figure(
            (2 * hits) / either,
            (2 * (either - hits)) / (either * either),
            (-2 * hits) / (either * either),
          )
        : undefined,
    rocAuc: expectedArea(counts, calibration, confidence),
  };
}

/** Change of a figure with one more positive among the answers of a bin that said so, and that did not. */
interface Gradient {
  said(bin: number): number;
  unsaid(bin: number): number;
}

function deltaError(counts: AnswerCounts, calibration: Calibration, gradient: Gradient): number {
  let draws = 0;
  const shared = new Float64Array(calibration.variance.length);
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    const n1 = counts.positive[bin] ?? 0;
    const n0 = counts.negative[bin] ?? 0;
    if (n1 + n0 === 0) continue;
    const p = calibration.probability[bin] ?? 0;
    const g1 = gradient.said(bin);
    const g0 = gradient.unsaid(bin);
    draws += (g1 * g1 * n1 + g0 * g0 * n0) * p * (1 - p);
    const block = calibration.block[bin] ?? 0;
    shared[block] = (shared[block] ?? 0) + g1 * n1 + g0 * n0;
  }
  const learned = shared.reduce((sum, g, block) => sum + g * g * (calibration.variance[block] ?? 0), 0);
  return Math.sqrt(draws + learned);
}

function expectedArea(
  counts: AnswerCounts,
  calibration: Calibration,
  confidence: number,
): EstimatedFigure | undefined {
  const size = (bin: number): number => (counts.positive[bin] ?? 0) + (counts.negative[bin] ?? 0);
  let positives = 0;
  let negatives = 0;
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    const p = calibration.probability[bin] ?? 0;
    positives += size(bin) * p;
    negatives += size(bin) * (1 - p);
  }
  if (!(positives > 0) || !(negatives > 0)) return undefined;
  const slopes = new Float64Array(PROBABILITY_BINS);
  let below = 0;
  let above = positives;
  let wins = 0;
  for (let bin = 0; bin < PROBABILITY_BINS; bin++) {
    const here = size(bin) * (calibration.probability[bin] ?? 0);
    const others = size(bin) - here;
    above -= here;
    wins += here * (below + others / 2);
    slopes[bin] = below + size(bin) / 2 - here - above;
    below += others;
  }
  const pairs = positives * negatives;
  const value = wins / pairs;
  const slope = (bin: number): number => ((slopes[bin] ?? 0) - value * (negatives - positives)) / pairs;
  const error = deltaError(counts, calibration, { said: slope, unsaid: slope });
  return { value, standardError: error, interval: normalInterval(value, error, SHARE, confidence) };
}
