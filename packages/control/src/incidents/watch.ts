import {
  addTraffic,
  type Clock,
  EMPTY_WINDOW,
  NO_SIGHTINGS,
  type OpeningState,
  observeTraffic,
  type SignalState,
  type TrafficCounts,
  type TrafficWindow,
} from '@evenkeel/core';
import { STRETCH_MS } from './stretch.ts';
import { type Trouble, troubleOf } from './trouble.ts';

/** What is remembered of one service between two looks. */
export interface ServiceWatch {
  traffic: TrafficWindow;
  signals: SignalState | undefined;
  opening: OpeningState;
  /** Trouble by stretches, for judging mitigations. */
  readonly stretches: Trouble[];
  /** Predictions that disagree with their label, by the time of the prediction, in order of time. */
  readonly labels: { at: number; bad: number; total: number }[];
  /** What replicas reported since the last look. */
  pending: { counts: TrafficCounts; at: number } | undefined;
}

/** Half an hour of stretches: what came before a mitigation, and its verification. */
const STRETCHES = 360;

export function newWatch(): ServiceWatch {
  return {
    traffic: EMPTY_WINDOW,
    signals: undefined,
    opening: NO_SIGHTINGS,
    stretches: [],
    labels: [],
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

/** Takes a label in. Labels come late and in any order: they go to the stretch of their prediction. */
export function takeLabel({ labels }: ServiceWatch, predictedAt: number, right: boolean): void {
  const at = Math.floor(predictedAt / STRETCH_MS) * STRETCH_MS;
  let place = labels.findLastIndex((stretch) => stretch.at <= at);
  if (labels[place]?.at !== at) {
    place += 1;
    labels.splice(place, 0, { at, bad: 0, total: 0 });
  }
  const stretch = labels[place];
  if (stretch === undefined) return;
  stretch.total += 1;
  if (!right) stretch.bad += 1;
  if (labels.length > STRETCHES) labels.shift();
}

/** Moves what was taken in into the windows. */
export function settleTraffic(watch: ServiceWatch, inTrouble: boolean): void {
  const { pending, stretches } = watch;
  if (pending === undefined) return;
  watch.pending = undefined;
  watch.traffic = observeTraffic(watch.traffic, pending.counts, pending.at, inTrouble);
  const at = Math.floor(pending.at / STRETCH_MS) * STRETCH_MS;
  const last = stretches.at(-1);
  const one = troubleOf(pending.counts);
  if (last?.at === at) {
    stretches[stretches.length - 1] = {
      at,
      total: last.total + one.total,
      failed: last.failed + one.failed,
      unfresh: last.unfresh + one.unfresh,
      full: last.full + one.full,
      below: last.below + one.below,
    };
  } else {
    stretches.push({ ...one, at });
    if (stretches.length > STRETCHES) stretches.shift();
  }
}

/** What was counted before is over and told of: it must not look like news beside a better measure of what is usual. */
export function forgetBefore(watch: ServiceWatch, at: number): void {
  watch.traffic = { ...watch.traffic, recent: watch.traffic.recent.filter((one) => one.at >= at) };
}

/** The stretches that are over. */
export function wholeStretches(watch: ServiceWatch, clock: Clock): readonly Trouble[] {
  const now = clock.wall();
  return watch.stretches.filter(({ at }) => at + STRETCH_MS <= now);
}
