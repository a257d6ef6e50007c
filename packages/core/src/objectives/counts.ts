/** Good and all events of a stretch of time. Counts add over time and over replicas; ratios never do. */
export interface Counts {
  readonly good: number;
  readonly total: number;
}

export const NO_EVENTS: Counts = { good: 0, total: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { good: a.good + b.good, total: a.total + b.total };
}

/** Share of bad events, in [0, 1]; undefined without events, which is not the same as 0. */
export function errorRatio(counts: Counts): number | undefined {
  return counts.total > 0 ? (counts.total - counts.good) / counts.total : undefined;
}

/**
 * How an objective counts (OpenSLO v1 budgeting methods).
 * A slice without events is `exclude`d unless the file says that it counts as good or bad.
 */
export type Budgeting =
  | { readonly method: 'occurrences' }
  | {
      readonly method: 'timeslices';
      readonly sliceMs: number;
      /** A slice is good when at least this share of its events is. */
      readonly sliceTarget: number;
      readonly emptySlice: 'exclude' | 'good' | 'bad';
    }
  | {
      readonly method: 'ratio_timeslices';
      readonly sliceMs: number;
      readonly emptySlice: 'exclude' | 'good' | 'bad';
    };

/**
 * What one slice contributes: whole slices for time slices, the slice's own share of good events for ratio time slices
 * (each slice weighs the same, however much traffic it had).
 */
export function sliceCounts(slice: Counts, budgeting: Exclude<Budgeting, { method: 'occurrences' }>): Counts {
  if (slice.total <= 0) {
    if (budgeting.emptySlice === 'exclude') return NO_EVENTS;
    return { good: budgeting.emptySlice === 'good' ? 1 : 0, total: 1 };
  }
  const share = slice.good / slice.total;
  if (budgeting.method === 'ratio_timeslices') return { good: share, total: 1 };
  return { good: share >= budgeting.sliceTarget ? 1 : 0, total: 1 };
}
