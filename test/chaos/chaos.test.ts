import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { noPostgres } from '@evenkeel/store/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Evenkeel, runEvenkeel, startEvenkeel } from '../process/evenkeel.ts';

const EXPERIMENT = {
  evenkeel: 1,
  experiment: 'late_model',
  service: 'mail',
  title: 'The model is late for some',
  radius: { share: '50%' },
  duration: '10s',
  hypothesis: {
    title: 'Mail is judged',
    probes: [{ name: 'answers', figure: 'error_rate', less_than: 0.05, during: true }],
  },
  method: [{ fault: { type: 'model_latency', model: 'm', latency: { shape: 'constant', by: '1500ms' } } }],
  expect: [{ check: 'error_rate', max: '50%' }],
  baseline: { for: '2s', requests: 10 },
  recover: '60s',
  requests: 10,
  lease: '5s',
  allow: { peak_hours: true, open_incidents: true },
};

const runShape = z.looseObject({
  status: z.string(),
  touched: z.object({ in_radius: z.number(), requests: z.number(), injected: z.number() }),
  cohorts: z.object({
    experiment: z.looseObject({ p50_ms: z.number() }),
    control: z.looseObject({ p50_ms: z.number() }),
  }),
});

describe('an experiment on the real process', () => {
  let evenkeel: Evenkeel;
  let timer: NodeJS.Timeout;
  const upstream = createServer((call, answer) => {
    call.resume();
    call.on('end', () => answer.setHeader('content-type', 'application/json').end('{"label":"ham"}'));
  });
  const cli = (...args: string[]) =>
    runEvenkeel(args, { EVENKEEL_URL: evenkeel.control, EVENKEEL_KEY: evenkeel.key, NO_COLOR: '1' });

  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const address = upstream.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    evenkeel = await startEvenkeel([
      {
        service: 'mail',
        deadline: '5s',
        callers: { trust_headers_from: 'loopback' },
        models: { m: { version: '1', json: { url: `http://127.0.0.1:${address.port}/` } } },
        ladder: [{ rung: 'm', level: 'full_service', model: 'm', depends_on: [], budget: '4s' }],
        objectives: { availability: { category: 'availability', target: '90%', window: '7d' } },
      },
    ]);
    let n = 0;
    timer = setInterval(() => {
      n += 1;
      void fetch(`${evenkeel.gateway.replace(/\/v1$/, '')}/v1/predict/mail`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user': `u-${n % 100}` },
        body: '{"text":"hello"}',
      }).then(
        (answer) => answer.text(),
        () => '',
      );
    }, 50);
  }, 60_000);
  afterAll(async () => {
    clearInterval(timer);
    await evenkeel?.stop();
    upstream.closeAllConnections();
    upstream.close();
  });

  it('goes from start to verdict in seconds: those in the radius are late, the others are not', async () => {
    const api = async (method: string, path: string, body?: object) =>
      fetch(`${evenkeel.control}/api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${evenkeel.key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const put = await api('PUT', 'experiments/late_model', {
      service: 'mail',
      text: JSON.stringify(EXPERIMENT),
    });
    expect(put.status, await put.text()).toBe(200);
    const dry = await cli('chaos', 'run', 'late_model', '--dry-run');
    expect(dry.out).toContain('model_latency');
    const done = await cli('--json', 'chaos', 'run', 'late_model');
    expect(done.code, done.out + done.err).toBe(0);
    const run = runShape.parse(JSON.parse(done.out));
    expect(run.status).toBe('completed');
    expect(run.touched.injected).toBeGreaterThan(10);
    expect(run.touched.in_radius / run.touched.requests).toBeGreaterThan(0.25);
    expect(run.touched.in_radius / run.touched.requests).toBeLessThan(0.75);
    expect(run.cohorts.experiment.p50_ms).toBeGreaterThan(1_400);
    expect(run.cohorts.control.p50_ms).toBeLessThan(1_400);
    expect(await (await api('GET', 'directives')).json()).toEqual({ directives: [] });
    const listed = await cli('chaos', 'list');
    expect(listed.out).toContain('late_model');
    expect(listed.out).toContain('completed');
    const again = await cli('chaos', 'abort', String(run.id));
    expect(again.err).toContain('is over');
  }, 120_000);

  it('exits with 1 for what does not exist, and names the nearest', async () => {
    const wrong = await cli('chaos', 'run', 'late_modle');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('did you mean "late_model"') });
  });
});

const killShape = z.object({
  lease_ms: z.number(),
  kills: z.array(z.object({ goneMs: z.number(), late: z.number(), status: z.string() })),
  aborts: z.array(z.object({ goneMs: z.number(), lost: z.number(), reason: z.string() })),
  problem: z.string().optional(),
});

describe.skipIf(noPostgres() !== undefined)('processes over PostgreSQL', () => {
  it('a killed controller leaves no fault beyond its lease, and a burning budget ends an experiment within 5 s', async () => {
    const script = fileURLToPath(new URL('./kills.mjs', import.meta.url));
    const args = [script, '--kills', '1', '--aborts', '1', '--lease', '5s', '--json'];
    const out = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { maxBuffer: 10_000_000 }, (_, stdout) => resolve(stdout));
    });
    const found = killShape.parse(JSON.parse(out));
    expect(found.problem).toBeUndefined();
    expect(found.kills).toHaveLength(1);
    for (const { goneMs, late, status } of found.kills) {
      expect(goneMs).toBeLessThanOrEqual(found.lease_ms);
      expect(late).toBe(0);
      expect(status).toBe('interrupted');
    }
    expect(found.aborts).toHaveLength(1);
    for (const { goneMs, reason } of found.aborts) {
      expect(goneMs).toBeLessThanOrEqual(5_000);
      expect(reason).toContain('the budget of availability burns');
    }
  }, 400_000);
});
