import type { Movement } from './drift-tables.ts';

/** `drifted` stays until the evidence is gone again: one alarm for one change, however long it lasts. */
export type DriftLevel = 'stable' | 'watch' | 'drifted';

/** When a change probably began, in events before now. */
export interface ChangePoint {
  /** Events since the change: the mean of its posterior distribution under a flat prior. */
  readonly eventsAgo: number;
  /** 90 % interval; `earliest` is the larger number. */
  readonly earliest: number;
  readonly latest: number;
}

export interface DriftFinding {
  /** Events between chance findings of this strength: 1,000,000 reads "by chance once in a million events". */
  readonly evidence: number;
  readonly change: ChangePoint;
  /** What moved, the likeliest first, with its share of the evidence; at most three. */
  readonly movements: readonly { readonly movement: Movement; readonly share: number }[];
  /** Shares by slot: the reference's and the recent events' (about the last 800, more weight on the latest). */
  readonly before: Float64Array;
  readonly after: Float64Array;
}
