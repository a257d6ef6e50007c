import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultMock, startFaultMock } from './faults/mock.ts';
import { type Evenkeel, startEvenkeel, until } from './process/evenkeel.ts';

let mock: FaultMock;
let evenkeel: Evenkeel;

const json = (model: string): object => ({ version: model, json: { url: `${mock.url}/json/${model}` } });
const top = { level: 'full_service', model: 'm', budget: '250ms', depends_on: [] };
const last = {
  level: 'static_fallback',
  use: 'static',
  with: { output: { label: 'held' } },
  quality: 'nothing is known',
};
const loopback = { trust_headers_from: 'loopback', may_set_priority_from: 'loopback' };

beforeAll(async () => {
  mock = await startFaultMock();
  const custom = { type: 'custom', deadline: '500ms', callers: loopback };
  evenkeel = await startEvenkeel([
    { ...custom, service: 'plain', models: { m: json('ok') }, ladder: [top, last] },
    { ...custom, service: 'reload', models: { m: json('ok') }, ladder: [top, last] },
    { ...custom, service: 'slow', models: { m: json('ok-slow-200') }, ladder: [{ ...top, budget: '450ms' }] },
    {
      ...custom,
      service: 'canary',
      models: {
        m: {
          ...json('ok'),
          canary: { model: 'next', share: '30%' },
          shadow: { model: 'shadow', share: '100%' },
          previous: 'old',
        },
        next: json('ok-slow-1'),
        shadow: json('ok-slow-2'),
        old: json('ok-slow-3'),
      },
      ladder: [top],
    },
    {
      ...custom,
      service: 'held',
      models: { m: json('500') },
      ladder: [
        top,
        { level: 'static_fallback', use: 'hold_for_review', quality: 'a person decides' },
        { level: 'static_fallback', use: 'block', quality: 'blocked' },
      ],
      queue: { capacity: 3, keep_content_for: '1d' },
    },
    {
      ...custom,
      service: 'tenants',
      models: { m: json('ok') },
      ladder: [top],
      admission: { tenants: { small: { requests_per_second: 2 } } },
    },
    { ...custom, service: 'closed', models: { m: json('ok') }, ladder: [top], admission: { capacity: 0 } },
    {
      ...custom,
      service: 'narrow',
      models: { m: json('ok-slow-100') },
      ladder: [{ ...top, budget: '400ms', gate: { limit: 2, queue: '60ms' } }],
    },
    {
      ...custom,
      service: 'safe',
      models: { m: json('ok') },
      ladder: [top],
      safety: {
        rules: [{ name: 'no ok', words: ['spam', 'ok', 'ham', 'good'], verdict: 'block', level: 'strict' }],
      },
    },
  ]);
}, 60_000);
afterAll(async () => {
  await evenkeel.stop();
  await mock.close();
});

