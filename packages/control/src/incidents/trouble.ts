import type { ActionKind, Incident, SignalKind, Stretch, TrafficCounts, TrafficWindow } from '@evenkeel/core';
import { STRETCH_MS } from './stretch.ts';

/** What went wrong in one stretch of traffic, by how it went wrong. */
export interface Trouble {
  /** Wall milliseconds of its beginning. */
  readonly at: number;
  readonly total: number;
  /** Requests without an answer, and attempts that failed, ran out of time or were turned down by the check. */
  readonly failed: number;
  /** Reads that did not get current features. */
  readonly unfresh: number;
  /** Attempts that found their rung full. */
  readonly full: number;
  /** Requests that got less than full service, or nothing. */
  readonly below: number;
}

export function troubleOf({ total, byLevel, rungs, features }: TrafficCounts): Omit<Trouble, 'at'> {
  let failed = byLevel.failed ?? 0;
  let full = 0;
  for (const rung of Object.values(rungs)) {
    failed += rung.failed + rung.timedOut + rung.unsafe;
    full += rung.full;
  }
  return { total, failed, unfresh: features.unfresh, full, below: total - (byLevel.full_service ?? 0) };
}

/** Signals that only labels can show the end of. */
const BY_LABELS: readonly SignalKind[] = ['labels_disagree', 'outcome_drop', 'burn_quality'];

/** What a mitigation is judged by. */
export interface Measure {
  readonly of: 'labels' | 'requests';
  readonly before: readonly Stretch[];
  readonly after: readonly Stretch[];
  /** Share of bad events when all is well. */
  readonly usual: number;
}

/**
 * What an action is to make less of. A roll-back: wrong answers where there are labels, else answers below full service. A pin of
 * cached features: reads that wait in vain, which a pinned service does not make at all. Another pin: what fails, runs out of time or
 * finds no room on the way down; what it costs in level is its price, and no sign of failure.
 */
function badOf(action: ActionKind, pinned: boolean): (trouble: Omit<Trouble, 'at'>) => number {
  switch (action) {
    case 'roll_back_model':
    case 'forbid_rung':
      return ({ failed, below }) => Math.max(failed, below);
    case 'pin_cached_features':
    case 'pin_batch_features':
      return ({ failed, unfresh }) => (pinned ? failed : failed + unfresh);
    default:
      return ({ failed, unfresh, full }) => failed + full + (pinned ? 0 : unfresh);
  }
}

/**
 * @param incident whose trouble the action is to end
 * @param at wall milliseconds from which the action holds
 * @param from wall milliseconds from which the trouble counts
 */
export function measureOf(
  watch: { readonly traffic: TrafficWindow; readonly labels: readonly Stretch[] },
  stretches: readonly Trouble[],
  incident: Incident,
  action: ActionKind,
  at: number,
  from: number,
): Measure {
  // A stretch that the trouble began in, or the action fell into, is half of each.
  const before = (one: { readonly at: number }): boolean => one.at >= from && one.at + STRETCH_MS <= at;
  const byLabels =
    action === 'roll_back_model' && incident.signals.some(({ kind }) => BY_LABELS.includes(kind));
  if (byLabels && watch.labels.some((label) => label.at >= from)) {
    const well = watch.labels.filter((label) => label.at + STRETCH_MS <= from);
    const all = well.reduce((sum, { total }) => sum + total, 0);
    return {
      of: 'labels',
      before: watch.labels.filter(before),
      after: watch.labels.filter((label) => label.at >= at),
      usual: all > 0 ? well.reduce((sum, { bad }) => sum + bad, 0) / all : 0,
    };
  }
  const seen = (pinned: boolean) => {
    const bad = badOf(action, pinned);
    return (one: Trouble): Stretch => ({ at: one.at, total: one.total, bad: Math.min(one.total, bad(one)) });
  };
  const usual = troubleOf(watch.traffic.usual);
  return {
    of: 'requests',
    before: stretches.filter(before).map(seen(false)),
    after: stretches.filter((one) => one.at >= at).map(seen(true)),
    usual: usual.total > 0 ? Math.min(1, badOf(action, false)(usual) / usual.total) : 0,
  };
}
