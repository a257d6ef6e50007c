import { isRecord } from './json-state.ts';

/** Importance of a sample, above 0: a sampling weight, an inverse propensity. Left out it is 1. */
interface Weighted {
  readonly weight?: number;
}

/** The true class and the one that was answered. */
export interface ClassSample extends Weighted {
  readonly actual: string;
  readonly predicted: string;
}

/** Whether it was positive, and the score that the model gave to "positive": any number, larger is more positive. */
export interface ScoreSample extends Weighted {
  readonly positive: boolean;
  readonly score: number;
}

export interface NumberSample extends Weighted {
  readonly actual: number;
  readonly predicted: number;
}

/**
 * One list that was ranked. Relevance 0 is irrelevant; for graded relevance more is better.
 * Without scores the relevances stand in the order shown; with scores, larger ones stand first and ties keep their order (NDCG averages over ties).
 */
export interface RankingSample extends Weighted {
  readonly relevance: readonly number[];
  readonly score?: readonly number[];
  /** Relevant items in all, where not all of them are in the list. */
  readonly relevant?: number;
}

/** @returns 1 without a weight, undefined for a weight that is none (0 or less, NaN, Infinity) */
export function readWeight(raw: Readonly<Record<string, unknown>>): number | undefined {
  const weight = raw.weight;
  if (weight === undefined) return 1;
  return typeof weight === 'number' && weight > 0 && Number.isFinite(weight) ? weight : undefined;
}

function className(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw;
  if (typeof raw === 'boolean' || (typeof raw === 'number' && Number.isFinite(raw))) return String(raw);
  return undefined;
}

export function readClassSample(raw: unknown): ClassSample | undefined {
  if (!isRecord(raw)) return undefined;
  const weight = readWeight(raw);
  const actual = className(raw.actual);
  const predicted = className(raw.predicted);
  if (weight === undefined || actual === undefined || predicted === undefined) return undefined;
  return { actual, predicted, weight };
}

export function readScoreSample(raw: unknown): ScoreSample | undefined {
  if (!isRecord(raw)) return undefined;
  const weight = readWeight(raw);
  const { positive, score } = raw;
  if (weight === undefined || typeof positive !== 'boolean') return undefined;
  if (typeof score !== 'number' || !Number.isFinite(score)) return undefined;
  return { positive, score, weight };
}

/** As {@link readScoreSample}, the score a probability. */
export function readProbabilitySample(raw: unknown): ScoreSample | undefined {
  const sample = readScoreSample(raw);
  return sample !== undefined && sample.score >= 0 && sample.score <= 1 ? sample : undefined;
}

export function readNumberSample(raw: unknown): NumberSample | undefined {
  if (!isRecord(raw)) return undefined;
  const weight = readWeight(raw);
  const { actual, predicted } = raw;
  if (weight === undefined || typeof actual !== 'number' || typeof predicted !== 'number') return undefined;
  if (!Number.isFinite(actual) || !Number.isFinite(predicted)) return undefined;
  return { actual, predicted, weight };
}

function finiteList(raw: unknown, least: number): readonly number[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const list: number[] = [];
  for (const value of raw) {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < least) return undefined;
    list.push(value);
  }
  return list;
}

export function readRankingSample(raw: unknown): RankingSample | undefined {
  if (!isRecord(raw)) return undefined;
  const weight = readWeight(raw);
  const relevance = finiteList(raw.relevance, 0);
  if (weight === undefined || relevance === undefined) return undefined;
  const sample: {
    relevance: readonly number[];
    weight: number;
    score?: readonly number[];
    relevant?: number;
  } = { relevance, weight };
  if (raw.score !== undefined) {
    const score = finiteList(raw.score, Number.NEGATIVE_INFINITY);
    if (score === undefined || score.length !== relevance.length) return undefined;
    sample.score = score;
  }
  if (raw.relevant !== undefined) {
    const { relevant } = raw;
    const shown = relevance.filter((value) => value > 0).length;
    if (typeof relevant !== 'number' || !Number.isInteger(relevant) || relevant < shown) return undefined;
    sample.relevant = relevant;
  }
  return sample;
}

/** Log-probabilities (natural) of the tokens of one answer. Not empty, none above 0. */
export interface TokensSample {
  readonly logProbabilities: readonly number[];
}

export function readTokensSample(raw: unknown): TokensSample | undefined {
  if (!isRecord(raw)) return undefined;
  const logProbabilities = finiteList(raw.logProbabilities, Number.NEGATIVE_INFINITY);
  if (logProbabilities === undefined || logProbabilities.length === 0) return undefined;
  return logProbabilities.every((value) => value <= 0) ? { logProbabilities } : undefined;
}
