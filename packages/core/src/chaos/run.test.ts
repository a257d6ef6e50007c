import { describe, expect, it } from 'vitest';
import { arm, drive, experiment } from './run.test.rig.ts';
import type { RunEvent } from './run-state.ts';

const kinds = (effects: readonly { kind: string }[]): string[] => [
  ...new Set(effects.map(({ kind }) => kind)),
];

describe('experimentRun', () => {
  it('completes when all that was expected was seen, and keeps its faults alive meanwhile', () => {
    const { state, renewals, lastInForce } = drive(experiment());
    expect(state).toMatchObject({ status: 'completed', ran: true, phase: 'done' });
    expect(state.recommendation).toContain('Put the experiment on a schedule');
    expect(renewals).toBeGreaterThanOrEqual(9);
    expect(renewals).toBeLessThanOrEqual(12);
    expect(lastInForce).toBeLessThan(75_000);
    expect(state.checks.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'steady_state_before passed',
      'steady_state_during passed',
      'steady_state_after passed',
      'error_rate passed',
      'latency passed',
      'fallback passed',
    ]);
    const journal = state.journal.map(({ phase, what }) => `${phase}: ${what}`);
    for (const line of [
      'baseline: baseline',
      'method: fault model_failure',
      'undoing: lifting x-1-0',
      'undoing: x-1-0 is gone',
    ])
      expect(journal).toContain(line);
  });

  it('fails by the check that failed, and says what to change', () => {
    const noFallback = drive(experiment(), { hurt: { degraded: 0, ms: 20 } });
    expect(noFallback.state.status).toBe('failed');
    expect(noFallback.state.reason).toContain('fallback: 0.00 %');
    expect(noFallback.state.recommendation).toContain('The fallback was not used');
    const slow = drive(experiment(), { hurt: { degraded: 1, ms: 300 } });
    expect(slow.state.recommendation).toContain('Shorten the time-out');
    const lost = drive(experiment(), { hurt: { errors: 0.04, degraded: 0.9 } });
    expect(lost.state.recommendation).toMatch(/^Requests were lost/);
  });

  it('is inconclusive where figures are missing, never passed', () => {
    const unseen = drive(experiment({ expect: [{ check: 'nobody_paged' }] }), {
      part: () => ({ pages: undefined }),
    });
    expect(unseen.state).toMatchObject({ status: 'inconclusive', ran: true });
    const noArms = drive(experiment(), { part: () => ({ arms: undefined, window: undefined }) });
    expect(noArms.state.status).toBe('inconclusive');
    expect(noArms.state.ran).toBe(false);
    const few = drive(experiment({ minRequests: 800 }), { rate: 60 });
    expect(few.state.status).toBe('completed');
    const hardlyAny = drive(experiment({ minRequests: 590 }), {
      rate: 40,
      part: (hurt) =>
        hurt
          ? {
              arms: {
                requests: 2_000,
                inRadius: 300,
                users: 40,
                injected: 300,
                experiment: arm(300, { degraded: 1 }),
                control: arm(1_700),
              },
            }
          : {},
    });
    expect(hardlyAny.state.status).toBe('inconclusive');
    expect(hardlyAny.state.recommendation).toContain('300 requests in the blast radius; 590 are needed');
  });

  it('does not start when the steady state is not there, and touches nothing', () => {
    const { state, effects } = drive(experiment(), {
      part: () => ({ window: { windowMs: 10_000, arm: arm(400, { errors: 0.03 }) } }),
    });
    expect(state).toMatchObject({ status: 'aborted', ran: false });
    expect(state.reason).toContain('not started: the steady state is not there: few errors');
    expect(state.checks).toMatchObject([{ check: 'steady_state_before', status: 'failed' }]);
    expect(kinds(effects)).toEqual(['observe', 'finished']);
  });

  it('aborts on burn within two looks, and says what was spent', () => {
    let crossed = -1;
    const { state, lastInForce } = drive(experiment(), {
      part: (hurt, now) => {
        if (!hurt || now < 30_000) return {};
        if (crossed < 0) crossed = now;
        return { budgets: [{ objective: 'availability', burnRate: 20, remaining: 0.88 }] };
      },
    });
    expect(state).toMatchObject({ status: 'aborted', ran: true });
    expect(state.reason).toContain('burns at 20.0 times');
    expect(lastInForce - crossed).toBeLessThanOrEqual(2_000);
    expect(state.steady.after?.met).toBe(true);
  });

  it.each([
    [
      'budget spent',
      { budgets: [{ objective: 'availability', burnRate: 2, remaining: 0.8 }] },
      'is spent since the start',
    ],
    ['budgets unseen', { budgets: undefined }, 'cannot be seen'],
    ['replica silent', { replicas: { expected: 2, reporting: 1 } }, '1 of 2 replicas report'],
    ['errors', { recent: { windowMs: 10_000, arm: arm(400, { errors: 0.2 }) } }, 'get no answer'],
    [
      'stray incident',
      { incidents: [{ id: 'inc-1', type: 'safety_violation', openedAt: 1_767_225_640_000, open: true }] },
      'which was not expected',
    ],
  ])('aborts on %s', (_, part, reason) => {
    const { state } = drive(experiment(), {
      part: (hurt, now) => (hurt && now > 40_000 && now < 60_000 ? part : {}),
    });
    expect(state).toMatchObject({ status: 'aborted', ran: true });
    expect(state.reason).toContain(reason);
    expect(state.injections.every((one) => one.state === 'lifted')).toBe(true);
  });

  it('halts in one step at any time, and undoes', () => {
    const early = drive(experiment(), {}, { halt: { atMs: 5_000 } });
    expect(early.state).toMatchObject({ status: 'aborted', ran: false, reason: 'halted by ada: enough' });
    const late = drive(experiment(), {}, { halt: { atMs: 30_000 } });
    expect(late.state).toMatchObject({ status: 'aborted', ran: true });
    expect(late.lastInForce).toBeLessThanOrEqual(31_000);
  });

  it('undoes when nothing is seen any more', () => {
    const of = experiment();
    const { state } = drive(of, {}, { untilMs: 25_000 });
    expect(state.phase).toBe('method');
    const ran = drive(of, {}, { untilMs: 25_000 });
    let effects: string[] = [];
    const event: RunEvent = { kind: 'tick' };
    for (let i = 0; i < 14 && ran.state.phase === 'method'; i++) {
      ran.state = {
        ...ran.state,
        clock: { ...ran.state.clock, mono: ran.state.clock.mono - 1_000, wall: ran.state.clock.wall - 1_000 },
      };
      ran.effects.length = 0;
      ran.step(event);
      effects = kinds(ran.effects);
    }
    expect(ran.state.phase).toBe('undoing');
    expect(ran.state.stopped?.reason).toContain('nothing was seen');
    expect(effects).toContain('lift');
  });

  it('is interrupted with everything undone, whenever it dies while a fault may be in force', () => {
    const of = experiment();
    const whole = drive(of);
    let died = 0;
    for (const [i, at] of whole.states.entries()) {
      if (i % 7 !== 0) continue;
      if (at.phase === 'done') continue;
      died += 1;
      const again = drive(of, {}, { from: at, boot: 'two' });
      expect(again.state.phase).toBe('done');
      expect(again.state.injections.every((one) => one.state === 'lifted')).toBe(true);
      const expected = at.phase === 'undoing' || at.phase === 'recovering' ? 'completed' : 'interrupted';
      expect(again.state.status).toBe(expected);
    }
    expect(died).toBeGreaterThan(10);
  });

  it('escalates a fault that outlives its lease, and one that only its lease ends is no failure', () => {
    const stuck = drive(experiment(), { lifting: 'never' });
    expect(stuck.state.status).toBe('failed');
    expect(stuck.effects.find(({ kind }) => kind === 'raise')).toMatchObject({
      what: 'chaos: the rollback of primary-model-failure failed',
    });
    expect(stuck.state.recommendation).toContain('The undoing failed');
    const leased = drive(experiment(), { lifting: 'lease_only' });
    expect(leased.state.status).toBe('completed');
    expect(leased.effects.some(({ kind }) => kind === 'raise')).toBe(false);
  });

  it('says so when nobody can see whether the fault is gone', () => {
    const { state, effects } = drive(experiment(), { part: () => ({ faults: undefined }) });
    expect(state.status).toBe('inconclusive');
    expect(effects.some(({ kind }) => kind === 'raise')).toBe(true);
  });

  it('fails and raises when the service does not come back', () => {
    const { state, effects } = drive(experiment(), {
      part: (_, now) =>
        now > 71_500 ? { recent: { windowMs: 10_000, arm: arm(400, { errors: 0.5 }) } } : {},
    });
    expect(state.status).toBe('failed');
    expect(state.recommendation).toContain('did not come back by itself');
    expect(effects.filter(({ kind }) => kind === 'raise').length).toBe(1);
  });

  it('aborts when the fault is refused', () => {
    const { state } = drive(experiment(), { refuse: 'mail has no model "primry"' });
    expect(state).toMatchObject({ status: 'aborted' });
    expect(state.reason).toContain('could not be injected: mail has no model');
  });

  it.each([[3_600_000], [-3_600_000]])('keeps its durations when the wall clock is set by %i ms', (byMs) => {
    const plain = drive(experiment());
    const jumped = drive(experiment(), { wallJump: { atMs: 30_000, byMs } });
    expect(jumped.state.status).toBe('completed');
    expect(Math.abs(jumped.lastInForce - plain.lastInForce)).toBeLessThanOrEqual(1_000);
    expect(jumped.state.journal.some(({ what }) => what === 'the clock of the host was set')).toBe(true);
  });

  it('waits after the fault for what is given time to show itself', () => {
    const openedAt = 1_767_225_600_000 + 150_000;
    const of = experiment({ expect: [{ check: 'incident', type: 'serving_latency', withinMs: 300_000 }] });
    const incident = (now: number) =>
      now < 150_000 ? [] : [{ id: 'inc-1', type: 'serving_latency', openedAt, open: true }];
    const seen = drive(of, { part: (_, now) => ({ incidents: incident(now) }) });
    expect(seen.state.status).toBe('completed');
    expect(seen.state.elapsedMs).toBeGreaterThan(149_000);
    const never = drive(of, { part: () => ({ incidents: [] }) });
    expect(never.state.status).toBe('failed');
    expect(never.state.recommendation).toContain('Nobody would have known');
  });

  it('stops early when the comparison of the arms is settled, either way', () => {
    const of = experiment({
      durationMs: 1_800_000,
      minRequests: 400,
      stopEarly: true,
      expect: [{ check: 'cohorts', metric: 'errors', margin: 0.02 }],
      abort: { burnRate: 100, errorRate: 1, budgetSpent: 1 },
    });
    const good = drive(of, { hurt: { degraded: 1 } });
    expect(good.state.status).toBe('completed');
    expect(good.state.elapsedMs).toBeLessThan(400_000);
    const bad = drive(of, { hurt: { errors: 0.1 } });
    expect(bad.state.status).toBe('failed');
    expect(bad.state.elapsedMs).toBeLessThan(400_000);
    expect(bad.state.checks.find(({ check }) => check === 'cohorts')?.cohorts).toMatchObject({
      verdict: 'over',
    });
  });

  it('does its activities in turn, with their pauses, and its rollbacks after', () => {
    const activity = (name: string, type: 'action' | 'probe' = 'action', pauseAfterMs = 0) => ({
      name,
      type,
      provider: { type: 'process', path: name, arguments: [], timeoutMs: 1_000 } as const,
      pauseBeforeMs: 0,
      pauseAfterMs,
      background: false,
    });
    const of = experiment({
      durationMs: 0,
      expect: [],
      hypothesis: {
        title: 'answers',
        probes: [
          {
            name: 'up',
            of: { kind: 'activity', activity: activity('up', 'probe') },
            tolerance: { kind: 'equals', value: 200 },
            during: false,
          },
        ],
      },
      method: [
        { kind: 'activity', activity: activity('one', 'action', 10_000) },
        {
          kind: 'activity',
          activity: {
            ...activity('break'),
            provider: { type: 'evenkeel', fault: { type: 'store_outage' }, forMs: 8_000 },
          },
        },
        { kind: 'activity', activity: activity('two') },
      ],
      rollbacks: [activity('clean')],
    });
    const good = drive(of);
    expect(good.state.status).toBe('completed');
    const done = good.state.activities.map(({ key, doneAt }) => [key, doneAt] as const);
    expect(done.map(([key]) => key).slice(0, 5)).toEqual([
      'before:0',
      'method:0',
      'method:1',
      'method:2',
      'rollback:0',
    ]);
    expect((done[2]?.[1] ?? 0) - (done[1]?.[1] ?? 0)).toBeGreaterThanOrEqual(10_000);
    const broken = drive(of, { activity: (name) => ({ ok: name !== 'clean', output: { status: 200 } }) });
    expect(broken.state.status).toBe('failed');
    expect(broken.effects.some(({ kind }) => kind === 'raise')).toBe(true);
    const refused = drive(of, { activity: (name) => ({ ok: name !== 'two', output: { status: 200 } }) });
    expect(refused.state).toMatchObject({ status: 'aborted', reason: 'the action two failed: it broke' });
    expect(refused.state.injections.every((one) => one.state === 'lifted')).toBe(true);
  });
});
