import { hash32 } from '../kernel/hash.ts';
import type { RequestRecord } from '../telemetry/record.ts';

/** Counts by a small whole number (a histogram's bin). */
export type Bins = Readonly<Record<number, number>>;

/** What became of the attempts at one rung. */
export interface RungTraffic {
  readonly answered: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly full: number;
  readonly unsafe: number;
  /** Attempts by {@link durationBin}, features left out; those that timed out are in the bin of the time they had. */
  readonly bins: Bins;
}

/**
 * What live traffic showed in a stretch of time. Everything in it adds, over time and over replicas.
 */
export interface TrafficCounts {
  /** Milliseconds of traffic that the counts stand for, of one replica; adds over time, not over replicas. */
  readonly spanMs: number;
  /** Finished requests that were not the caller's own mistake. */
  readonly total: number;
  readonly byLevel: Readonly<Record<string, number>>;
  readonly byError: Readonly<Record<string, number>>;
  readonly rungs: Readonly<Record<string, RungTraffic>>;
  readonly features: {
    readonly reads: number;
    /** Reads that did not get the source's current values. */
    readonly unfresh: number;
    /** Reads with at least one value missing. */
    readonly incomplete: number;
    readonly missing: Readonly<Record<string, number>>;
    /** Ages and durations of reads by {@link durationBin}. */
    readonly ages: Bins;
    readonly durations: Bins;
  };
  readonly safety: { readonly checked: number; readonly turned: number };
  /** What was shown, by the label of the prediction; beyond {@link MAX_LABELS} under {@link OTHER_LABELS}. */
  readonly exposure: Readonly<Record<string, number>>;
  /** Linear counting of people: a bit each, in words of 32. `affected`: those who got less than full service. */
  readonly users: { readonly all: readonly number[]; readonly affected: readonly number[] };
}

export const MAX_LABELS = 256;
export const OTHER_LABELS = '(others)';
const USER_WORDS = 64;

/** Bins grow by a fifth: fine enough to see a shift of a quantile, few enough to ship. */
const LOG_STEP: number = Math.log(1.2);

/** Bin of a duration in milliseconds. Zero and less share the lowest bin. */
export function durationBin(ms: number): number {
  return ms > 0.01 ? Math.round(Math.log(ms) / LOG_STEP) : -25;
}

/** Middle of a bin in milliseconds. */
export function binDuration(bin: number): number {
  return Math.exp(bin * LOG_STEP);
}

export const NO_TRAFFIC: TrafficCounts = {
  spanMs: 0,
  total: 0,
  byLevel: {},
  byError: {},
  rungs: {},
  features: { reads: 0, unfresh: 0, incomplete: 0, missing: {}, ages: {}, durations: {} },
  safety: { checked: 0, turned: 0 },
  exposure: {},
  users: { all: [], affected: [] },
};

type Tally = Record<string | number, number>;

function bump(tally: Tally, key: string | number, by = 1): void {
  tally[key] = (tally[key] ?? 0) + by;
}

/** `a` plus `weight` times `b` (a weight under 1 is how old traffic fades). */
export function addTraffic(a: TrafficCounts, b: TrafficCounts, weight = 1): TrafficCounts {
  const total = openCounts(0);
  pour(total, a, 1);
  pour(total, b, weight);
  return closed(total, a.spanMs + weight * b.spanMs);
}

/** The sum of many, at the cost of one. */
export function sumTraffic(parts: Iterable<TrafficCounts>): TrafficCounts {
  const total = openCounts(0);
  let spanMs = 0;
  for (const part of parts) {
    pour(total, part, 1);
    spanMs += part.spanMs;
  }
  return closed(total, spanMs);
}

function pourTally(into: Tally, from: Readonly<Tally>, weight: number): void {
  for (const key in from) bump(into, key, weight * (from[key] ?? 0));
}

function pourBits(into: number[], from: readonly number[]): void {
  for (let i = 0; i < from.length; i++) into[i] = (into[i] ?? 0) | (from[i] ?? 0);
}

function pour(into: OpenCounts, from: TrafficCounts, weight: number): void {
  into.total += weight * from.total;
  pourTally(into.byLevel, from.byLevel, weight);
  pourTally(into.byError, from.byError, weight);
  for (const [name, more] of Object.entries(from.rungs)) {
    const rung = rungOf(into, name);
    rung.answered += weight * more.answered;
    rung.failed += weight * more.failed;
    rung.timedOut += weight * more.timedOut;
    rung.full += weight * more.full;
    rung.unsafe += weight * more.unsafe;
    pourTally(rung.bins, more.bins, weight);
  }
  into.features.reads += weight * from.features.reads;
  into.features.unfresh += weight * from.features.unfresh;
  into.features.incomplete += weight * from.features.incomplete;
  pourTally(into.features.missing, from.features.missing, weight);
  pourTally(into.features.ages, from.features.ages, weight);
  pourTally(into.features.durations, from.features.durations, weight);
  into.safety.checked += weight * from.safety.checked;
  into.safety.turned += weight * from.safety.turned;
  pourTally(into.exposure, from.exposure, weight);
  pourBits(into.users.all, from.users.all);
  pourBits(into.users.affected, from.users.affected);
}

