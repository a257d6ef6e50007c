import { type Counts, NO_EVENTS } from './counts.ts';
import type { Objective } from './objective.ts';
import { type Prepared, prepareObjective } from './prepared.ts';
import type { Series } from './series.ts';
import { windowKey } from './series-state.ts';
import type { WindowSums } from './status.ts';
import type { ObjectiveWindow } from './window.ts';

/**
 * The windows that the series of an objective has to hold: its own, and those of every weighted composite that it is a
 * part of, which are summed up over the parts.
 * @param all the objectives of the same service
 */
export function seriesWindows(objective: Objective, all: readonly Objective[]): readonly ObjectiveWindow[] {
  const windows = [...prepareObjective(objective, 0).windows];
  for (const other of all) {
    if (other.source.kind !== 'composite' || other.source.method !== 'weighted') continue;
    if (other.source.parts.some((part) => part.objective === objective.name))
      windows.push(...prepareObjective(other, 0).windows);
  }
  const seen = new Map(windows.map((window) => [windowKey(window), window]));
  return [...seen.values()];
}

/**
 * The mean of the parts' shares of good events, by weight; as counts, it stands for all their events. Parts without
 * events are left out, and the others' weights grow: no traffic is neither good nor bad.
 */
export function weightedCounts(
  parts: readonly { readonly counts: Counts; readonly weight: number }[],
): Counts {
  let weights = 0;
  let shares = 0;
  let total = 0;
  for (const { counts, weight } of parts) {
    if (counts.total <= 0) continue;
    weights += weight;
    shares += (weight * counts.good) / counts.total;
    total += counts.total;
  }
  return weights > 0 ? { good: (total * shares) / weights, total } : NO_EVENTS;
}

/** The windows of a weighted composite, from the series of its parts; see {@link seriesWindows}. */
export function weightedSums(
  prepared: Prepared,
  parts: readonly { readonly series: Series; readonly weight: number }[],
): WindowSums {
  const over = (index: number, adjusted: boolean): Counts => {
    const window = prepared.windows[index];
    if (window === undefined) return NO_EVENTS;
    return weightedCounts(
      parts.map(({ series, weight }) => ({
        weight,
        counts: adjusted ? series.adjusted(window) : series.counts(window),
      })),
    );
  };
  return {
    good: (index) => over(index, false).good,
    total: (index) => over(index, false).total,
    adjustedGood: (index) => over(index, true).good,
    adjustedTotal: (index) => over(index, true).total,
  };
}

/**
 * One slice of an all-of composite: good when every part that had events kept its target in it. Counted like that it
 * promises a share of time in which everything was as it should be.
 */
export function allOfSlice(parts: readonly { readonly counts: Counts; readonly target: number }[]): Counts {
  const active = parts.filter(({ counts }) => counts.total > 0);
  if (active.length === 0) return NO_EVENTS;
  const kept = active.every(({ counts, target }) => counts.good / counts.total >= target);
  return { good: kept ? 1 : 0, total: 1 };
}

/**
 * Makes a minute hold these counts, whatever it held: for series that are worked out from others, whose late counts
 * change what was worked out. False: the minute's hour has to be loaded first.
 */
export function setMinute(series: Series, at: number, counts: Counts): boolean {
  const before = series.minute(at);
  if (before === undefined) return false;
  if (before.good === counts.good && before.total === counts.total) return true;
  return series.add(at, counts.good - before.good, counts.total - before.total);
}
