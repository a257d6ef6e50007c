import type { RequestRecord } from '../telemetry/record.ts';
import { type ArmFigures, countRecord, newArmFigures } from './arm-figures.ts';
import type { Experiment } from './experiment.ts';
import type { Observation } from './observation.ts';
import { experimentRun, startRun } from './run.ts';
import type { RunEffect, RunEvent, RunState } from './run-state.ts';
import { SAFETY_DEFAULTS } from './safety-checks.ts';

export function record(part: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'r',
    traceId: undefined,
    service: 'mail',
    kind: 'live',
    at: 0,
    durationMs: 20,
    firstChunkMs: undefined,
    tenant: 'acme',
    user: 'u',
    priority: 2,
    level: 'full_service',
    rung: 'primary',
    model: undefined,
    version: undefined,
    confidence: undefined,
    score: undefined,
    label: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
    status: 200,
    error: undefined,
    reason: 'ok',
    entry: 'primary',
    entryReason: 'ok',
    features: undefined,
    safety: undefined,
    steps: [],
    ...part,
  };
}

interface Wrong {
  errors?: number;
  refused?: number;
  degraded?: number;
  slow?: number;
  ms?: number;
}

const made = new Map<string, ArmFigures>();

/** An arm of so many requests, the given shares of them gone wrong, spread over 200 users. Not to be changed. */
export function arm(requests: number, part: Wrong = {}): ArmFigures {
  const key = `${requests} ${JSON.stringify(part)}`;
  let figures = made.get(key);
  if (figures === undefined) {
    figures = makeArm(requests, part);
    made.set(key, figures);
  }
  return figures;
}

function makeArm(requests: number, part: Wrong): ArmFigures {
  const figures = newArmFigures();
  const every = (i: number, share = 0): boolean => Math.floor((i + 1) * share) > Math.floor(i * share);
  for (let i = 0; i < requests; i++) {
    const bad = every(i, part.errors);
    const refused = every(i, part.refused);
    const low = every(i, part.degraded);
    countRecord(
      figures,
      record({
        user: `u-${i % 200}`,
        priority: ([0, 1, 2, 3] as const)[i % 4] ?? 3,
        status: bad ? 502 : refused ? 429 : 200,
        level: bad || refused ? 'failed' : low ? 'simpler_model' : 'full_service',
        rung: low ? 'simple' : 'primary',
        durationMs: every(i, part.slow) ? 900 : (part.ms ?? 20),
      }),
      500,
    );
  }
  return figures;
}

export function experiment(part: Partial<Experiment> = {}): Experiment {
  return {
    name: 'primary-model-failure',
    service: 'mail',
    title: 'Errors from the primary model',
    description: '',
    radius: { name: 'moderate', share: 0.25, cohort: 'primary-model-failure', tenants: [], priorities: [] },
    hypothesis: {
      title: 'mail is judged',
      probes: [
        {
          name: 'few errors',
          of: { kind: 'figure', figure: 'error_rate' },
          tolerance: { kind: 'less_than', value: 0.01 },
          during: true,
        },
      ],
    },
    method: [
      {
        kind: 'fault',
        fault: {
          type: 'model_failure',
          model: 'primary',
          rate: 1,
          failure: { how: 'error', status: 500 },
          unhealthy: false,
        },
        atMs: 0,
        forMs: undefined,
      },
    ],
    durationMs: 60_000,
    rollbacks: [],
    expect: [
      { check: 'error_rate', max: 0.01 },
      { check: 'latency', times: 3 },
      { check: 'fallback', levels: [], least: 0.5 },
    ],
    baseline: { forMs: 10_000, minRequests: 100, maxMs: 60_000 },
    recoverMs: 60_000,
    minRequests: 100,
    alpha: 0.05,
    stopEarly: false,
    leaseMs: 15_000,
    abort: { burnRate: 14.4, errorRate: 0.05, budgetSpent: 0.02 },
    allowed: { inPeakHours: true, withoutOnCall: false, withOpenIncidents: false },
    incident: undefined,
    blocks: [],
    schedule: undefined,
    ...part,
  };
}

/** What the made-up service answers with, by whether a fault is in force. */
export interface World {
  /** Requests a second. */
  rate: number;
  hurt: Wrong;
  part: (inForce: boolean, elapsedMs: number) => Partial<Observation>;
  /** Refuses every injection when set. */
  refuse: string | undefined;
  /** The replicas end a fault only by its lease, or never. */
  lifting: 'works' | 'lease_only' | 'never';
  activity: (name: string) => { ok: boolean; output: unknown };
  wallJump: { atMs: number; byMs: number } | undefined;
}

export const WORLD: World = {
  rate: 40,
  hurt: { degraded: 1, ms: 30 },
  part: () => ({}),
  refuse: undefined,
  lifting: 'works',
  activity: () => ({ ok: true, output: { status: 200 } }),
  wallJump: undefined,
};

