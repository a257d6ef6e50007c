import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { exitKind, type TrainingOrder, type TrainingRunEvent } from './run-events.ts';
import { advanceTraining } from './run-machine.ts';
import {
  newTrainingRun,
  type TrainingFault,
  type TrainingPlan,
  type TrainingRun,
  trainingEnded,
  trainingPlan,
} from './training-run.ts';

const random = seededRandom(1);

/** Feeds events one after the other; returns the record and all orders of the last one. */
function feed(
  record: TrainingRun,
  ...events: TrainingRunEvent[]
): { record: TrainingRun; orders: readonly TrainingOrder[] } {
  let now = record;
  let orders: readonly TrainingOrder[] = [];
  events.forEach((event, i) => {
    ({ record: now, orders } = advanceTraining(now, event, { at: record.updatedAt + i, random }));
  });
  return { record: now, orders };
}

const run = (plan: Partial<TrainingPlan> = {}): TrainingRun =>
  newTrainingRun({
    id: 'run-1',
    name: 'simple',
    trainer: ['python3', 'train.py'],
    plan: trainingPlan(plan),
    at: 0,
  });

const began: TrainingRunEvent[] = [
  { type: 'supervised', tookOver: false },
  { type: 'spawned', pid: 42, step: 0, from: undefined },
  { type: 'started', totalSteps: 400 },
];
const saved = (step: number): TrainingRunEvent => ({
  type: 'checkpoint_verified',
  name: `step-${String(step).padStart(8, '0')}`,
  step,
  bytes: 10,
});
const ended = (code: number | undefined, signal?: string, step = 0): TrainingRunEvent => ({
  type: 'exited',
  exit: exitKind(code, signal, false),
  step,
});
const judged = (step: number, passed: boolean, auc = 0.9): TrainingRunEvent => ({
  type: 'judged',
  name: `step-${String(step).padStart(8, '0')}`,
  passed,
  reason: passed ? 'all passed' : 'auc is too low',
  metrics: { auc },
});
const types = (orders: readonly TrainingOrder[]): string[] => orders.map((order) => order.type);

describe('plan', () => {
  it('names every value that is out of its range', () => {
    expect(() => trainingPlan({ maxRetries: -1, checkpointEvery: 0, graceMs: Number.NaN })).toThrow(
      /checkpointEvery .*maxRetries is a whole number from 0, not -1.*graceMs/,
    );
  });
});

