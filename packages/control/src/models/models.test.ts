import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directive, ObjectiveCounts } from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILE, type WholeApi, wholeApi } from '../api/whole-api.test.support.ts';

const MINUTE = 60_000;
const AUTOMATIC = ['promote', 'roll_back'];

const fileWith = (training: object, more: object = {}): object => ({
  ...FILE,
  models: { m: { version: '1.0', module: './m.js', training: { artifact: 'm.bin', ...training } } },
  objectives: { availability: { category: 'availability' }, quality: { category: 'quality', target: '90%' } },
  ...more,
});

let api: WholeApi;
let dir: string;
let key: string;
let sequence = 0;

async function open(file: object): Promise<void> {
  api = await wholeApi({ file });
  key = (await api.key('ann', 'operator')).token;
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-models-'));
});
afterEach(async () => {
  await api.close();
  rmSync(dir, { recursive: true, force: true });
});

const post = (path: string, body: object = { reason: 'because' }) =>
  api.call('POST', `/api/v1/models/mail/m${path}`, { key, body });
const show = async () => (await api.call('GET', '/api/v1/models/mail/m', { key })).json;
const orders = async (): Promise<readonly Directive[]> => api.store.directives.active(api.clock.wall());

function weights(text: string): string {
  const file = join(dir, `${text}.bin`);
  writeFileSync(file, text);
  return file;
}
const register = (text: string) => post('/versions', { file: weights(text), version: text });

/** A round, some seconds later. */
async function round(seconds = 2): Promise<void> {
  api.clock.advance(seconds * 1_000);
  await api.plane.tick();
}

/** What replicas measured of both versions in this minute. */
async function measured(counts: readonly (readonly [string, string, number, number])[]): Promise<void> {
  sequence += 1;
  const now = api.clock.wall();
  const objectives = counts.map(
    ([objective, version, good, total]): ObjectiveCounts => ({
      objective,
      segment: `version=m@${version}`,
      minute: Math.floor(now / MINUTE) * MINUTE,
      good,
      total,
    }),
  );
  const row = { replica: 'r1', sequence, service: 'mail', from: now - 1_000, to: now };
  await api.store.rollups.append([{ ...row, body: { ...row, objectives, served: {}, monitors: {} } }]);
}

describe('versions of a model', () => {
  it('begin with that of the file, known good until it is replaced', async () => {
    await open(fileWith({}));
    expect(await show()).toMatchObject({
      production: '1.0',
      versions: [{ version: '1.0', standing: 'production' }],
      history: [{ version: '1.0', by: 'the service file' }],
    });
    expect(await orders()).toEqual([]);
  });

  it('are kept as a copy of their own, under their digest, and do not change', async () => {
    await open(fileWith({}));
    const { status, json } = await register('v2');
    expect(status).toBe(201);
    const sha256 = createHash('sha256').update('v2').digest('hex');
    expect(json).toMatchObject({ version: 'v2', standing: 'candidate', artifact: { sha256, bytes: 2 } });
    const kept = (await show()) as { versions: { version: string; artifact: { uri: string } }[] };
    const uri = kept.versions[1]?.artifact.uri ?? '';
    writeFileSync(join(dir, 'v2.bin'), 'changed since');
    expect(readFileSync(uri, 'utf8')).toBe('v2');
    expect(await post('/versions', { file: weights('other'), version: 'v2' })).toMatchObject({ status: 409 });
    expect(await post('/versions', { file: join(dir, 'none') })).toMatchObject({ status: 400 });
    expect(await post('/versions', { file: weights('x'), run: 'run-1' })).toMatchObject({ status: 400 });
  });

  it('take no traffic unjudged, unless somebody insists; then replicas are told of them, for a minute at a time', async () => {
    await open(fileWith({ canary: { share: '20%' } }));
    await register('v2');
    expect(await post('/versions/v2/canary')).toMatchObject({
      status: 409,
      text: /has not passed its gates/,
    });
    expect(await post('/versions/v2/canary', { reason: 'now', force: true })).toMatchObject({ status: 200 });
    const [order] = await orders();
    expect(order).toMatchObject({
      service: 'mail',
      order: { kind: 'canary', model: 'm', version: 'v2', share: 0.2 },
    });
    expect((order?.expiresAt ?? 0) - api.clock.wall()).toBe(MINUTE);
    await round(40);
    expect(((await orders())[0]?.expiresAt ?? 0) - api.clock.wall()).toBe(MINUTE);
    // Nobody judges it any more: it ends by itself.
    api.clock.advance(MINUTE + 1);
    expect(await orders()).toEqual([]);
  });

  it('are promoted, and rolled back in one step to the last that was good; what was in production when is known', async () => {
    await open(fileWith({}));
    await register('v2');
    await post('/versions/v2/canary', { reason: 'now', force: true });
    api.clock.advance(1_000);
    expect(await post('/versions/v2/promote')).toMatchObject({ status: 200 });
    expect((await orders()).map(({ order }) => order)).toMatchObject([
      { kind: 'use_version', version: 'v2' },
    ]);
    const at = api.clock.wall();
    api.clock.advance(1_000);
    expect((await post('/roll-back')).json).toMatchObject({ production: '1.0' });
    expect(await orders()).toEqual([]);
    const then = await api.call('GET', `/api/v1/models/mail/m/production?at=${at}`, { key });
    expect(then.json).toMatchObject({ span: { version: 'v2', ended: 'rolled_back' } });
    expect(await post('/roll-back')).toMatchObject({ status: 409 });
    const audit = await api.store.audit.list({ service: 'mail', limit: 20 });
    expect(audit.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['model.register', 'model.canary', 'model.promote', 'model.roll_back']),
    );
    const changes = await api.store.facts.list({ kind: 'change', service: 'mail', limit: 10 });
    expect(changes[0]?.body).toMatchObject({ kind: 'model', what: 'm: in production again', version: '1.0' });
  });

  it('are not promoted while a regression experiment is red', async () => {
    await open(fileWith({}));
    await register('v2');
    const at = api.clock.wall();
    const run = {
      kind: 'experiment_run' as const,
      service: 'mail',
      label: 'regression-inc-1',
      createdAt: at,
      updatedAt: at,
      revision: 0,
      body: {},
    };
    await api.store.documents.commit({
      puts: [
        { ...run, id: 'xr-1', state: 'completed' },
        { ...run, id: 'xr-2', state: 'failed' },
      ],
      audit: [],
      outbox: [],
    });
    const refused = await post('/versions/v2/canary', { reason: 'now', force: true });
    expect(refused).toMatchObject({ status: 409, text: /regression-inc-1 is red/ });
  });

  it('answer 404 with the nearest name for a model that has none', async () => {
    await open(fileWith({}));
    const { status, text } = await api.call('GET', '/api/v1/models/mail/n', { key });
    expect(status).toBe(404);
    expect(text).toContain('did you mean mail/m?');
  });
});

