import type { Allowance, SeriesPoint } from '../api/wire.ts';

/** What is left of a budget as time goes, for a window whose traffic is known. */
export interface BurnDown {
  readonly times: readonly number[];
  /** Share left at the end of each stretch. */
  readonly remaining: readonly (number | null)[];
  /** Bad events of each stretch. */
  readonly bad: readonly number[];
}

/**
 * The budget is a share of the events of the whole window; each bad one takes its part of it. So the line begins at 1, falls where
 * trouble was, and ends at what is left now.
 */
export function burnDown(points: readonly SeriesPoint[], step: number, allowance: Allowance): BurnDown {
  const total = points.reduce((sum, point) => sum + point.total, 0);
  const allowed =
    allowance.kind === 'amount'
      ? allowance.amount
      : allowance.kind === 'target'
        ? (1 - allowance.target) * total
        : undefined;
  let bad = 0;
  const [first] = points;
  const times = first === undefined ? [] : [first.at];
  const remaining: (number | null)[] = first === undefined ? [] : [1];
  const each = first === undefined ? [] : [0];
  for (const point of points) {
    const own = point.total - point.good;
    bad += own;
    times.push(point.at + step);
    each.push(own);
    if (allowed === undefined) remaining.push(bad > 0 ? 0 : 1);
    else remaining.push(allowed > 0 ? 1 - bad / allowed : null);
  }
  return { times, remaining, bad: each };
}

/** How many times too fast the budget was spent, by stretch; null where nothing came. */
export function burnRates(points: readonly SeriesPoint[], allowance: Allowance): readonly (number | null)[] {
  if (allowance.kind !== 'target' || allowance.target >= 1) return points.map(() => null);
  return points.map(({ good, total }) =>
    total === 0 ? null : (total - good) / total / (1 - allowance.target),
  );
}

/** Stretches in which nothing was measured are holes, not zeros: lines must not be drawn across them. */
export function withHoles(points: readonly SeriesPoint[], step: number): readonly SeriesPoint[] {
  const out: SeriesPoint[] = [];
  for (const point of points) {
    const before = out.at(-1);
    if (before !== undefined && point.at - before.at > 1.5 * step) {
      out.push({ at: before.at + step, good: 0, total: 0 });
    }
    out.push(point);
  }
  return out;
}