export interface Ran {
  state: RunState;
  effects: RunEffect[];
  /** Milliseconds of the made-up time at which each fault was in force for the last time. */
  lastInForce: number;
  renewals: number;
  step: (event: RunEvent) => void;
  states: RunState[];
}

/** Drives a run second by second to its end, or to `untilMs`. */
export function drive(
  of: Experiment,
  world: Partial<World> = {},
  options: { untilMs?: number; halt?: { atMs: number }; from?: RunState; boot?: string } = {},
): Ran {
  const w = { ...WORLD, ...world };
  const wall = 1_767_225_600_000;
  let now = options.from === undefined ? 0 : options.from.elapsedMs + 20_000;
  const boot = options.boot ?? 'one';
  const leases = new Map<string, number>();
  const clock = () => ({
    mono: boot === 'one' ? now : now + 5e6,
    wall: wall + now + (w.wallJump !== undefined && now >= w.wallJump.atMs ? w.wallJump.byMs : 0),
    boot,
  });
  const ran: Ran = {
    state: options.from ?? startRun(of, { id: 'x-1', by: 'ada', settings: SAFETY_DEFAULTS }, clock()).state,
    effects: [],
    lastInForce: -1,
    renewals: 0,
    states: [],
    step: () => {},
  };
  const queue: RunEvent[] = [options.from === undefined ? { kind: 'tick' } : { kind: 'resumed' }];
  if (options.from === undefined) queue.push({ kind: 'observed', seen: observe(60_000) });

  function inForce(): string[] {
    return [...leases].filter(([, until]) => until > now).map(([id]) => id);
  }

  function observe(windowMs: number): Observation {
    const hurt = inForce().length > 0;
    const all = Math.round((w.rate * windowMs) / 1_000);
    const n = all > 800 ? all - (all % 800) : all;
    const touched = Math.round(n * of.radius.share);
    return {
      window: { windowMs, arm: hurt ? arm(n, { ms: 20 }) : arm(n) },
      recent: { windowMs: 10_000, arm: arm(w.rate * 10) },
      arms:
        ran.state.injections.length === 0
          ? undefined
          : {
              requests: n,
              inRadius: touched,
              users: 50,
              injected: touched,
              experiment: arm(touched, w.hurt),
              control: arm(n - touched),
            },
      budgets: [{ objective: 'availability', burnRate: 0.5, remaining: 0.9 }],
      incidents: [],
      alerts: [],
      pages: [],
      replicas: { expected: 2, reporting: 2 },
      faults: inForce(),
      onCall: 'ada',
      otherExperiment: null,
      forbidden: null,
      ...w.part(hurt, now),
    };
  }

  function act(effect: RunEffect): void {
    ran.effects.push(effect);
    switch (effect.kind) {
      case 'observe':
        queue.push({ kind: 'observed', seen: observe(effect.windowMs) });
        return;
      case 'inject': {
        const ok = w.refuse === undefined;
        if (ok) {
          if (leases.has(effect.directive)) ran.renewals += 1;
          leases.set(effect.directive, w.lifting === 'never' ? 1e12 : now + effect.leaseMs);
        }
        queue.push({ kind: 'injected', directive: effect.directive, ok, reason: w.refuse ?? 'ok' });
        return;
      }
      case 'lift':
        if (w.lifting === 'works') leases.delete(effect.directive);
        queue.push({
          kind: 'lifted',
          directive: effect.directive,
          ok: w.lifting === 'works',
          reason: w.lifting === 'works' ? 'ok' : 'the store is gone',
        });
        return;
      case 'run': {
        const { ok, output } = w.activity(effect.activity.name);
        queue.push({ kind: 'activity_done', key: effect.key, ok, output, reason: ok ? 'ok' : 'it broke' });
        return;
      }
      default:
    }
  }

  ran.step = (event) => {
    const step = experimentRun(of, ran.state, event, clock());
    // What is kept is JSON: nothing may hide outside of it.
    ran.state = JSON.parse(JSON.stringify(step.state));
    ran.states.push(ran.state);
    for (const effect of step.effects) act(effect);
  };

  const until = now + (options.untilMs ?? 3_600_000);
  while (now < until && ran.state.phase !== 'done') {
    for (let i = 0; i < 50; i++) {
      const event = queue.shift();
      if (event === undefined) break;
      ran.step(event);
    }
    if (inForce().length > 0) ran.lastInForce = now;
    now += 500;
    if (options.halt !== undefined && now === options.halt.atMs)
      queue.push({ kind: 'halt', by: 'ada', reason: 'enough' });
    queue.push({ kind: 'tick' });
  }
  return ran;
}
