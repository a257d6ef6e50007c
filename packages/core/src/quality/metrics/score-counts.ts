import { malformed, readAmount, readArray, readFinite, readRecord } from './json-state.ts';
import type { ScoreSample } from './samples.ts';
import { scoreBucket } from './score-bucket.ts';

/** Scores that are equal, or near enough to share a bucket. */
export interface ScoreGroup {
  positive: number;
  negative: number;
  low: number;
  high: number;
}

/**
 * Positives and negatives by score. Exact while there are at most `exactUpTo` different scores, then by bucket (`scoreBucket`), with
 * the smallest and largest score of each: a bucket with one score in it is still exact.
 * Merging in any order and grouping gives the same state.
 */
export interface ScoreCounts {
  readonly exactUpTo: number;
  n: number;
  squaredWeight: number;
  bucketed: boolean;
  /** By score while exact, by bucket afterwards. */
  groups: Map<number, ScoreGroup>;
}

export function createScoreCounts(exactUpTo: number): ScoreCounts {
  return { exactUpTo, n: 0, squaredWeight: 0, bucketed: false, groups: new Map() };
}

export function addScore(state: ScoreCounts, sample: ScoreSample): void {
  const weight = sample.weight ?? 1;
  state.n++;
  state.squaredWeight += weight * weight;
  const score = sample.score === 0 ? 0 : sample.score;
  put(state, score, score, sample.positive ? weight : 0, sample.positive ? 0 : weight);
}

export function mergeScores(into: ScoreCounts, from: ScoreCounts): void {
  into.n += from.n;
  into.squaredWeight += from.squaredWeight;
  if (from.bucketed && !into.bucketed) coarsen(into);
  for (const group of from.groups.values()) put(into, group.low, group.high, group.positive, group.negative);
}

function put(state: ScoreCounts, low: number, high: number, positive: number, negative: number): void {
  const key = state.bucketed ? scoreBucket(low) : low;
  const group = state.groups.get(key);
  if (group === undefined) {
    state.groups.set(key, { positive, negative, low, high });
    if (!state.bucketed && state.groups.size > state.exactUpTo) coarsen(state);
    return;
  }
  group.positive += positive;
  group.negative += negative;
  if (low < group.low) group.low = low;
  if (high > group.high) group.high = high;
}

function coarsen(state: ScoreCounts): void {
  const { groups } = state;
  state.groups = new Map();
  state.bucketed = true;
  for (const { low, high, positive, negative } of groups.values()) put(state, low, high, positive, negative);
}

/** Groups by score, the smallest first. */
export function ascending(state: ScoreCounts): ScoreGroup[] {
  return [...state.groups.values()].sort((a, b) => a.low - b.low);
}

export interface ClassWeights {
  readonly positive: number;
  readonly negative: number;
}

export function classWeights(groups: readonly ScoreGroup[]): ClassWeights {
  let positive = 0;
  let negative = 0;
  for (const group of groups) {
    positive += group.positive;
    negative += group.negative;
  }
  return { positive, negative };
}

export function saveScores(state: ScoreCounts): unknown {
  const { exactUpTo, n, squaredWeight, bucketed } = state;
  const groups = ascending(state).map((g) => [g.low, g.high, g.positive, g.negative]);
  return { exactUpTo, n, squaredWeight, bucketed, groups };
}

export function loadScores(raw: unknown): ScoreCounts {
  const record = readRecord(raw, 'score counts');
  const state = createScoreCounts(readAmount(record.exactUpTo, 'exactUpTo'));
  state.n = readAmount(record.n, 'n');
  state.squaredWeight = readAmount(record.squaredWeight, 'squaredWeight');
  state.bucketed = record.bucketed === true;
  for (const entry of readArray(record.groups, 'groups')) {
    const [low, high, positive, negative] = readArray(entry, 'a group');
    const from = readFinite(low, 'a score');
    const to = readFinite(high, 'a score');
    if (to < from || (!state.bucketed && to !== from)) throw malformed('a group of scores runs backwards');
    put(state, from, to, readAmount(positive, 'a count'), readAmount(negative, 'a count'));
  }
  return state;
}
