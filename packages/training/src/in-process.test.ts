import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { seededRandom } from '@evenkeel/core';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcessHost, type Trainer } from './in-process-host.ts';
import { createRun, superviseLocal } from './local-run.ts';
import { digest, QUICK, workspace } from './trainers.test.rig.ts';

const root = workspace();
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Whims {
  /** Throws at this step of the first attempt. */
  readonly throwAt?: number;
  /** Never ends from this step of the first attempt on. */
  readonly hangAt?: number;
  readonly accuracy?: (step: number, attempt: number) => number | undefined;
}

/** Least squares by momentum: weights, momentum and the position make its state. */
function trainer(whims: Whims = {}): Trainer {
  return {
    name: 'least squares',
    async run({ orders, signal, emit, checkpoint, skips }) {
      const steps = 120;
      let state = { step: 0, w: 0, momentum: 0 };
      if (orders.resume !== null)
        state = JSON.parse(readFileSync(join(orders.resume.path, 'state.json'), 'utf8'));
      const save = async (dir: string): Promise<void> =>
        writeFileSync(join(dir, 'state.json'), JSON.stringify(state));
      const validate = (): void => {
        const accuracy = whims.accuracy?.(state.step, orders.attempt) ?? 0.95;
        emit({ t: 'validation', step: state.step, metrics: { accuracy: { value: accuracy, n: 1_000 } } });
      };
      emit({ t: 'start', step: state.step, totalSteps: steps });
      if (orders.validateFirst) validate();
      while (state.step < steps && !signal.aborted) {
        const { step } = state;
        if (orders.attempt === 1 && step === whims.throwAt) throw new Error('out of luck');
        if (orders.attempt === 1 && step === whims.hangAt) await new Promise(() => undefined);
        if (!skips(step)) {
          const x = seededRandom(step + 1)();
          const error = state.w * x - 3 * x;
          state.momentum = 0.9 * state.momentum + error * x;
          state.w -= 0.1 * state.momentum;
          emit({ t: 'step', step, loss: error * error, gnorm: Math.abs(error * x) });
        }
        state.step += 1;
        await setImmediate();
        if (state.step % orders.checkpointEvery === 0) {
          await checkpoint(state.step, save);
          if (orders.validateEvery > 0 && (state.step / orders.checkpointEvery) % orders.validateEvery === 0)
            validate();
        }
      }
      await checkpoint(state.step, save);
      if (state.step < steps) return emit({ t: 'stopped', step: state.step });
      validate();
      emit({ t: 'done', step: state.step });
    },
  };
}

const gate = { kind: 'threshold', metric: 'accuracy', direction: 'higher', limit: 0.9 } as const;

async function run(whims: Whims, plan: object = {}) {
  const runs = join(root, 'runs');
  const { id } = await createRun(runs, {
    name: 'in process',
    trainer: ['least squares'],
    plan: { ...QUICK, anomaly: 'off', ...plan },
  });
  const supervision = await superviseLocal(runs, id, inProcessHost(trainer(whims)), { tickMs: 20 });
  return { record: await supervision.finished, dir: join(runs, id) };
}

describe('a trainer in process', () => {
  it('ends identically after it threw, and after it hung and was cut off', async () => {
    const clean = await run({});
    expect(clean.record).toMatchObject({ phase: 'succeeded', result: 'step-00000120' });
    const expected = digest(clean.dir, 'step-00000120');
    const thrown = await run({ throwAt: 57 });
    expect(thrown.record).toMatchObject({ phase: 'succeeded', retries: 1 });
    expect(digest(thrown.dir, 'step-00000120')).toBe(expected);
    const hung = await run(
      { hangAt: 57 },
      { hang: { factor: 10, floorMs: 150, startMs: 5_000 }, graceMs: 100 },
    );
    expect(hung.record).toMatchObject({ phase: 'succeeded', retries: 1, lastFault: { kind: 'hang' } });
    expect(digest(hung.dir, 'step-00000120')).toBe(expected);
  });

  it('passes its gates at every second checkpoint and at the end', async () => {
    const { record } = await run({}, { gates: [gate], gateEvery: 2 });
    expect(record.phase).toBe('succeeded');
    expect(
      record.decisions.filter((one) => one.what === 'pass the gates').map((one) => one.why.slice(0, 13)),
    ).toEqual(['step-00000040', 'step-00000080', 'step-00000120', 'step-00000120']);
  });

  it('is stopped by a gate in the middle, and rolled back to what had passed, never to what failed', async () => {
    const accuracy = (step: number): number => (step >= 80 ? 0.5 : 0.95);
    const { record } = await run({ accuracy }, { gates: [gate], gateEvery: 2 });
    expect(record).toMatchObject({ phase: 'rolled_back', retries: 1 });
    expect(record.reason).toMatch(/step-00000080 failed its gate.*the very same figures/);
    const result = record.checkpoints.find((note) => note.name === record.result);
    expect(result?.step).toBeLessThan(80);
    expect(record.checkpoints.find((note) => note.step === 80)?.standing).toBe('failed');
  });

  it('goes on after a retry that does better, and fails at a figure that is missing at the end', async () => {
    const better = (step: number, attempt: number): number => (step === 80 && attempt === 1 ? 0.5 : 0.95);
    const { record } = await run({ accuracy: better }, { gates: [gate], gateEvery: 2 });
    expect(record).toMatchObject({ phase: 'succeeded', retries: 1 });
    const other = await run(
      {},
      { gates: [{ ...gate, metric: 'recall' }], gateEvery: 0, onGateFailure: 'stop' },
    );
    expect(other.record).toMatchObject({
      phase: 'failed',
      reason: expect.stringContaining('recall is missing'),
    });
  });
});
