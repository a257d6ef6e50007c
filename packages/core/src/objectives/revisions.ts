import type { Objective } from './objective.ts';

/** One version of an objective's definition. Added and never changed: figures name the one they were computed under. */
export interface ObjectiveRevision {
  /** 1, 2, 3, … */
  readonly revision: number;
  /** In force from here, wall milliseconds. */
  readonly from: number;
  readonly by: string;
  readonly reason: string;
  readonly objective: Objective;
  /**
   * `promise`: another target, window or alerts; counts keep their meaning. `meaning`: something else is counted, so the
   * series begins anew: old counts say nothing about the new promise.
   */
  readonly change: 'first' | 'promise' | 'meaning' | 'words';
}

/** The same text for equal values, whatever the order of keys; undefined fields are as good as absent. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${parts.join(',')}}`;
}

/** Identifies what is counted: objectives with equal meanings can share a series. */
export function meaningOf(objective: Objective): string {
  return canonical({ source: objective.source });
}

function promiseOf({ window, budgeting, allowance, alerts, minimumBad, expectedTraffic }: Objective): string {
  return canonical({ window, budgeting, allowance, alerts, minimumBad, expectedTraffic });
}

/**
 * Adds a revision when the definition changed; the history itself otherwise.
 * @param history oldest first
 */
export function revise(
  history: readonly ObjectiveRevision[],
  objective: Objective,
  at: number,
  by: string,
  reason: string,
): readonly ObjectiveRevision[] {
  const last = history.at(-1);
  if (last === undefined) return [{ revision: 1, from: at, by, reason, objective, change: 'first' }];
  const was = last.objective;
  if (canonical(was) === canonical(objective)) return history;
  const change =
    meaningOf(was) !== meaningOf(objective)
      ? 'meaning'
      : promiseOf(was) !== promiseOf(objective)
        ? 'promise'
        : 'words';
  return [...history, { revision: last.revision + 1, from: at, by, reason, objective, change }];
}

/** The revision in force at an instant: what a period that ended then was promised. Before the first: the first. */
export function revisionAt(history: readonly ObjectiveRevision[], at: number): ObjectiveRevision | undefined {
  return history.findLast(({ from }) => from <= at) ?? history[0];
}

/** Since when counts mean what they mean now, wall milliseconds; undefined for an empty history. */
export function meaningSince(history: readonly ObjectiveRevision[]): number | undefined {
  return history.findLast(({ change }) => change === 'first' || change === 'meaning')?.from;
}
