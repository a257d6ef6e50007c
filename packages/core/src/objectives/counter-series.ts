import { MINUTE_MS } from './minute-block.ts';

/** One sample of a counter. */
export interface CounterSample {
  /** Wall milliseconds. */
  readonly at: number;
  readonly value: number;
}

/** One series of a Prometheus range result: its labels, and its samples in the order of time. */
export interface CounterSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly CounterSample[];
}

/** What a counter came to over a stretch of time. */
export type CounterReading =
  /** No series has a sample. */
  | { readonly state: 'absent' }
  /** Samples came, and then no more: what has been counted since is unknown, not 0. */
  | { readonly state: 'stale'; readonly lastAt: number; readonly increase: number }
  /** Counted to the end; an increase of 0 is a 0. */
  | { readonly state: 'counted'; readonly increase: number; readonly resets: number };

export interface CounterOptions {
  /** The stretch [from, to], wall milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Without a sample for this long a series is stale; Prometheus says five minutes. */
  readonly staleMs?: number | undefined;
  /**
   * Since when the source has been watched without a gap. A series whose first sample comes later than that was born
   * while somebody watched, and counts from 0; the first sample of others only says where they stood.
   */
  readonly watchedSince?: number | undefined;
}

export const STALE_MS: number = 5 * MINUTE_MS;

/** Increments of one series; each belongs to the time of the sample that shows it. */
function* increments(
  series: CounterSeries,
  options: CounterOptions,
): Generator<CounterSample & { readonly reset: boolean }> {
  let before: number | undefined;
  for (const { at, value } of series.samples) {
    // NaN is what a stale marker looks like where one gets through.
    if (at < options.from || at > options.to || !Number.isFinite(value)) continue;
    if (before === undefined) {
      const { watchedSince } = options;
      if (watchedSince !== undefined && at > watchedSince && at > options.from)
        yield { at, value, reset: false };
    } else if (value < before) yield { at, value, reset: true };
    else yield { at, value: value - before, reset: false };
    before = value;
  }
}

/**
 * The increase of a counter over its series. Each series' restarts are found before anything is summed: in a sum, one
 * replica's restart looks like everybody's.
 */
export function readCounter(series: readonly CounterSeries[], options: CounterOptions): CounterReading {
  let lastAt = Number.NEGATIVE_INFINITY;
  let increase = 0;
  let resets = 0;
  for (const one of series) {
    for (const { value, reset } of increments(one, options)) {
      increase += value;
      if (reset) resets += 1;
    }
    for (const { at, value } of one.samples)
      if (at >= options.from && at <= options.to && Number.isFinite(value)) lastAt = Math.max(lastAt, at);
  }
  if (lastAt === Number.NEGATIVE_INFINITY) return { state: 'absent' };
  if (options.to - lastAt > (options.staleMs ?? STALE_MS)) return { state: 'stale', lastAt, increase };
  return { state: 'counted', increase, resets };
}

/** The increase by minute (start, wall milliseconds) of event time, for a series of minutes. Minutes without one are left out. */
export function minuteIncreases(
  series: readonly CounterSeries[],
  options: CounterOptions,
): ReadonlyMap<number, number> {
  const minutes = new Map<number, number>();
  for (const one of series) {
    for (const { at, value } of increments(one, options)) {
      if (value === 0) continue;
      // A sample on the minute's edge shows what happened before it.
      const minute = Math.floor((at - 1) / MINUTE_MS) * MINUTE_MS;
      minutes.set(minute, (minutes.get(minute) ?? 0) + value);
    }
  }
  return minutes;
}
