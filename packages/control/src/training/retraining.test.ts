import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configOf, FILE, type WholeApi, wholeApi } from '../api/whole-api.test.support.ts';
import { modelControl } from '../models/model-control.ts';

// Real processes, real time: the trainer is a program of its own.

const TRAINER = `
import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
const orders = JSON.parse(process.env.EVENKEEL_TRAINER);
const emit = (event) => writeSync(1, JSON.stringify(event) + '\\n');
emit({ t: 'start', step: 0, totalSteps: 1 });
emit({ t: 'step', step: 0, loss: 1 });
mkdirSync(orders.checkpoints + '/.tmp-1');
writeFileSync(orders.checkpoints + '/.tmp-1/m.bin', 'weights, production was ' + orders.production);
emit({ t: 'checkpoint', step: 1, path: orders.checkpoints + '/.tmp-1' });
await new Promise((done) => setTimeout(done, Number(process.argv[2])));
emit({ t: 'validation', step: 1, metrics: { accuracy: 0.95 } });
emit({ t: 'done', step: 1 });
`;

let api: WholeApi;
let dir: string;
let told: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-retraining-'));
  writeFileSync(join(dir, 'trainer.mjs'), TRAINER);
  told = [];
  api = await wholeApi();
});
afterEach(async () => {
  await api.close();
  rmSync(dir, { recursive: true, force: true });
});

function control(training: object) {
  const config = configOf({
    ...FILE,
    models: { m: { version: '1.0', module: './m.js', training: { artifact: 'm.bin', ...training } } },
  });
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const models = modelControl({
    store: api.store,
    clock,
    random: Math.random,
    link: {
      services: async () => [],
      service: async () => undefined,
      request: async () => undefined,
      requests: async () => [],
      directives: async () => [],
      direct: () => Promise.reject(new Error('none')),
      lift: async () => false,
    },
    evaluator: { standing: () => undefined },
    policies: { restriction: () => undefined },
    configs: new Map([[config.name, config]]),
    feed: { publish: () => {} },
    directory: join(dir, 'models'),
    tell: (what, reason) => told.push(`${what}: ${reason}`),
  });
  return { config, models };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not in time: ${told.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const command = (ms: number) => ({
  retrain: { command: [process.execPath, join(dir, 'trainer.mjs'), `${ms}`] },
});

describe('retraining', () => {
  it('trains, is told of, and registers what it made; one run of a model at a time', async () => {
    const { config, models } = control(command(300));
    await models.put(config);
    const [id = ''] = await models.retraining.start(config, 'inc-1');
    await expect(models.retraining.start(config, 'inc-1')).rejects.toMatchObject({ code: 'conflict' });
    await until(() => told.some((line) => line.includes('registered')));
    expect((await models.runs.get(id)).record).toMatchObject({
      phase: 'succeeded',
      service: 'mail',
      name: 'm',
    });
    const registry = await api.store.documents.get('model', 'mail/m');
    expect(registry?.body).toMatchObject({
      registry: {
        versions: [{ version: '1.0' }, { version: 'v2', standing: 'candidate', lineage: { run: id } }],
      },
    });
    await until(() =>
      models.retraining.start(config, 'again').then(
        () => true,
        () => false,
      ),
    );
    await models.close();
  });

  it('tries what passed its gates at once, where the file allows it', async () => {
    const gates = [{ kind: 'threshold', metric: 'accuracy', direction: 'higher', limit: 0.9 }];
    const { config, models } = control({ ...command(0), gates, automatic: ['canary'] });
    await models.put(config);
    await models.retraining.start(config, 'inc-1');
    await until(() => told.some((line) => line.includes('canary at 10.0 %')));
    expect(await api.store.directives.active(Date.now())).toMatchObject([
      { order: { kind: 'canary', version: 'v2' } },
    ]);
    await models.close();
  });

  it('stops with the control plane, at a checkpoint that it can be resumed from', async () => {
    const { config, models } = control(command(60_000));
    await models.put(config);
    const [id = ''] = await models.retraining.start(config, 'inc-1');
    await until(async () => (await models.runs.get(id)).record.checkpoints.length > 0);
    await models.close();
    expect((await models.runs.get(id)).record).toMatchObject({ phase: 'stopped' });
  });

  it('does by schedule what is due, once, and nothing while it is paused', async () => {
    const { config, models } = control({ retrain: { ...command(0).retrain, every: '1d' } });
    await models.put(config);
    models.retraining.pause('mail', Date.now() + 60_000);
    await models.retraining.schedule(config);
    expect(await models.runs.list({ service: 'mail', limit: 5 })).toEqual([]);
    await models.close();
    const again = control({ retrain: { ...command(0).retrain, every: '1d' } });
    await again.models.retraining.schedule(again.config);
    await until(() => told.some((line) => line.includes('registered')));
    await again.models.close();
    const third = control({ retrain: { ...command(0).retrain, every: '1d' } });
    await third.models.retraining.schedule(third.config);
    expect(await third.models.runs.list({ service: 'mail', limit: 5 })).toHaveLength(1);
  });

  it('runs a command of the file once, and ends it with all that it started', async () => {
    const { config, models } = control({});
    const file = join(dir, 'pid');
    await models.retraining.command(config, `sleep 100 & echo $! > ${file}; wait`, 'inc-1');
    await expect(models.retraining.command(config, 'true', 'inc-1')).rejects.toThrow(/still running/);
    await until(() => existsSync(file) && readFileSync(file, 'utf8').trim() !== '');
    await models.close();
    const pid = Number(readFileSync(file, 'utf8'));
    await until(() => {
      try {
        // A process that has ended and that nobody has waited for is still there by name.
        return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      } catch {
        return true;
      }
    });
    await until(() => told.some((line) => line.includes('has ended')));
  });
});
