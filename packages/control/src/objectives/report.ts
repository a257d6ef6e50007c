import {
  type BudgetFigures,
  budgetFigures,
  type Clock,
  type Counts,
  exclusionsIn,
  type PeriodReport,
  periodReport,
  type ReportedObjective,
  type Span,
} from '@evenkeel/core';
import type { Rollups } from '@evenkeel/store';
import type { AlertBook } from './alerts.ts';
import type { Evaluator, Standing } from './evaluator.ts';
import type { exclusionBook } from './exclusions.ts';

const DAY_MS = 86_400_000;
export const PERIODS = { week: 7 * DAY_MS, month: 30 * DAY_MS } as const;
const MOST_ALERTS = 500;

/** The page of a week or a month: every objective over the period, beside the period before. */
export async function serviceReport(
  parts: {
    readonly evaluator: Evaluator;
    readonly rollups: Pick<Rollups, 'sum'>;
    readonly alerts: AlertBook;
    readonly exclusions: ReturnType<typeof exclusionBook>;
    readonly clock: Clock;
  },
  service: string,
  owner: string,
  period: keyof typeof PERIODS,
): Promise<PeriodReport> {
  const { evaluator, rollups, alerts, exclusions, clock } = parts;
  const at = Math.round(clock.wall());
  const span: Span = { start: at - PERIODS[period], end: at };
  const figures = async ({ prepared, status }: Standing, over: Span): Promise<BudgetFigures> => {
    const { objective, segment } = status;
    const counts: Counts = await rollups.sum({ service, objective, segment }, over.start, over.end);
    return budgetFigures(counts, prepared.objective.allowance);
  };
  const episodes = await alerts.list({ service, limit: MOST_ALERTS });
  const objectives = await Promise.all(
    evaluator
      .standings(service)
      .filter(({ status }) => status.segment === '')
      .map(async (standing): Promise<ReportedObjective> => {
        const { prepared, status, series } = standing;
        const raw = await figures(standing, span);
        const watched = Math.max(0, at - Math.max(series.since, span.start));
        return {
          objective: prepared.objective,
          revision: prepared.revision,
          segment: '',
          raw,
          adjusted: raw,
          before:
            series.since < span.start
              ? await figures(standing, { start: span.start - PERIODS[period], end: span.start })
              : undefined,
          seen: watched / PERIODS[period],
          bounds: undefined,
          alerts: episodes
            .filter(({ objective }) => objective === status.objective)
            .flatMap(({ pair, log }) =>
              log.filter((entry) => entry.at >= span.start).map((entry) => ({ pair, entry })),
            ),
        };
      }),
  );
  return periodReport(
    {
      service,
      owner,
      period: span,
      at,
      objectives,
      exclusions: exclusionsIn(exclusions.of(service), span),
      restatements: [],
      revisions: [],
    },
    (ms) => new Date(ms).toISOString().replace('T', ' ').slice(0, 16),
  );
}
