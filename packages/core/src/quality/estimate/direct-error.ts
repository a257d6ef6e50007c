import { EvenkeelError } from '../../kernel/errors.ts';
import { binOf } from '../bins.ts';
import { normalInterval } from '../metrics/intervals.ts';
import { readAmount, readFinites, readRecord } from '../metrics/json-state.ts';
import type { EstimatedFigure } from './expected-performance.ts';

/** What late labels said about errors, by bin of something known beforehand that makes an answer hard: the model's own uncertainty, or the prediction itself. Counts add. */
export interface ErrorCounts {
  /** Inner edges of the bins, ascending; fixed, from the reference. */
  readonly edges: Float64Array;
  readonly n: Float64Array;
  /** Sums over labels of |error|, error² and error⁴. */
  readonly absolute: Float64Array;
  readonly squared: Float64Array;
  readonly fourth: Float64Array;
}

/** @param edges ascending and finite, 1 to 255 of them @throws EvenkeelError `bad_request` */
export function createErrorCounts(edges: ArrayLike<number>): ErrorCounts {
  const list = Float64Array.from(edges);
  const sound = list.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > (list[i - 1] ?? 0)));
  if (list.length < 1 || list.length > 255 || !sound) {
    throw new EvenkeelError('bad_request', 'Bins of errors need 1 to 255 finite edges in ascending order.');
  }
  const zeros = (): Float64Array => new Float64Array(list.length + 1);
  return { edges: list, n: zeros(), absolute: zeros(), squared: zeros(), fourth: zeros() };
}

/** @returns false for values that are not finite: not counted */
export function countError(
  counts: ErrorCounts,
  difficulty: number,
  actual: number,
  predicted: number,
): boolean {
  const error = Math.abs(actual - predicted);
  const fourth = error ** 4;
  if (!Number.isFinite(difficulty) || !Number.isFinite(fourth)) return false;
  const bin = binOf(counts.edges, difficulty);
  add(counts.n, bin, 1);
  add(counts.absolute, bin, error);
  add(counts.squared, bin, error * error);
  add(counts.fourth, bin, fourth);
  return true;
}

/** @throws EvenkeelError `conflict` for other edges */
export function mergeErrors(into: ErrorCounts, from: ErrorCounts): void {
  if (into.edges.length !== from.edges.length || into.edges.some((edge, i) => edge !== from.edges[i])) {
    throw new EvenkeelError(
      'conflict',
      'Errors counted in other bins do not add: give all replicas the same edges.',
    );
  }
  for (let bin = 0; bin < into.n.length; bin++) {
    add(into.n, bin, from.n[bin] ?? 0);
    add(into.absolute, bin, from.absolute[bin] ?? 0);
    add(into.squared, bin, from.squared[bin] ?? 0);
    add(into.fourth, bin, from.fourth[bin] ?? 0);
  }
}

export function saveErrors(counts: ErrorCounts): unknown {
  const { edges, n, absolute, squared, fourth } = counts;
  return {
    edges: [...edges],
    n: [...n],
    absolute: [...absolute],
    squared: [...squared],
    fourth: [...fourth],
  };
}

/** @throws EvenkeelError `bad_request` */
export function loadErrors(raw: unknown): ErrorCounts {
  const record = readRecord(raw, 'error counts');
  const edges = Array.isArray(record.edges) ? record.edges.length : 0;
  const counts = createErrorCounts(readFinites(record.edges, edges, 'edges'));
  for (const key of ['n', 'absolute', 'squared', 'fourth'] as const) {
    readFinites(record[key], edges + 1, key).forEach((value, bin) =>
      add(counts[key], bin, readAmount(value, key)),
    );
  }
  return counts;
}

function add(list: Float64Array, at: number, value: number): void {
  list[at] = (list[at] ?? 0) + value;
}

export interface ExpectedErrors {
  readonly answers: number;
  readonly mae: EstimatedFigure;
  readonly rmse: EstimatedFigure;
  /** Share of answers in bins that labels have been seen in; the others are taken for average. */
  readonly covered: number;
}

/**
 * Errors of answers whose truth is not known yet (direct error estimation): each is expected to err as labelled ones of its difficulty did. Like all such
 * estimates it holds while the same difficulty means the same error.
 * @param answers number of answers by bin of {@link ErrorCounts.edges}
 * @returns undefined without answers or with fewer than 20 labels
 */
export function expectedErrors(
  counts: ErrorCounts,
  answers: ArrayLike<number>,
  confidence = 0.95,
): ExpectedErrors | undefined {
  let n = 0;
  let labels = 0;
  let covered = 0;
  for (let bin = 0; bin < counts.n.length; bin++) {
    n += answers[bin] ?? 0;
    labels += counts.n[bin] ?? 0;
    if ((counts.n[bin] ?? 0) >= 2) covered += answers[bin] ?? 0;
  }
  if (!(n > 0) || labels < 20) return undefined;
  const figure = (sums: Float64Array, squares: Float64Array): { mean: number; error: number } => {
    const all = { mean: total(sums) / labels, square: total(squares) / labels };
    let mean = 0;
    let variance = 0;
    for (let bin = 0; bin < counts.n.length; bin++) {
      const m = answers[bin] ?? 0;
      const k = counts.n[bin] ?? 0;
      if (m === 0) continue;
      const known = k >= 2;
      const at = known ? (sums[bin] ?? 0) / k : all.mean;
      const square = known ? (squares[bin] ?? 0) / k : all.square;
      const spread = Math.max(0, square - at * at) * (known ? k / (k - 1) : 1);
      mean += (m / n) * at;
      // The answers' own luck, and that of the labels.
      variance += (m * spread) / (n * n) + ((m / n) ** 2 * spread) / (known ? k : labels);
    }
    return { mean, error: Math.sqrt(variance) };
  };
  const range = { low: 0, high: Number.POSITIVE_INFINITY };
  const absolute = figure(counts.absolute, counts.squared);
  const squared = figure(counts.squared, counts.fourth);
  const around = normalInterval(squared.mean, squared.error, range, confidence);
  const rmse = Math.sqrt(squared.mean);
  return {
    answers: n,
    mae: {
      value: absolute.mean,
      standardError: absolute.error,
      interval: normalInterval(absolute.mean, absolute.error, range, confidence),
    },
    rmse: {
      value: rmse,
      standardError: rmse > 0 ? squared.error / (2 * rmse) : 0,
      interval: { low: Math.sqrt(around.low), high: Math.sqrt(around.high) },
    },
    covered: covered / n,
  };
}

function total(list: Float64Array): number {
  return list.reduce((sum, value) => sum + value, 0);
}
