import { type BudgetFigures, budgetFigures } from './budget.ts';
import { addCounts, type Counts } from './counts.ts';
import type { Objective } from './objective.ts';
import type { Span } from './window.ts';

/** Labels of predictions may come this late. */
export const LABEL_HORIZON_MS: number = 30 * 86_400_000;

/** The figures of a period that is over, as they were told. */
export interface ClosedFigures {
  readonly service: string;
  readonly objective: string;
  readonly segment: string;
  readonly period: Span;
  /** Revision of the definition that was in force when it ended. */
  readonly revision: number;
  /** 0 as first told; one more with each restatement. */
  readonly statement: number;
  readonly figures: BudgetFigures;
}

/** That, when, by whom and why told figures changed. Added and never changed. */
export interface Restatement {
  readonly service: string;
  readonly objective: string;
  readonly segment: string;
  readonly period: Span;
  /** Number of the statement that this made. */
  readonly statement: number;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly before: BudgetFigures;
  readonly after: BudgetFigures;
}

/** Counts that came late, at the time of their events; negative ones take back. */
export interface LateCounts extends Counts {
  readonly at: number;
}

/** Splits late counts into those that still change figures and those that came too late. */
export function withinHorizon(
  late: readonly LateCounts[],
  now: number,
  horizonMs: number = LABEL_HORIZON_MS,
): { readonly taken: readonly LateCounts[]; readonly refused: readonly LateCounts[] } {
  const taken: LateCounts[] = [];
  const refused: LateCounts[] = [];
  for (const one of late) (one.at > now || one.at < now - horizonMs ? refused : taken).push(one);
  return { taken, refused };
}

/**
 * Which closed figures change through late counts, and to what. The definition is the one that the period was told
 * under: a target that changed since then does not judge the past.
 * @param definition the objective at the revision that the closed figures name
 * @param recount counts of a period from its minutes, for objectives that count by slices; left out, the late counts are
 * added to those told
 */
export function restate(
  closed: readonly ClosedFigures[],
  late: readonly LateCounts[],
  definition: (figures: ClosedFigures) => Objective,
  why: { readonly at: number; readonly by: string; readonly reason: string },
  recount?: (figures: ClosedFigures) => Counts,
): { readonly figures: readonly ClosedFigures[]; readonly restatements: readonly Restatement[] } {
  const figures: ClosedFigures[] = [];
  const restatements: Restatement[] = [];
  for (const told of closed) {
    const { period } = told;
    const inside = late.filter(({ at }) => at >= period.start && at < period.end);
    if (inside.length === 0) continue;
    const before = told.figures;
    const counts = recount?.(told) ?? inside.reduce<Counts>(addCounts, before.counts);
    if (counts.good === before.counts.good && counts.total === before.counts.total) continue;
    const after = budgetFigures(counts, definition(told).allowance);
    const statement = told.statement + 1;
    const { service, objective, segment } = told;
    figures.push({ ...told, statement, figures: after });
    restatements.push({ service, objective, segment, period, statement, ...why, before, after });
  }
  return { figures, restatements };
}