/** All counts times a factor; people are left as they are. */
export function scaleTraffic(counts: TrafficCounts, factor: number): TrafficCounts {
  return addTraffic({ ...NO_TRAFFIC, users: counts.users }, counts, factor);
}

/** About how many people a bitmap stands for (Whang, Vander-Zanden, Taylor 1990, "linear-time probabilistic counting"). */
export function peopleIn(words: readonly number[]): number {
  const bits = USER_WORDS * 32;
  let set = 0;
  for (const word of words) for (let w = word; w !== 0; w &= w - 1) set++;
  return set === 0 ? 0 : -bits * Math.log(Math.max(1, bits - set) / bits);
}

interface OpenRung {
  answered: number;
  failed: number;
  timedOut: number;
  full: number;
  unsafe: number;
  bins: Tally;
}

interface OpenCounts {
  total: number;
  byLevel: Tally;
  byError: Tally;
  rungs: Record<string, OpenRung>;
  features: {
    reads: number;
    unfresh: number;
    incomplete: number;
    missing: Tally;
    ages: Tally;
    durations: Tally;
  };
  safety: { checked: number; turned: number };
  exposure: Tally;
  labels: number;
  users: { all: number[]; affected: number[] };
}

function rungOf(counts: OpenCounts, name: string): OpenRung {
  let rung = counts.rungs[name];
  if (rung === undefined) {
    rung = { answered: 0, failed: 0, timedOut: 0, full: 0, unsafe: 0, bins: {} };
    counts.rungs[name] = rung;
  }
  return rung;
}

function closed(counts: OpenCounts, spanMs: number): TrafficCounts {
  const { labels: _, ...rest } = counts;
  return { spanMs, ...rest };
}

/** @param words words of the bitmaps of people; 0 where others will be poured in */
function openCounts(words: number): OpenCounts {
  return {
    total: 0,
    byLevel: {},
    byError: {},
    rungs: {},
    features: { reads: 0, unfresh: 0, incomplete: 0, missing: {}, ages: {}, durations: {} },
    safety: { checked: 0, turned: 0 },
    exposure: {},
    labels: 0,
    users: { all: new Array<number>(words).fill(0), affected: new Array<number>(words).fill(0) },
  };
}

/** Counts finished requests until they are taken away. */
export interface TrafficMeter {
  record(record: RequestRecord): void;
  /** What was counted since the last call; `spanMs` is the caller's, who knows how long that was. */
  take(spanMs: number): TrafficCounts;
}

export function trafficMeter(): TrafficMeter {
  let now = openCounts(USER_WORDS);

  function mark(words: number[], user: string): void {
    const place = hash32(user) % (USER_WORDS * 32);
    words[place >>> 5] = (words[place >>> 5] ?? 0) | (1 << (place & 31));
  }

  return {
    record(record) {
      if (record.kind !== 'live') return;
      const { error } = record;
      // A turned down answer is the service's doing although its status is a 4xx.
      if (error !== undefined && record.status < 500 && error !== 'shed' && error !== 'output_blocked')
        return;
      now.total++;
      bump(now.byLevel, record.level);
      if (error !== undefined) bump(now.byError, error);
      mark(now.users.all, record.user);
      if (record.level !== 'full_service') mark(now.users.affected, record.user);

      const { features, safety } = record;
      let readMs = 0;
      if (features !== undefined) {
        readMs = features.durationMs;
        now.features.reads++;
        if (features.source !== 'online') now.features.unfresh++;
        if (features.missing.length > 0) now.features.incomplete++;
        for (const name of features.missing) bump(now.features.missing, name);
        if (features.ageMs !== undefined) bump(now.features.ages, durationBin(features.ageMs));
        bump(now.features.durations, durationBin(features.durationMs));
      }
      for (const step of record.steps) {
        if (step.outcome === 'skipped') continue;
        const rung = rungOf(now, step.rung);
        if (step.outcome === 'timed_out') rung.timedOut++;
        else rung[step.outcome]++;
        if (step.outcome === 'answered' || step.outcome === 'timed_out') {
          // Features are read inside the first step that asks for them.
          const own = step.durationMs >= readMs ? step.durationMs - readMs : step.durationMs;
          readMs = 0;
          bump(rung.bins, durationBin(own));
        }
      }
      if (safety !== undefined) {
        now.safety.checked++;
        if (safety.verdict !== 'allow') now.safety.turned++;
      }
      if (record.label !== undefined) {
        const known = now.exposure[record.label] !== undefined;
        if (!known && now.labels < MAX_LABELS) now.labels++;
        bump(now.exposure, known || now.labels < MAX_LABELS ? record.label : OTHER_LABELS);
      }
    },
    take(spanMs) {
      const counts = closed(now, spanMs);
      now = openCounts(USER_WORDS);
      return counts;
    },
  };
}
