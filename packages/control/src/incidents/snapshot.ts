import type { ServiceConfig } from '@evenkeel/config';
import {
  alertReason,
  type Change,
  type ComponentRole,
  type ObjectiveSnapshot,
  type OutcomeFigures,
  type RungNeeds,
  statusReason,
} from '@evenkeel/core';
import type { FactRow } from '@evenkeel/store';
import { z } from 'zod';
import type { Standing } from '../objectives/evaluator.ts';

/** What each rung stands on: the edges from component to rung. */
export function needsOf(config: ServiceConfig): readonly RungNeeds[] {
  return config.ladder.map(({ name, dependencies, features }) => ({
    rung: name,
    components: dependencies,
    features: features ?? 'none',
  }));
}

export function rolesOf(config: ServiceConfig): Readonly<Record<string, ComponentRole>> {
  const roles: Record<string, ComponentRole> = { features: 'features' };
  for (const [name, { source }] of config.models) {
    roles[name] = source.kind === 'module' && source.worker ? 'worker' : 'model';
  }
  return roles;
}

/** An objective as signals are made of it. */
export function objectiveSnapshot({ prepared, status }: Standing): ObjectiveSnapshot {
  const { objective } = prepared;
  const first = status.alerts[0];
  return {
    name: objective.name,
    category: objective.category,
    zeroTolerance: objective.allowance.kind === 'zero_tolerance',
    budget: { ...status.adjusted, reason: statusReason(status, prepared) },
    verdicts: objective.alerts.flatMap((pair) => {
      const standing = status.alerts.find((alert) => alert.pair === pair.name);
      if (standing === undefined) return [];
      const { firing, longBurn, shortBurn } = standing;
      return [
        { pair, verdict: { firing, longBurn, shortBurn, reason: alertReason(standing, status, prepared) } },
      ];
    }),
    burn: first?.shortBurn,
    recentBad: objective.allowance.kind === 'zero_tolerance' ? (first?.longBad ?? 0) : (first?.shortBad ?? 0),
    exhaustedInMs: status.exhaustionNoReturnMs ?? Number.POSITIVE_INFINITY,
  };
}

/** Labels that agree with predictions, over the last hour and over the whole window. */
export function labelOutcome({ prepared, status, series }: Standing): OutcomeFigures | undefined {
  const { objective } = prepared;
  const pair = objective.alerts[0];
  if (objective.source.kind !== 'labels' || pair === undefined) return undefined;
  const recent = series.counts({ kind: 'rolling', lengthMs: pair.longMs });
  const { counts } = status.raw;
  return {
    kind: 'labels',
    name: objective.name,
    recent,
    usual: { good: counts.good - recent.good, total: counts.total - recent.total },
  };
}

const changeBody = z.object({ kind: z.string(), what: z.string(), version: z.string().optional() });
const KINDS: Readonly<Record<string, Change['kind']>> = {
  deploy: 'deploy',
  model: 'model',
  schema: 'schema',
  data: 'data',
  configuration: 'config',
};

/** Changes that may be causes; others are only shown. */
export function changesOf(facts: readonly FactRow[]): readonly Change[] {
  return facts.flatMap((fact) => {
    const parsed = changeBody.safeParse(fact.body);
    const kind = parsed.success ? KINDS[parsed.data.kind] : undefined;
    if (!parsed.success || kind === undefined) return [];
    const { what, version } = parsed.data;
    const summary = version === undefined ? what : `${what} ${version}`;
    return [{ id: fact.id, kind, at: fact.at, what, summary, by: fact.by }];
  });
}

const report = z.object({ report: z.string() });
/** Words by which people tell of harm; whatever they tell is read by a person anyway. */
const HARM = /\b(harm|unsafe|dangerous|abus|offensive|illegal|suicid|threat|violen|racis|sexual)/i;

/** Reports of people among feedback: all, and those about harm. */
export function reportsOf(facts: readonly FactRow[]): { readonly all: number; readonly harmful: number } {
  let all = 0;
  let harmful = 0;
  for (const { body } of facts) {
    const parsed = report.safeParse(body);
    if (!parsed.success) continue;
    all += 1;
    if (HARM.test(parsed.data.report)) harmful += 1;
  }
  return { all, harmful };
}
