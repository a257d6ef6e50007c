import { addTraffic, NO_TRAFFIC, scaleTraffic, sumTraffic, type TrafficCounts } from './traffic.ts';

/** How long traffic counts as recent, in milliseconds. */
export const RECENT_MS = 180_000;
/** Half-life of what is usual, in milliseconds: long enough to hold a day, short enough to forget last month. */
export const USUAL_HALF_LIFE_MS: number = 12 * 3_600_000;

/** Recent traffic beside what is usual for the service. Plain data. */
export interface TrafficWindow {
  readonly recent: readonly { readonly at: number; readonly counts: TrafficCounts }[];
  /** Fading; what was recent enters it, unless the service was in trouble. */
  readonly usual: TrafficCounts;
}

export const EMPTY_WINDOW: TrafficWindow = { recent: [], usual: NO_TRAFFIC };

/**
 * Takes counts in. What leaves the recent window becomes part of what is usual, but not while `troubled`: a fault that
 * lasts must not become the new normal.
 * @param at end of the stretch that the counts stand for, wall milliseconds
 */
export function observeTraffic(
  window: TrafficWindow,
  counts: TrafficCounts,
  at: number,
  troubled: boolean,
): TrafficWindow {
  const recent = [...window.recent, { at, counts }];
  let { usual } = window;
  let gone = 0;
  while (gone < recent.length - 1 && at - (recent[gone]?.at ?? at) >= RECENT_MS) {
    const left = recent[gone]?.counts;
    gone++;
    if (troubled || left === undefined) continue;
    usual = addTraffic(scaleTraffic(usual, 0.5 ** (left.spanMs / USUAL_HALF_LIFE_MS)), left);
    // People come and go: a bitmap that only fills up says nothing.
    usual = { ...usual, users: NO_TRAFFIC.users };
  }
  return { recent: recent.slice(gone), usual };
}

/** All of the recent window as one. */
export function recentTraffic(window: TrafficWindow): TrafficCounts {
  return sumTraffic(window.recent.map(({ counts }) => counts));
}
