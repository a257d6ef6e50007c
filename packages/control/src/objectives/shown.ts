import { alertReason, type ObjectiveStatus, type Prepared, statusReason } from '@evenkeel/core';
import type { Standing } from './evaluator.ts';

/** JSON has no infinity: "never" is null, and says so in its reason. */
const finite = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : value;

function alerts(status: ObjectiveStatus, prepared: Prepared) {
  return status.alerts.map((alert) => ({
    name: alert.pair,
    severity: alert.severity,
    firing: alert.firing,
    factor: alert.factor,
    burn: { long: alert.longBurn ?? null, short: alert.shortBurn ?? null },
    reason: alertReason(alert, status, prepared),
  }));
}

/** One objective as the API shows it. */
export function shownStanding({ prepared, status }: Standing) {
  const { objective } = prepared;
  const { adjusted, raw } = status;
  return {
    service: status.service,
    objective: status.objective,
    segment: status.segment,
    category: objective.category,
    description: objective.description,
    source: objective.source,
    target:
      objective.allowance.kind === 'target'
        ? objective.allowance.target
        : objective.allowance.kind === 'amount'
          ? objective.allowance.amount
          : 1,
    allowance: objective.allowance,
    budgeting: objective.budgeting,
    window: objective.window,
    span: status.window,
    at: status.at,
    revision: status.revision,
    state: status.state,
    reason: statusReason(status, prepared),
    seen: status.seen,
    sli: adjusted.sli ?? null,
    consumed: adjusted.consumed ?? null,
    remaining: adjusted.remaining ?? null,
    counts: adjusted.counts,
    raw: { sli: raw.sli ?? null, consumed: raw.consumed ?? null, counts: raw.counts },
    alerts: alerts(status, prepared),
    exhaustion: {
      /** What a rolling window gives back meanwhile is not counted. */
      basis: 'no_return',
      ms: finite(status.exhaustionNoReturnMs),
      never: status.exhaustionNoReturnMs === Number.POSITIVE_INFINITY,
    },
    forecast: status.forecast ?? null,
    traffic: status.traffic,
  };
}
export type ShownStanding = ReturnType<typeof shownStanding>;

/** Worst first: what is exhausted, then what alerts, then by what is left. */
export function byTrouble(a: ShownStanding, b: ShownStanding): number {
  const rank = (one: ShownStanding): number => {
    if (one.state === 'exhausted') return 0;
    if (one.alerts.some(({ firing, severity }) => firing && severity === 'page')) return 1;
    return { critical: 2, warning: 3, healthy: 4, no_data: 5 }[one.state] ?? 4;
  };
  return (
    rank(a) - rank(b) || (a.remaining ?? 1) - (b.remaining ?? 1) || a.objective.localeCompare(b.objective)
  );
}
