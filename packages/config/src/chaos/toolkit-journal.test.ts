import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  experimentRun,
  type Observation,
  type RunEvent,
  type RunState,
  SAFETY_DEFAULTS,
  startRun,
} from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { readToolkit } from './read-toolkit.ts';
import { toolkitJournal } from './toolkit-journal.ts';

const SOURCE = {
  title: 'Say hello',
  description: 'politely',
  'steady-state-hypothesis': {
    title: 'polite',
    probes: [{ type: 'probe', name: 'up', tolerance: 0, provider: { type: 'process', path: 'true' } }],
  },
  method: [{ type: 'action', name: 'go', provider: { type: 'process', path: 'echo' } }],
  rollbacks: [{ type: 'action', name: 'back', provider: { type: 'process', path: 'echo' } }],
};

const SEEN: Observation = {
  // No window of traffic: such an experiment is judged by its probes alone.
  window: undefined,
  recent: undefined,
  arms: undefined,
  budgets: [],
  incidents: [],
  alerts: [],
  pages: [],
  replicas: { expected: 1, reporting: 1 },
  faults: [],
  onCall: 'ada',
  otherExperiment: null,
  forbidden: null,
};

/** Runs it over made-up processes that end with the given status. */
function run(statusOf: (name: string, when: string) => number): RunState {
  const read = readToolkit(JSON.stringify(SOURCE), { path: 'x.json', env: {}, service: 'mail' });
  if (!read.ok || read.experiment === undefined) throw new Error('not read');
  const { experiment } = read;
  let mono = 0;
  const now = () => ({ mono, wall: 1_767_225_600_000 + mono, boot: 'one' });
  let { state } = startRun(experiment, { id: 'x-1', by: 'ada', settings: SAFETY_DEFAULTS }, now());
  const seen: Observation = { ...SEEN, recent: { windowMs: 1_000, arm: arm() } };
  const queue: RunEvent[] = [];
  for (let i = 0; i < 400 && state.phase !== 'done'; i++) {
    mono += queue.length > 0 ? 20 : 500;
    const step = experimentRun(experiment, state, queue.shift() ?? { kind: 'observed', seen }, now());
    state = step.state;
    for (const effect of step.effects) {
      if (effect.kind !== 'run') continue;
      const output = { status: statusOf(effect.activity.name, effect.key) };
      queue.push({ kind: 'activity_done', key: effect.key, ok: true, output, reason: 'ok' });
    }
  }
  return state;
}

function arm() {
  const zeros = () => new Array<number>(64).fill(0);
  return {
    requests: 10,
    errors: 0,
    refused: 0,
    degraded: 0,
    slow: 0,
    levels: {},
    rungs: {},
    classes: [],
    latency: [],
    groupRequests: zeros(),
    groupEvents: { errors: zeros(), refused: zeros(), degraded: zeros(), slow: zeros() },
  };
}

const HOST = { platform: 'linux', node: 'here', version: '0.1.0' };

describe('toolkitJournal', () => {
  it('tells a completed run', () => {
    const journal = toolkitJournal(
      run(() => 0),
      SOURCE,
      HOST,
    );
    expect(journal).toMatchObject({
      status: 'completed',
      deviated: false,
      experiment: SOURCE,
      steady_states: {
        before: { steady_state_met: true, probes: [{ activity: { name: 'up' }, tolerance_met: true }] },
        after: { steady_state_met: true },
      },
      run: [{ activity: { name: 'go' }, status: 'succeeded', output: { status: 0 } }],
      rollbacks: [{ activity: { name: 'back' }, status: 'succeeded' }],
    });
    expect(journal.duration).toBeGreaterThan(0);
    expect(Date.parse(journal.end) - Date.parse(journal.start)).toBe(Math.round(journal.duration * 1_000));
  });

  it('calls a steady state that was not there failed, and the method not run', () => {
    const journal = toolkitJournal(
      run(() => 1),
      SOURCE,
      HOST,
    );
    expect(journal).toMatchObject({ status: 'failed', deviated: true, run: [], rollbacks: [] });
  });

  it('has deviated when the steady state does not come back', () => {
    const journal = toolkitJournal(
      run((_, key) => (key.startsWith('after') ? 1 : 0)),
      SOURCE,
      HOST,
    );
    expect(journal).toMatchObject({
      status: 'failed',
      deviated: true,
      steady_states: { after: { steady_state_met: false } },
    });
    expect(journal.run.length).toBe(1);
  });
});

const DATA = process.env.EVENKEEL_CHAOSTOOLKIT_DATA;
const SCHEMA = join(DATA ?? '', 'journal.schema.json');

describe.skipIf(DATA === undefined || !existsSync(SCHEMA))('its schema', () => {
  it('has every field that is required, of the right type', () => {
    const schema = JSON.parse(readFileSync(SCHEMA, 'utf8'));
    const journal: Record<string, unknown> = JSON.parse(
      JSON.stringify(
        toolkitJournal(
          run(() => 0),
          SOURCE,
          HOST,
        ),
      ),
    );
    for (const key of schema.required) expect(journal, key).toHaveProperty(key);
    expect(schema.properties.status.enum).toContain(journal.status);
    const activities = [journal.run, journal.rollbacks].flat();
    for (const activity of activities)
      for (const key of schema.definitions.activity.required) expect(activity, key).toHaveProperty(key);
  });
});
