import {
  armOf,
  type Clock,
  type Experiment,
  figureOf,
  type Observation,
  type ReplicaLink,
  type SafetyFinding,
  type SafetySettings,
  startChecks,
  startRun,
} from '@evenkeel/core';
import type { KeptRun } from './kept-run.ts';

/** What a run would do, without doing any of it. */
export interface DryRun {
  /** Why it would not start now; empty when it would. */
  readonly findings: readonly SafetyFinding[];
  readonly steps: readonly string[];
  /** Whom it would have touched, by the requests that are kept of the last minutes. */
  readonly preview: {
    readonly requests: number;
    readonly inRadius: number;
    readonly share: number | undefined;
    readonly users: number;
    /** Requests that it would touch while it lasts, at the rate of the last seconds. */
    readonly expected: number | undefined;
  };
}

const LOOKED_AT = 2_000;
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

function stepsOf(experiment: Experiment): string[] {
  const { baseline, method, durationMs, leaseMs, rollbacks, recoverMs, hypothesis } = experiment;
  return [
    `look for at least ${seconds(baseline.forMs)} and ${baseline.minRequests} requests whether this holds: ${hypothesis.title}`,
    ...method.map((step) =>
      step.kind === 'fault'
        ? `after ${seconds(step.atMs)}: ${step.fault.type}, ${step.forMs === undefined ? 'to the end' : `for ${seconds(step.forMs)}`}, under a lease of ${seconds(leaseMs)}`
        : `${step.activity.type} ${step.activity.name} (${step.activity.provider.type})`,
    ),
    durationMs > 0
      ? `undo everything after ${seconds(durationMs)}`
      : 'undo everything when all steps are done',
    ...rollbacks.map(({ name }) => `roll back: ${name}`),
    `wait at most ${seconds(recoverMs)} for the steady state`,
  ];
}

/** A run that only looks: for the safety checks of something that is not begun. */
export function unbegun(experiment: Experiment, settings: SafetySettings, clock: Clock): KeptRun {
  const now = { mono: clock.now(), wall: clock.wall(), boot: 'dry' };
  const { state } = startRun(experiment, { id: 'dry', by: 'nobody', settings }, now);
  return { experiment, state, toolkit: undefined, gameDay: undefined, revision: 0 };
}

export async function dryRun(
  experiment: Experiment,
  settings: SafetySettings,
  seen: Observation,
  parts: { readonly link: Pick<ReplicaLink, 'requests'>; readonly clock: Clock },
): Promise<DryRun> {
  const records = await parts.link.requests({ service: experiment.service, limit: LOOKED_AT });
  const live = records.filter(({ kind }) => kind === 'live');
  const hit = live.filter((record) => armOf(experiment.radius, record) === 'experiment');
  const rate = figureOf(seen.recent, 'requests_per_second');
  const share = live.length === 0 ? undefined : hit.length / live.length;
  return {
    findings: startChecks(experiment, seen, settings, parts.clock.wall()),
    steps: stepsOf(experiment),
    preview: {
      requests: live.length,
      inRadius: hit.length,
      share,
      users: new Set(hit.map(({ user }) => user)).size,
      expected:
        rate === undefined || share === undefined
          ? undefined
          : Math.round((rate * share * experiment.durationMs) / 1_000),
    },
  };
}
