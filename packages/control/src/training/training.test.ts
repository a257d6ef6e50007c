import { newTrainingRun, type TrainingRun, trainingPlan } from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START, type WholeApi, wholeApi } from '../api/whole-api.test.support.ts';
import type { KeptRun } from './run-book.ts';
import { trainingEvents } from './training-events.ts';

const run = (more: Partial<TrainingRun> = {}): TrainingRun => ({
  ...newTrainingRun({
    id: 'run-1',
    name: 'm',
    service: 'mail',
    trainer: ['true'],
    plan: trainingPlan(),
    at: START,
  }),
  ...more,
});
const reported = (record: TrainingRun, revision = 1) => ({
  revision,
  record,
  directory: '/runs/run-1',
  host: 'h',
});

describe('runs that are told of', () => {
  let api: WholeApi;
  let key: string;
  beforeEach(async () => {
    api = await wholeApi();
    key = (await api.key('ann', 'operator')).token;
  });
  afterEach(() => api.close());
  const put = (report: object, id = 'run-1') => api.call('PUT', `/api/v1/runs/${id}`, { key, body: report });
  const get = () => api.call('GET', '/api/v1/runs/run-1', { key });

  it('are shown with their curves, checkpoints, gates, decisions and figures', async () => {
    const record = run({
      phase: 'running',
      step: 3,
      curve: {
        stride: 1,
        points: [
          [0, 1.5],
          [1, 1.25],
        ],
      },
      gnormCurve: { stride: 1, points: [[0, 3]] },
      decisions: [{ at: START, step: 0, what: 'start', why: 'queued' }],
      lastGates: { name: 'step-00000002', passed: true, reason: 'all passed', findings: [] },
    });
    expect(await put(reported(record))).toMatchObject({ status: 204 });
    expect((await get()).json).toMatchObject({
      id: 'run-1',
      phase: 'running',
      loss: [
        [0, 1.5],
        [1, 1.25],
      ],
      gradientNorm: [[0, 3]],
      gates: { passed: true },
      decisions: [{ what: 'start' }],
      figures: { lostWorkMinutes: 0 },
    });
    const list = await api.call('GET', '/api/v1/runs?service=mail&phase=running', { key });
    expect(list.json).toMatchObject({ runs: [{ id: 'run-1', step: 3, silent: false }] });
    api.clock.advance(31_000);
    expect((await get()).json).toMatchObject({ silent: true });
  });

  it('do not go back when an older report comes late, nor become another run', async () => {
    await put(reported(run({ step: 9 }), 5));
    expect(await put(reported(run({ step: 3 }), 4))).toMatchObject({ status: 204 });
    expect((await get()).json).toMatchObject({ step: 9 });
    const other = reported(run({ createdAt: START + 1 }), 1);
    expect(await put(other)).toMatchObject({ status: 409, text: /another run run-1/ });
  });

  it('are refused when they are none', async () => {
    expect(await put(reported(run()), 'run-2')).toMatchObject({ status: 400 });
    expect(await put({ ...reported(run()), record: { id: 'run-1' } })).toMatchObject({
      status: 400,
      text: /record of a run/,
    });
    expect(await put({ ...reported(run()), revision: 0 })).toMatchObject({ status: 400 });
  });

  it('are counted as signals that objectives ask for', async () => {
    const counts = {
      stepsDone: 100,
      stepsLost: 10,
      lostMs: 1_000,
      resumes: 2,
      resumesGood: 1,
      activeMs: 10_000,
    };
    const record = run({ phase: 'succeeded', endedAt: START, counts, medianStepMs: 50 });
    await put(reported(record));
    await api.plane.tick();
    api.clock.advance(3_000);
    await api.plane.tick();
    const facts = await api.store.facts.list({ kind: 'signal', service: 'mail', limit: 10 });
    expect(facts.map(({ body }) => body)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'training-goodput', good: 4_500, total: 10_000 }),
        expect.objectContaining({ name: 'training-kept-work', good: 90, total: 100 }),
        expect.objectContaining({ name: 'training-resumes', good: 1, total: 2 }),
      ]),
    );
    // Looked at again, it is not counted again.
    expect(facts.length).toBe(3);
  });
});

describe('trainingEvents', () => {
  const kept = (more: Partial<TrainingRun>, silent = false): KeptRun => ({
    ...reported(run(more)),
    reportedAt: START,
    silent,
  });
  const fault = { kind: 'gate', reason: 'accuracy too low' } as const;

  it('tells of what was given up, and hints at what is being retried', () => {
    const failed = kept({
      phase: 'failed',
      lastFault: fault,
      endedAt: START,
      reason: 'all retries are used',
    });
    expect(trainingEvents([failed], [], START + 1_000)).toEqual([
      {
        run: 'run-1',
        model: 'm',
        at: START,
        trouble: 'gate_failed',
        final: true,
        text: 'all retries are used',
      },
    ]);
    expect(trainingEvents([failed], [], START + 3_600_001)).toEqual([]);
    const retried = kept({ phase: 'running', lastFault: { kind: 'hang', reason: 'silent' } });
    expect(trainingEvents([retried], [], START)).toMatchObject([{ trouble: 'hung', final: false }]);
  });

  it('is silent about what a later run of the same name has mended, and of runs that ended as asked', () => {
    const failed = kept({ phase: 'failed', lastFault: fault, endedAt: START });
    expect(trainingEvents([kept({ phase: 'succeeded' }), failed], [], START)).toEqual([]);
    expect(trainingEvents([failed, kept({ phase: 'succeeded' })], [], START)).toHaveLength(1);
    expect(trainingEvents([kept({ phase: 'stopped', lastFault: fault })], [], START)).toEqual([]);
  });

  it('hints at a run of which nobody tells any more', () => {
    expect(trainingEvents([kept({ phase: 'running' }, true)], [], START)).toMatchObject([
      { trouble: 'hung', final: false },
    ]);
  });
});
