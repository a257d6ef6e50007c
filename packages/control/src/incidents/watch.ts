import {
  addTraffic,
  type Clock,
  EMPTY_WINDOW,
  NO_SIGHTINGS,
  type OpeningState,
  observeTraffic,
  type SignalState,
  type Stretch,
  type TrafficCounts,
  type TrafficWindow,
} from '@evenkeel/core';

/** What is remembered of one service between two looks. */
export interface ServiceWatch {
  traffic: TrafficWindow;
  signals: SignalState | undefined;
  opening: OpeningState;
  /** Trouble by stretches, for judging mitigations. */
  readonly stretches: { at: number; bad: number; total: number }[];
  /** What replicas reported since the last look. */
  pending: { counts: TrafficCounts; at: number } | undefined;
}

const STRETCH_MS = 10_000;
/** Half an hour of stretches: what came before a mitigation, and its verification. */
const STRETCHES = 180;

export function newWatch(): ServiceWatch {
  return {
    traffic: EMPTY_WINDOW,
    signals: undefined,
    opening: NO_SIGHTINGS,
    stretches: [],
    pending: undefined,
  };
}

/** Takes in what a replica counted. Replicas add; their time does not. */
export function takeTraffic(watch: ServiceWatch, counts: TrafficCounts, at: number): void {
  const { pending } = watch;
  if (pending === undefined) {
    watch.pending = { counts, at };
    return;
  }
  const sum = addTraffic(pending.counts, counts);
  const spanMs = Math.max(pending.counts.spanMs, counts.spanMs);
  watch.pending = { counts: { ...sum, spanMs }, at: Math.max(pending.at, at) };
}

/** Requests that went wrong on the way, whatever they got in the end: what a mitigation is to make less of. */
function troubled({ total, byLevel, rungs, features }: TrafficCounts): number {
  let bad = (byLevel.failed ?? 0) + features.unfresh;
  for (const rung of Object.values(rungs)) bad += rung.failed + rung.timedOut + rung.unsafe;
  return Math.min(total, bad);
}

/** Moves what was taken in into the windows. */
export function settleTraffic(watch: ServiceWatch, inTrouble: boolean): void {
  const { pending, stretches } = watch;
  if (pending === undefined) return;
  watch.pending = undefined;
  watch.traffic = observeTraffic(watch.traffic, pending.counts, pending.at, inTrouble);
  const at = Math.floor(pending.at / STRETCH_MS) * STRETCH_MS;
  const last = stretches.at(-1);
  const bad = troubled(pending.counts);
  if (last?.at === at) {
    last.bad += bad;
    last.total += pending.counts.total;
  } else {
    stretches.push({ at, bad, total: pending.counts.total });
    if (stretches.length > STRETCHES) stretches.shift();
  }
}

/** The stretches that are over. */
export function wholeStretches(watch: ServiceWatch, clock: Clock): readonly Stretch[] {
  const now = clock.wall();
  return watch.stretches.filter(({ at }) => at + STRETCH_MS <= now);
}

/** Share of requests that go wrong when all is well. */
export function usualTrouble({ traffic }: ServiceWatch): number {
  const { usual } = traffic;
  return usual.total > 0 ? troubled(usual) / usual.total : 0;
}