describe('a canary', () => {
  const canary = { share: '20%', tolerance: '2%', minimum: 100, soak: '2m', timeout: '1h' };
  async function begin(automatic: readonly string[]): Promise<void> {
    await open(fileWith({ automatic, canary }));
    await round();
    await register('v2');
    await post('/versions/v2/canary', { reason: 'now', force: true });
  }

  it('is promoted by itself when every objective is shown to be within its tolerance, not before the soak is over', async () => {
    await begin(AUTOMATIC);
    await measured([
      ['availability', 'v2', 4_990, 5_000],
      ['availability', '1.0', 19_960, 20_000],
    ]);
    await round();
    expect(await show()).toMatchObject({
      production: '1.0',
      canary: {
        verdict: { decision: 'continue', evidence: [{ name: 'availability', standing: 'not_worse' }] },
      },
    });
    await round(120);
    expect(await show()).toMatchObject({
      production: 'v2',
      trials: [{ version: 'v2', outcome: 'promoted' }],
    });
    expect((await orders()).map(({ order }) => order.kind)).toEqual(['use_version']);
  });

  it('is rolled back by itself as soon as one is shown to be worse, and that is a trouble of training', async () => {
    await begin(AUTOMATIC);
    await measured([
      ['availability', 'v2', 1_000, 1_000],
      ['availability', '1.0', 4_000, 4_000],
      ['quality', 'v2', 700, 1_000],
      ['quality', '1.0', 3_880, 4_000],
    ]);
    await round();
    expect(await show()).toMatchObject({
      production: '1.0',
      trials: [{ version: 'v2', outcome: 'rolled_back', worse: true, reason: /^quality/ }],
    });
    expect(await orders()).toEqual([]);
  });

  it('waits for labels, where there usually are some', async () => {
    await begin(AUTOMATIC);
    await measured([
      ['availability', 'v2', 5_000, 5_000],
      ['availability', '1.0', 20_000, 20_000],
      ['quality', '1.0', 3_880, 4_000],
    ]);
    await round(150);
    await round();
    expect(await show()).toMatchObject({
      production: '1.0',
      canary: { verdict: { decision: 'continue', reason: /^quality: too few/ } },
    });
  });

  it('is left to a person where the file allows nothing', async () => {
    await begin([]);
    await measured([
      ['availability', 'v2', 700, 1_000],
      ['availability', '1.0', 4_000, 4_000],
    ]);
    await round();
    expect(await show()).toMatchObject({ canary: { version: 'v2', verdict: { decision: 'roll_back' } } });
    expect(api.said.some((line) => line.includes('m v2 should be rolled back; a person decides'))).toBe(true);
    expect((await post('/end-canary')).json).toMatchObject({ trials: [{ outcome: 'rolled_back' }] });
  });

  it('that cannot be shown to be good in time is rolled back, which is no trouble of training', async () => {
    await begin(AUTOMATIC);
    await round(3_601);
    expect(await show()).toMatchObject({ trials: [{ outcome: 'rolled_back', worse: false }] });
  });
});
