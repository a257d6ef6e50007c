import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Evenkeel, runEvenkeel, startEvenkeel, until } from '../process/evenkeel.ts';

// A version of a model from the trainer's process to the serving one, and back: the real program, no restart but the one asked for.

const MODEL = `
import { readFileSync } from 'node:fs';
export const createModel = async ({ weights } = {}) => {
  const label = weights === undefined ? 'file' : JSON.parse(readFileSync(weights, 'utf8')).label;
  return () => ({ label, confidence: 1, score: 1 });
};`;
const TRAINER = `
import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
const orders = JSON.parse(process.env.EVENKEEL_TRAINER);
const emit = (event) => writeSync(1, JSON.stringify(event) + '\\n');
emit({ t: 'start', step: 0, totalSteps: 20, data: 'twenty numbers' });
for (let step = 0; step < 20; step++) emit({ t: 'step', step, loss: 1 / (step + 1), gnorm: 1 });
const dir = orders.checkpoints + '/.tmp-1';
mkdirSync(dir);
writeFileSync(dir + '/m.json', JSON.stringify({ label: process.argv[2] }));
emit({ t: 'checkpoint', step: 20, path: dir });
emit({ t: 'validation', step: 20, metrics: { accuracy: { value: 0.95, n: 400 } } });
emit({ t: 'done', step: 20 });
`;

const dir = mkdtempSync(join(tmpdir(), 'evenkeel-version-'));
const path = (name: string): string => join(dir, name);
const service = {
  service: 'mail',
  type: 'content_moderation',
  models: {
    m: {
      version: '1.0',
      module: path('model.mjs'),
      training: { artifact: 'm.json', automatic: ['roll_back'] },
    },
  },
  ladder: [{ level: 'full_service', model: 'm', budget: '1s' }],
  callers: { trust_headers_from: 'loopback' },
};
let evenkeel: Evenkeel;

const start = (): Promise<Evenkeel> => startEvenkeel([service], { args: ['--data-dir', path('data')] });
beforeAll(async () => {
  writeFileSync(path('model.mjs'), MODEL);
  writeFileSync(path('trainer.mjs'), TRAINER);
  writeFileSync(
    path('gates.json'),
    JSON.stringify([{ kind: 'threshold', metric: 'accuracy', direction: 'higher', limit: 0.9 }]),
  );
  evenkeel = await start();
}, 60_000);
afterAll(async () => {
  await evenkeel.stop();
  rmSync(dir, { recursive: true, force: true });
});

const cli = (...args: string[]) =>
  runEvenkeel(args, { EVENKEEL_URL: evenkeel.control, EVENKEEL_KEY: evenkeel.key, NO_COLOR: '1' });
const answerShape = z.object({ prediction: z.object({ label: z.string() }), version: z.string() });

async function ask(user = 'u'): Promise<{ label: string; version: string }> {
  const answer = await fetch(`${evenkeel.gateway}/v1/predict/mail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user': user },
    body: '{}',
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(text);
  const { prediction, version } = answerShape.parse(JSON.parse(text));
  return { label: prediction.label, version };
}
const get = async (address: string): Promise<unknown> => {
  const headers = { authorization: `Bearer ${evenkeel.key}` };
  return (await fetch(`${evenkeel.control}${address}`, { headers })).json();
};
const model = () => get('/api/v1/models/mail/m');

/** Milliseconds until what answers is this version. */
async function msUntil(version: string): Promise<number> {
  const began = performance.now();
  await until(async () => (await ask()).version === version, 5_000, version);
  return performance.now() - began;
}

describe('the life of a version', () => {
  it('is trained, told of and registered with its lineage and its gates', async () => {
    expect(await ask()).toEqual({ label: 'file', version: '1.0' });
    const trained = await cli(
      ...['train', '--runs', path('runs'), '--register', 'mail/m', '--gates', path('gates.json')],
      ...['--code-version', 'abc', '--', process.execPath, path('trainer.mjs'), 'two'],
    );
    expect(trained.err + trained.out).toContain('registered mail/m v2');
    expect(trained.code).toBe(0);
    expect(await model()).toMatchObject({
      production: '1.0',
      versions: [
        { version: '1.0' },
        {
          version: 'v2',
          standing: 'candidate',
          gates: { passed: true, findings: [{ passed: true }] },
          lineage: { checkpoint: 'step-00000020', codeVersion: 'abc', dataFingerprint: 'twenty numbers' },
        },
      ],
    });
    expect(await get('/api/v1/runs?service=mail')).toMatchObject({
      runs: [{ name: 'm', phase: 'succeeded', step: 20, gates: { passed: true } }],
    });
  });

  it('answers a stable share of the users as a canary', async () => {
    const tried = await cli('models', 'canary', 'mail/m', 'v2', '--share', '50%', '--reason', 'to see');
    expect(tried).toMatchObject({ code: 0 });
    const users = Array.from({ length: 100 }, (_, i) => `user-${i}`);
    const everybody = () => Promise.all(users.map(ask));
    await until(async () => (await everybody()).some(({ version }) => version === 'v2'), 5_000, 'v2');
    const first = await everybody();
    expect(await everybody()).toEqual(first);
    const share = first.filter(({ label }) => label === 'two').length;
    expect(share).toBeGreaterThan(30);
    expect(share).toBeLessThan(70);
  });

  it('is promoted without a restart, and survives one', async () => {
    expect(await cli('models', 'promote', 'mail/m', 'v2', '--reason', 'good')).toMatchObject({ code: 0 });
    expect(await msUntil('v2')).toBeLessThan(2_000);
    await evenkeel.stop();
    evenkeel = await start();
    await until(async () => (await fetch(`${evenkeel.control}/readyz`)).status === 200, 10_000, 'ready');
    expect(await ask()).toEqual({ label: 'two', version: 'v2' });
  }, 60_000);

  it('is gone within two seconds when it is rolled back', async () => {
    expect(await cli('models', 'rollback', 'mail/m', '--reason', 'to see')).toMatchObject({ code: 0 });
    expect(await msUntil('1.0')).toBeLessThan(2_000);
    const again = await cli('models', 'rollback', 'mail/m', '--reason', 'to see');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('no earlier version') });
  });

  it('never answers when its weights cannot be loaded: it is rolled back by itself', async () => {
    writeFileSync(path('broken.json'), 'no JSON');
    expect(await cli('models', 'register', 'mail/m', '--file', path('broken.json'))).toMatchObject({
      code: 0,
    });
    const refused = await cli('models', 'canary', 'mail/m', 'v3', '--reason', 'x');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('has not passed its gates') });
    await cli('models', 'canary', 'mail/m', 'v3', '--share', '100%', '--force', '--reason', 'x');
    const over = z.object({ trials: z.array(z.object({ version: z.string(), reason: z.string() })) });
    await until(
      async () => over.parse(await model()).trials.some(({ version }) => version === 'v3'),
      10_000,
      'the roll-back',
    );
    expect(over.parse(await model()).trials.at(-1)?.reason).toMatch(/^it cannot be loaded/);
    expect(await ask()).toEqual({ label: 'file', version: '1.0' });
  }, 30_000);
});
