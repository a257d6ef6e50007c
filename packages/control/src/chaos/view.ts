import { type ArmFigures, type ArmsView, latencyQuantile, type WindowFigures } from '@evenkeel/core';
import type { CatalogueEntry } from './catalogue.ts';
import type { KeptRun } from './kept-run.ts';

const share = (count: number, of: number): number | undefined => (of === 0 ? undefined : count / of);

/** One arm in the figures that people compare. */
export function armView(arm: ArmFigures) {
  const { requests } = arm;
  return {
    requests,
    error_share: share(arm.errors, requests),
    refused_share: share(arm.refused, requests),
    degraded_share: share(arm.degraded, requests),
    slow_share: share(arm.slow, requests),
    p50_ms: latencyQuantile(arm.latency, 0.5),
    p99_ms: latencyQuantile(arm.latency, 0.99),
    levels: arm.levels,
    classes: arm.classes.map((own, priority) => ({
      priority,
      requests: own.requests,
      good_share: share(own.good, own.requests),
    })),
  };
}

function windowView(window: WindowFigures | undefined) {
  return window === undefined ? undefined : { window_ms: window.windowMs, ...armView(window.arm) };
}

/** What the faults really touched: "4.9 % of requests, 312 users". */
export function radiusWords({
  requests,
  inRadius,
  users,
}: Pick<ArmsView, 'requests' | 'inRadius' | 'users'>): string {
  if (requests === 0) return 'no requests';
  return `${((100 * inRadius) / requests).toFixed(1)} % of requests, ${users} users`;
}

/** A run in a list. */
export function runSummary({ experiment, state, gameDay }: KeptRun) {
  const { id, service, by, phase, status, reason, startedAt, endedAt, recommendation } = state;
  return {
    id,
    experiment: experiment.name,
    service,
    title: experiment.title,
    by,
    phase,
    status,
    reason,
    recommendation,
    started_at: startedAt,
    ended_at: endedAt,
    game_day: gameDay,
  };
}

/** A run whole, as it stands. */
export function runView(run: KeptRun) {
  const { state, experiment } = run;
  const arms = (state.during ?? state.latest)?.arms;
  return {
    ...runSummary(run),
    elapsed_ms: Math.round(state.elapsedMs),
    duration_ms: experiment.durationMs,
    lease_ms: experiment.leaseMs,
    radius: experiment.radius,
    hypothesis: experiment.hypothesis.title,
    touched:
      arms === undefined
        ? undefined
        : {
            words: radiusWords(arms),
            requests: arms.requests,
            in_radius: arms.inRadius,
            users: arms.users,
            injected: arms.injected,
          },
    baseline: windowView(state.baseline),
    during: windowView(state.during?.window),
    cohorts:
      arms === undefined
        ? undefined
        : { experiment: armView(arms.experiment), control: armView(arms.control) },
    budgets: { before: state.before?.budgets, latest: state.latest?.budgets },
    checks: state.checks,
    steady: state.steady,
    injections: state.injections,
    activities: state.activities.map(({ key, state: stands, reason, output }) => ({
      key,
      state: stands,
      reason,
      output,
    })),
    journal: state.journal,
    journal_dropped: state.dropped,
  };
}

/** An entry of the catalogue in a list. */
export function entrySummary(entry: CatalogueEntry, last: KeptRun | undefined) {
  const { name, service, source, format, experiment, problems, refusals, warnings } = entry;
  return {
    name,
    service,
    title: experiment?.title ?? name,
    source,
    format,
    runnable: experiment !== undefined,
    radius: experiment?.radius,
    duration_ms: experiment?.durationMs,
    faults: [
      ...new Set(experiment?.method.flatMap((step) => (step.kind === 'fault' ? [step.fault.type] : []))),
    ],
    schedule: experiment?.schedule,
    incident: experiment?.incident,
    blocks: experiment?.blocks ?? [],
    problems: problems.length + refusals.length,
    warnings: warnings.length,
    last_run: last === undefined ? undefined : runSummary(last),
  };
}

/** An entry whole. */
export function entryView(entry: CatalogueEntry, last: KeptRun | undefined) {
  const { experiment, problems, refusals, warnings, text, path } = entry;
  return {
    ...entrySummary(entry, last),
    description: experiment?.description,
    hypothesis: experiment?.hypothesis,
    method: experiment?.method,
    expect: experiment?.expect,
    abort: experiment?.abort,
    path,
    text,
    problems,
    refusals,
    warnings,
  };
}