describe('run machine', () => {
  it('goes from queued to succeeded: the final model passes, then the trainer ends', () => {
    let state = feed(run(), ...began, saved(100));
    expect(state.record.phase).toBe('running');
    state = feed(state.record, { type: 'done', name: 'step-00000400', step: 400 });
    expect(types(state.orders)).toEqual(['judge']);
    state = feed(state.record, judged(400, true));
    expect(state.record.phase).toBe('validating');
    state = feed(state.record, ended(0));
    expect(state.record).toMatchObject({ phase: 'succeeded', result: 'step-00000400' });
    expect(types(state.orders)).toEqual(['retain', 'ended']);
  });

  it('succeeds although the trainer crashed in its last breath, after "done" and a passed gate', () => {
    const done: TrainingRunEvent = { type: 'done', name: 'step-00000400', step: 400 };
    expect(feed(run(), ...began, done, ended(undefined, 'SIGSEGV'), judged(400, true)).record.phase).toBe(
      'succeeded',
    );
    expect(feed(run(), ...began, done, judged(400, true), ended(1)).record.phase).toBe('succeeded');
  });

  it('does not take exit 0 without "done" for the end', () => {
    const state = feed(run(), ...began, saved(100), ended(0));
    expect(state.record.phase).toBe('backing_off');
    expect(state.record.reason).toMatch(/exit 0 without "done"/);
  });

  it('counts retries, not attempts: max_retries 2 makes three attempts', () => {
    const spawn: TrainingRunEvent = { type: 'spawned', pid: 1, step: 0, from: undefined };
    const state = feed(
      run({ maxRetries: 2 }),
      ...began,
      ended(1),
      { type: 'retry_due' },
      spawn,
      ended(1),
      { type: 'retry_due' },
      spawn,
      ended(1),
    );
    expect(state.record).toMatchObject({ attempt: 3, retries: 2, phase: 'failed' });
    expect(types(state.orders)).toEqual(['incident', 'ended']);
    expect(feed(run({ maxRetries: 0 }), ...began, ended(1)).record).toMatchObject({
      attempt: 1,
      phase: 'failed',
    });
  });

  it('rolls back to the last good checkpoint when it fails, never to one that failed a gate', () => {
    const plan = { maxRetries: 0, gateEvery: 1, gates: [{ kind: 'size', limitBytes: 1 } as const] };
    const state = feed(
      run(plan),
      ...began,
      saved(100),
      judged(100, true),
      saved(200),
      judged(200, false),
      ended(undefined, 'SIGKILL'),
    );
    expect(state.record).toMatchObject({ phase: 'rolled_back', result: 'step-00000100' });
    const off = feed(
      run({ ...plan, rollbackOnFailure: false }),
      ...began,
      saved(100),
      judged(100, true),
      ended(1),
    );
    expect(off.record).toMatchObject({ phase: 'failed', result: undefined });
  });

  it('kills at a failed gate, retries, and stops when the retry comes to the very same figures', () => {
    const plan = { gateEvery: 1, gates: [{ kind: 'size', limitBytes: 1 } as const] };
    let state = feed(run(plan), ...began, saved(100), judged(100, false));
    expect(types(state.orders)).toEqual(['kill']);
    state = feed(state.record, ended(undefined, 'SIGKILL'), { type: 'retry_due' });
    expect(state.record).toMatchObject({ phase: 'starting', retries: 1 });
    state = feed(
      state.record,
      { type: 'spawned', pid: 2, step: 0, from: undefined },
      saved(100),
      judged(100, false),
      ended(undefined, 'SIGKILL'),
    );
    expect(state.record.phase).toBe('failed');
    expect(state.record.reason).toMatch(/very same figures/);
  });

  it('goes back before an anomaly without spending a retry, skips a window, and gives up after max_rollbacks', () => {
    const fault: TrainingFault = { kind: 'anomaly', reason: 'gradient norm', before: 147 };
    let state = feed(run({ maxRollbacks: 1 }), ...began, saved(100), saved(200), { type: 'fault', fault });
    expect(types(state.orders)).toEqual(['kill']);
    state = feed(state.record, ended(undefined, 'SIGKILL', 210));
    expect(state.orders).toEqual([{ type: 'start', before: 147 }]);
    expect(state.record).toMatchObject({ rollbacks: 1, retries: 0, skip: [{ from: 145, to: 149 }] });
    expect(state.record.checkpoints.map((note) => note.standing)).toEqual(['unjudged', 'tainted']);
    state = feed(state.record, { type: 'spawned', pid: 2, step: 100, from: 'step-00000100' });
    expect(state.record.counts.stepsLost).toBe(110);
    state = feed(state.record, { type: 'fault', fault }, ended(undefined, 'SIGKILL', 148));
    expect(state.record).toMatchObject({ phase: 'rolled_back', result: 'step-00000100' });
    expect(types(state.orders)).toEqual(['incident', 'ended']);
  });

  it('stops on request after the trainer is gone, and resumes; what was pending then comes first', () => {
    const fault: TrainingFault = { kind: 'anomaly', reason: 'NaN', before: 47 };
    let state = feed(run(), ...began, { type: 'fault', fault }, { type: 'stop', by: 'SIGTERM' });
    expect(types(state.orders)).toEqual(['terminate']);
    state = feed(state.record, ended(143));
    expect(state.record).toMatchObject({ phase: 'stopped' });
    state = feed(state.record, { type: 'supervised', tookOver: false });
    expect(state.orders).toEqual([{ type: 'start', before: 47 }]);
  });

  it('retries nothing that cannot get better, and waits longer each time that nothing was saved', () => {
    for (const code of [78, 127]) expect(feed(run(), ...began, ended(code)).record.phase).toBe('failed');
    const spawn: TrainingRunEvent = { type: 'spawned', pid: 1, step: 0, from: undefined };
    const three = feed(run({ maxRetries: 9 }), ...began, ended(1), { type: 'retry_due' }, spawn, ended(1));
    expect(three.record.setbacks).toBe(2);
    expect(feed(three.record, { type: 'retry_due' }, spawn, saved(100)).record.setbacks).toBe(0);
  });

  it('keeps an owed verdict through a crash: the gate stands when training goes on from that checkpoint', () => {
    const plan = { gateEvery: 1, gates: [{ kind: 'size', limitBytes: 1 } as const] };
    let state = feed(run(plan), ...began, saved(100), ended(undefined, 'SIGKILL'), { type: 'retry_due' });
    state = feed(state.record, { type: 'spawned', pid: 2, step: 100, from: 'step-00000100' });
    expect(types(state.orders)).toEqual(['judge']);
    const other = feed(
      run(plan),
      ...began,
      saved(100),
      ended(1),
      { type: 'retry_due' },
      { type: 'spawned', pid: 2, step: 0, from: undefined },
    );
    expect(other.record.judging).toBeUndefined();
  });

  it('does not succeed after a gate has failed, although the trainer ran ahead and said "done"', () => {
    const plan = { gateEvery: 1, gates: [{ kind: 'size', limitBytes: 1 } as const] };
    const state = feed(
      run(plan),
      ...began,
      saved(100),
      judged(100, false),
      saved(200),
      { type: 'done', name: 'step-00000200', step: 200 },
      judged(200, true),
      ended(0),
    );
    expect(state.record).toMatchObject({ phase: 'backing_off', resumeBefore: 99 });
    expect(state.record.checkpoints.map((note) => note.standing)).toEqual(['failed', 'tainted']);
    const retried = feed(state.record, { type: 'retry_due' });
    expect(retried.orders).toEqual([{ type: 'start', before: 99 }]);
  });

  it('refuses to supervise what has ended', () => {
    const failed = feed(run(), ...began, ended(78)).record;
    expect(() => feed(failed, { type: 'supervised', tookOver: false })).toThrow(/has ended/);
  });

  it('never forgets its bounds, whatever happens in whatever order', () => {
    const step = fc.integer({ min: 0, max: 40 }).map((n) => n * 10);
    const fault = fc
      .record({
        kind: fc.constantFrom<TrainingFault['kind']>('crash', 'hang', 'anomaly', 'gate', 'memory', 'timeout'),
        before: step,
      })
      .map(({ kind, before }): TrainingFault => ({ kind, reason: kind, before }));
    const event: fc.Arbitrary<TrainingRunEvent> = fc.oneof(
      step.map((s): TrainingRunEvent => ({ type: 'spawned', pid: 7, step: s, from: `step-${s}` })),
      step.map((s) => saved(s)),
      fc.tuple(step, fc.boolean()).map(([s, ok]) => judged(s, ok)),
      step.map(
        (s): TrainingRunEvent => ({ type: 'done', name: `step-${String(s).padStart(8, '0')}`, step: s }),
      ),
      fault.map((f): TrainingRunEvent => ({ type: 'fault', fault: f })),
      fc.constantFrom(0, 1, 77, 143).map((code) => ended(code)),
      fc.constant<TrainingRunEvent>({ type: 'retry_due' }),
      fc.constant<TrainingRunEvent>({ type: 'started', totalSteps: undefined }),
      fc.constant<TrainingRunEvent>({ type: 'stop', by: 'somebody' }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let record = feed(run({ maxRetries: 2, maxRollbacks: 2 }), ...began).record;
        for (const [i, one] of events.entries()) {
          const before = record;
          record = advanceTraining(record, one, { at: i, random }).record;
          expect(record.retries).toBeLessThanOrEqual(2);
          expect(record.rollbacks).toBeLessThanOrEqual(2);
          if (trainingEnded(record.phase)) {
            const note = record.checkpoints.find((c) => c.name === record.result);
            if (record.phase === 'rolled_back') expect(['unjudged', 'passed']).toContain(note?.standing);
            expect(record.endedAt).toBeDefined();
            break;
          }
          expect(before.attempt).toBeLessThanOrEqual(record.attempt);
        }
      }),
    );
  });
});