async function predict(
  service: string,
  headers: Record<string, string> = {},
  body: object = { text: 'hello' },
) {
  const answer = await request(`${evenkeel.gateway}/v1/predict/${service}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.statusCode, headers: answer.headers, body: Object(await answer.body.json()) };
}
async function control(path: string, method: 'GET' | 'POST' | 'DELETE' = 'GET', body?: object) {
  const answer = await request(`${evenkeel.control}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${evenkeel.key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, body: Object(text === '' ? {} : JSON.parse(text)) };
}

describe('every answer', () => {
  it('tells its level, reason, model and cost in quality, and its record is found by its id', async () => {
    const reply = await predict('plain', {
      'x-tenant': 'acme',
      'x-user': 'ann',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'evenkeel-level': 'full_service',
      'evenkeel-reason': 'ok',
      'evenkeel-model': 'm@ok',
      'evenkeel-quality-impact': 'none',
    });
    const id = String(reply.headers['evenkeel-request-id']);
    const record = await control(`/requests/${id}`);
    expect(record.body).toMatchObject({
      id,
      tenant: 'acme',
      user: 'ann',
      level: 'full_service',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      steps: [{ rung: 'm', outcome: 'answered' }],
    });
    expect((await control('/requests?trace=0af7651916cd43dd8448eb211c80319c')).body.requests).toHaveLength(1);
    expect((await control('/requests/req-nobody')).status).toBe(404);
  });

  it('comes in the Open Inference Protocol too, with the degradation among its parameters', async () => {
    const answer = await request(`${evenkeel.gateway}/v2/models/plain/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        id: 'mine',
        inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['hello'] }],
      }),
    });
    const body = Object(await answer.body.json());
    expect(answer.statusCode).toBe(200);
    expect(body).toMatchObject({
      model_name: 'plain',
      id: 'mine',
      parameters: { evenkeel_level: 'full_service' },
      outputs: expect.any(Array),
    });
    expect(Object(mock.last('ok')?.body)).toMatchObject({ text: 'hello' });
    for (const path of [
      '/v2/health/live',
      '/v2/health/ready',
      '/v2',
      '/v2/models/plain',
      '/v2/models/plain/ready',
      '/v2/models/plain/versions/ok/ready',
      '/healthz',
      '/readyz',
    ]) {
      const look = await request(`${evenkeel.gateway}${path}`);
      expect(look.statusCode, path).toBe(200);
      await look.body.dump();
    }
  });
});

describe('traffic', () => {
  it('of a canary is its share of the users, always the same ones; a shadow sees all and changes nothing', async () => {
    const models = new Map<string, string>();
    for (let user = 0; user < 200; user++) {
      const reply = await predict('canary', { 'x-user': `user-${user}` });
      models.set(`user-${user}`, String(reply.headers['evenkeel-model']));
    }
    const canaries = [...models.values()].filter((model) => model === 'next@ok-slow-1').length;
    expect(canaries).toBeGreaterThan(35);
    expect(canaries).toBeLessThan(85);
    for (const [user, model] of [...models].slice(0, 40)) {
      expect((await predict('canary', { 'x-user': user })).headers['evenkeel-model']).toBe(model);
    }
    await until(() => mock.calls('ok-slow-2') >= 200, 3_000, 'the shadow traffic');
    expect((await control('/services/canary')).body.figures.requests).toBe(240);
  });

  it('goes to the previous version while a directive rolls the model back', async () => {
    const order = {
      service: 'canary',
      order: { kind: 'roll_back', model: 'm' },
      owner: 'ann',
      reason: 'bad answers',
      lease: '1h',
    };
    const { body } = await control('/directives', 'POST', order);
    expect((await predict('canary')).headers['evenkeel-model']).toBe('old@ok-slow-3');
    await control(`/directives/${body.id}`, 'DELETE');
    expect(String((await predict('canary', { 'x-user': 'user-3' })).headers['evenkeel-model'])).not.toContain(
      'old',
    );
  });

  it('of a tenant over its budget is refused with the time to come back; others are not', async () => {
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => predict('tenants', { 'x-tenant': 'small' })),
    );
    const refused = replies.filter((reply) => reply.status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused[0]?.body).toMatchObject({ error: { code: 'rate_limited' } });
    expect(Number(refused[0]?.headers['retry-after-ms'])).toBeGreaterThan(0);
    expect((await predict('tenants', { 'x-tenant': 'big' })).status).toBe(200);
  });

  it('is refused as a whole where the capacity is 0', async () => {
    const reply = await predict('closed', { 'evenkeel-priority': '0' });
    expect(reply).toMatchObject({
      status: 429,
      body: { error: { code: 'shed', message: expect.stringContaining('the limit is 0') } },
    });
  });

  it('over the capacity is refused from the lowest class up; class 0 is served', async () => {
    const asked = [0, 3, 3, 3, 0, 3, 3, 3, 3, 3, 0, 3, 3, 3].map(async (priority) => ({
      priority,
      reply: await predict('narrow', {
        'evenkeel-priority': String(priority),
        'x-user': `u${Math.random()}`,
      }),
    }));
    const done = await Promise.all(asked);
    for (const { priority, reply } of done) if (priority === 0) expect(reply.status).toBe(200);
    const refused = done.filter(({ reply }) => reply.status === 429);
    expect(refused.length).toBeGreaterThan(3);
    expect(refused[0]?.reply.headers).toMatchObject({
      'x-should-retry': 'false',
      'retry-after': expect.any(String),
    });
  });
});

describe('held requests', () => {
  it('wait durably for a verdict; when the queue is full the ladder fails closed', async () => {
    const replies = [];
    for (let i = 0; i < 5; i++) replies.push(await predict('held', {}, { text: `mail ${i}` }));
    expect(replies.map((reply) => reply.body.rung)).toEqual([
      'hold_for_review',
      'hold_for_review',
      'hold_for_review',
      'block',
      'block',
    ]);
    const { body } = await control('/queues/items?service=held&state=waiting');
    expect(body.items).toHaveLength(3);
    expect(body.items[0]).toMatchObject({ content: { input: { text: 'mail 0' } }, state: 'waiting' });
    const path = `/queues/items/${body.items[0].id}/verdict`;
    expect((await control(path, 'POST', { verdict: 'allow', by: 'ann' })).body).toMatchObject({
      state: 'decided',
      decidedBy: 'ann',
    });
    expect((await control(path, 'POST', { verdict: 'block', by: 'bob' })).status).toBe(409);
    expect((await predict('held')).body.rung).toBe('hold_for_review');
    expect((await control('/queues')).body.queues).toContainEqual(
      expect.objectContaining({ service: 'held', waiting: 3 }),
    );
  });
});

describe('directives', () => {
  it('tighten the safety check while they last', async () => {
    expect((await predict('safe')).status).toBe(200);
    const order = {
      service: 'safe',
      order: { kind: 'strictness', level: 'strict' },
      owner: 'ann',
      reason: 'an attack',
      lease: '400ms',
    };
    await control('/directives', 'POST', order);
    expect(await predict('safe')).toMatchObject({ status: 422, body: { error: { code: 'output_blocked' } } });
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect((await predict('safe')).status).toBe(200);
  });

  it('pin a rung and end by themselves', async () => {
    const order = {
      service: 'plain',
      order: { kind: 'pin', rung: 'static' },
      owner: 'ann',
      reason: 'a drill',
      lease: '300ms',
    };
    expect((await control('/directives', 'POST', order)).status).toBe(201);
    expect((await predict('plain')).headers).toMatchObject({
      'evenkeel-level': 'static_fallback',
      'evenkeel-reason': 'pinned to static by ann: a drill',
    });
    await until(
      async () => (await predict('plain')).headers['evenkeel-level'] === 'full_service',
      15_000,
      'the way back',
    );
  });
});

describe('a new file', () => {
  it('is in force without a restart and without a lost request; a bad one is refused and says why', async () => {
    const path = evenkeel.file('reload');
    const file = JSON.parse(readFileSync(path, 'utf8'));
    let stop = false;
    const statuses: number[] = [];
    const load = (async () => {
      while (!stop) statuses.push((await predict('reload')).status);
    })();
    writeFileSync(
      path,
      JSON.stringify({ ...file, models: { m: { version: 'two', json: { url: `${mock.url}/json/ok` } } } }),
    );
    await until(
      async () => (await predict('reload')).headers['evenkeel-model'] === 'm@two',
      5_000,
      'the new version',
    );
    writeFileSync(
      path,
      JSON.stringify({ ...file, ladder: [{ level: 'full_service', model: 'nobody', budget: '1s' }] }),
    );
    await until(
      async () => (await control('/services/reload')).body.file.problem !== undefined,
      5_000,
      'the refusal',
    );
    expect((await control('/services/reload')).body.file.problem).toContain('there is no model "nobody"');
    expect((await predict('reload')).headers['evenkeel-model']).toBe('m@two');
    stop = true;
    await load;
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('SIGTERM under load', () => {
  it('loses nothing that was accepted', async () => {
    const own = await startEvenkeel([
      {
        service: 'slow',
        type: 'custom',
        deadline: '500ms',
        models: { m: json('ok-slow-200') },
        ladder: [{ ...top, budget: '450ms', gate: { limit: 500 } }],
      },
    ]);
    const agent = new Agent({ connections: 40 });
    const results: string[] = [];
    let stop = false;
    const one = async (): Promise<void> => {
      while (!stop) {
        try {
          const answer = await request(`${own.gateway}/v1/predict/slow`, {
            dispatcher: agent,
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{"text":"x"}',
          });
          await answer.body.dump();
          results.push(String(answer.statusCode));
        } catch (error) {
          results.push(error instanceof Error && 'code' in error ? String(error.code) : 'error');
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    const load = Promise.all(Array.from({ length: 20 }, one));
    await new Promise((resolve) => setTimeout(resolve, 700));
    own.signal('SIGTERM');
    const code = await own.exited;
    stop = true;
    await load;
    await agent.close();
    expect(code).toBe(0);
    expect(results.filter((result) => result === '200').length).toBeGreaterThan(40);
    // After the listening has ended new connections are refused, and a draining replica says so; nothing else may happen.
    const others = results.filter(
      (result) => result !== '200' && result !== '503' && result !== 'ECONNREFUSED',
    );
    expect(others).toEqual([]);
    await own.stop();
  }, 30_000);
});

it('keeps its data where it was told to', () => {
  expect(readFileSync(join(evenkeel.dir, 'data', 'evenkeel.db')).length).toBeGreaterThan(0);
});
