import type { ImpactFigures, Incident, ServedLevel } from '@evenkeel/core';
import type { Store } from '@evenkeel/store';
import type { Evaluator, Standing } from '../objectives/evaluator.ts';
import { seriesPoints } from '../objectives/routes.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Sampled records looked at; they carry weights, so totals stay right. */
const MOST_RECORDS = 5_000;
const MOST_FACTS = 1_000;

type Sampled = Awaited<ReturnType<Store['predictions']['records']>>[number];

function weigh(sampled: readonly Sampled[]): {
  readonly total: number;
  readonly failed: number;
  readonly levels: Partial<Record<ServedLevel, number>>;
  readonly people: { readonly all: number; readonly affected: number };
} {
  const levels: Partial<Record<ServedLevel, number>> = {};
  const all = new Set<string>();
  const affected = new Set<string>();
  let total = 0;
  let failed = 0;
  for (const { record, weight } of sampled) {
    total += weight;
    levels[record.level] = (levels[record.level] ?? 0) + weight;
    if (record.level === 'failed') failed += weight;
    all.add(record.user);
    if (record.level !== 'full_service') affected.add(record.user);
  }
  const rounded = Object.fromEntries(
    Object.entries(levels).map(([level, count]) => [level, Math.round(count)]),
  );
  return {
    total: Math.round(total),
    failed: Math.round(failed),
    levels: rounded,
    // People seen in the sample: no fewer than these.
    people: { all: all.size, affected: affected.size },
  };
}

const link = (incident: Incident, objective: string, from: number, to: number): string =>
  `/api/v1/objectives/${encodeURIComponent(incident.service)}/${encodeURIComponent(objective)}/series?from=${from}&to=${to}`;

/** What the incident cost, from the record's own queries over its time. */
export async function impactOf(
  parts: { readonly store: Store; readonly evaluator: Evaluator },
  incident: Incident,
  runbook: { readonly done: number; readonly possible: number },
  now: number,
): Promise<ImpactFigures> {
  const { store, evaluator } = parts;
  const from = Math.floor(incident.startedAt / MINUTE_MS) * MINUTE_MS;
  const to = Math.ceil((incident.resolvedAt ?? now) / MINUTE_MS) * MINUTE_MS;
  const standings = evaluator.standings(incident.service).filter(({ status }) => status.segment === '');
  const keyOf = ({ status }: Standing) => ({
    service: incident.service,
    objective: status.objective,
    segment: '',
  });

  const budgets: ImpactFigures['budgets'][number][] = [];
  const degraded: ImpactFigures['degraded'][number][] = [];
  let course: ImpactFigures['course'] = [];
  let worstSpent = 0;
  for (const standing of standings) {
    const { objective } = standing.prepared;
    const during = await store.rollups.sum(keyOf(standing), from, to);
    const bad = during.total - during.good;
    if (bad <= 0) continue;
    const { allowedBad } = standing.status.raw;
    const spent =
      objective.allowance.kind === 'zero_tolerance' || allowedBad <= 0 ? undefined : bad / allowedBad;
    budgets.push({ objective: objective.name, spent, bad, link: link(incident, objective.name, from, to) });
    const { points } = await seriesPoints(store.rollups, keyOf(standing), from - HOUR_MS, to, MINUTE_MS);
    const before = points.filter(({ at }) => at < from);
    const events = before.reduce((sum, point) => sum + point.total, 0);
    const failing = before.reduce((sum, point) => sum + point.total - point.good, 0);
    const shares = points
      .filter(({ at }) => at >= from)
      .map(({ at, good, total }) => ({ at, bad: (total - good) / total }));
    degraded.push({
      metric: `bad share of ${objective.name}`,
      before: events > 0 ? failing / events : 0,
      worst: Math.max(...shares.map((share) => share.bad)),
      link: link(incident, objective.name, from - HOUR_MS, to),
    });
    if ((spent ?? 1) > worstSpent) {
      worstSpent = spent ?? 1;
      course = points.map(({ at, good, total }) => ({ at, bad: (total - good) / total }));
    }
  }

  const sampled = await store.predictions.records({
    service: incident.service,
    from,
    to,
    limit: MOST_RECORDS,
  });
  const { people, levels, total, failed } = weigh(sampled);
  const feedback = await store.facts.list({
    kind: 'feedback',
    service: incident.service,
    from,
    to,
    limit: MOST_FACTS,
  });
  const reports = feedback
    .filter(({ body }) => typeof body === 'object' && body !== null && 'report' in body)
    .map(({ at }) => at);
  return {
    budgets,
    degraded,
    course,
    requests: {
      total,
      failed,
      link: `/api/v1/requests?service=${encodeURIComponent(incident.service)}&from=${from}&to=${to}`,
    },
    people,
    levels,
    firstReportAt: reports.length === 0 ? undefined : Math.min(...reports),
    runbook,
  };
}

/** Share of the worst hit budget that an incident spent; undefined when none was. */
export function budgetSpent({ budgets }: ImpactFigures): number | undefined {
  const spent = budgets.map((budget) => budget.spent).filter((share) => share !== undefined);
  return spent.length === 0 ? undefined : Math.max(...spent);
}
