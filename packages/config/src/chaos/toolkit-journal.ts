import type { ActivityRun, RunState, SteadyProbe, SteadyState } from '@evenkeel/core';

/** A journal as the Chaos Toolkit writes it (reference/api/journal.md). */
export interface ToolkitJournal {
  readonly 'chaoslib-version': string;
  readonly platform: string;
  readonly node: string;
  readonly experiment: unknown;
  readonly start: string;
  readonly end: string;
  /** Seconds. */
  readonly duration: number;
  readonly status: 'completed' | 'failed' | 'aborted' | 'interrupted';
  readonly deviated: boolean;
  readonly steady_states: { readonly before: unknown; readonly during: unknown[]; readonly after: unknown };
  readonly run: readonly unknown[];
  readonly rollbacks: readonly unknown[];
}

const iso = (wall: number): string => new Date(wall).toISOString();

function activity(run: ActivityRun): Record<string, unknown> {
  const { startedAt, endedAt, state } = run;
  const end = endedAt === 0 ? startedAt : endedAt;
  return {
    activity: { type: run.activity.type, name: run.activity.name, provider: run.activity.provider },
    status: state === 'succeeded' ? 'succeeded' : 'failed',
    start: iso(startedAt),
    end: iso(end),
    duration: (end - startedAt) / 1_000,
    output: run.output ?? null,
    ...(state === 'failed' ? { exception: [run.reason] } : {}),
  };
}

function steady(state: SteadyState | undefined, at: number): unknown {
  if (state === undefined) return null;
  return {
    steady_state_met: state.met === true,
    probes: state.probes.map((probe: SteadyProbe) => ({
      activity: { type: 'probe', name: probe.name },
      status: probe.met === undefined ? 'failed' : 'succeeded',
      start: iso(at),
      end: iso(at),
      duration: 0,
      output: probe.value ?? null,
      tolerance_met: probe.met === true,
    })),
  };
}

/**
 * A finished run in that format. It knows four statuses: a steady state that was not there to begin with is `failed`, and
 * what could not be judged is `completed` with its missing figures in the journal of ours, not of theirs.
 * @param experiment as it stands in the file
 */
export function toolkitJournal(
  state: RunState,
  experiment: unknown,
  host: { readonly platform: string; readonly node: string; readonly version: string },
): ToolkitJournal {
  const end = state.endedAt ?? state.clock.wall;
  const { before, during, after } = state.steady;
  const deviated = [before, during, after].some((one) => one?.met === false);
  const status =
    state.status === 'aborted' && before?.met === false
      ? 'failed'
      : state.status === undefined || state.status === 'inconclusive'
        ? 'completed'
        : state.status;
  const of = (prefix: string): unknown[] =>
    state.activities.filter(({ key }) => key.startsWith(prefix)).map(activity);
  return {
    'chaoslib-version': `evenkeel ${host.version}`,
    platform: host.platform,
    node: host.node,
    experiment,
    start: iso(state.startedAt),
    end: iso(end),
    duration: state.elapsedMs / 1_000,
    status,
    deviated,
    steady_states: {
      before: steady(before, state.startedAt),
      during: during === undefined ? [] : [steady(during, end)],
      after: steady(after, end),
    },
    run: of('method:'),
    rollbacks: of('rollback:'),
  };
}
