import { createTenantBudgets, EvenkeelError, fakeClock } from '@evenkeel/core';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FakeService,
  fakeService,
  type RunningFront,
  refused,
  served,
  startFront,
  until,
} from './front.test.support.ts';

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'up',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
};

let json: FakeService;
let chat: FakeService;
let front: RunningFront;
let ready = true;

beforeAll(async () => {
  json = fakeService('mail', () => served({ label: 'ham' }), { speaksOpenAi: false });
  chat = fakeService('chat', () => served(completion), { budget: () => '0.62; latency-p99' });
  front = await startFront([json, chat], { ready: () => ready });
});
afterAll(() => front.close());

async function call(
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'OPTIONS',
  path: string,
  body?: string,
  headers: Record<string, string> = {},
) {
  const answer = await request(`${front.url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body ?? null,
  });
  const text = await answer.body.text();
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : text;
  return { status: answer.statusCode, headers: answer.headers, body: parsed };
}

describe('every route', () => {
  it.each([
    ['/healthz', { status: 'ok' }],
    ['/readyz', { status: 'ready' }],
    ['/readyz?from=probe', { status: 'ready' }],
    ['/v2/health/live', { live: true }],
    ['/v2/health/ready', { ready: true }],
    ['/v2', { name: 'evenkeel' }],
    ['/v2/', { name: 'evenkeel' }],
    ['/v2/models/mail', { name: 'mail', versions: ['7'], platform: expect.any(String) }],
    ['/v2/models/mail/versions/7', { name: 'mail' }],
    ['/v2/models/mail/ready', { ready: true }],
    ['/v2/models/mail/versions/7/ready', { ready: true }],
    ['/v1/models', { object: 'list', data: [{ id: 'mail', object: 'model' }, { id: 'chat' }] }],
    ['/v1/models/chat', { id: 'chat', object: 'model', owned_by: 'evenkeel', created: 1767225600 }],
  ])('GET %s', async (path, body) => {
    const reply = await call('GET', path);
    expect(reply).toMatchObject({ status: 200, body });
    expect(reply.headers['evenkeel-request-id']).toMatch(/^req-/);
    expect(reply.headers['x-request-id']).toBe(reply.headers['evenkeel-request-id']);
    const head = await call('HEAD', path);
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe(reply.headers['content-length']);
  });

  it('says that it is not ready, in both forms, while it is alive', async () => {
    ready = false;
    expect((await call('GET', '/readyz')).status).toBe(503);
    expect((await call('GET', '/v2/health/ready')).status).toBe(503);
    expect((await call('GET', '/v2/models/mail/ready')).status).toBe(503);
    expect((await call('GET', '/healthz')).status).toBe(200);
    ready = true;
  });

  it.each([
    ['POST', '/healthz', 'GET, HEAD'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['GET', '/v1/chat/completions', 'POST'],
    ['HEAD', '/v1/predict/mail', 'POST'],
    ['OPTIONS', '/v1/embeddings', 'POST'],
    ['PUT', '/v2/models/mail/infer', 'POST'],
    ['POST', '/v2/models/mail', 'GET, HEAD'],
  ] as const)('%s %s is not for it', async (method, path, allow) => {
    const reply = await call(method, path);
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe(allow);
  });

  it.each([
    '/',
    '/v1',
    '/v1/predict/',
    '/v1/predict/a/b',
    '/v1/predict/%ff',
    '/v1/models/%ff',
    '/v2/models/',
    '/v2/models/%ff',
    '/v2/models/mail/versions/8',
    '/v2/models/mail/versions/%ff',
    '/v2/nothing',
    '/constructor',
    '/__proto__',
    '//healthz',
  ])('GET %s is not there', async (path) => {
    expect((await call('GET', path)).status).toBe(404);
  });

  it('errors have the shape of their protocol', async () => {
    expect((await call('POST', '/v1/predict/mial', '{}')).body).toEqual({
      error: {
        code: 'unknown_service',
        message: 'no service "mial"; did you mean "mail"?',
        action: expect.any(String),
        request_id: expect.stringMatching(/^req-/),
      },
    });
    expect((await call('GET', '/v1/models/caht')).body).toEqual({
      error: {
        message: 'no service "caht"; did you mean "chat"?',
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    });
    expect((await call('GET', '/v2/models/mial')).body).toEqual({
      error: 'no service "mial"; did you mean "mail"?',
    });
  });
});

describe('predictions', () => {
  it('plain JSON: the model’s own answer, and beside it how it came about', async () => {
    const reply = await call('POST', '/v1/predict/mail', '{"text":"x","extra":1}');
    expect(reply.body).toMatchObject({
      prediction: { label: 'ham' },
      level: 'full_service',
      rung: 'top',
      reason: 'ok',
      model: 'm',
      version: '7',
      request_id: reply.headers['evenkeel-request-id'],
    });
    expect(reply.headers).toMatchObject({
      'evenkeel-level': 'full_service',
      'evenkeel-reason': 'ok',
      'evenkeel-model': 'm@7',
      'evenkeel-quality-impact': 'none',
    });
    expect(reply.headers['evenkeel-feature-age']).toBeUndefined();
    expect(json.asked.at(-1)).toMatchObject({
      service: 'mail',
      input: { text: 'x', extra: 1 },
      deadlineMs: 500,
      priority: 3,
      stream: false,
      kind: 'live',
    });
  });

  it('takes any JSON content type, and refuses other bodies before it reads them', async () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/vnd.x+json',
    ])
      expect((await call('POST', '/v1/predict/mail', '{}', { 'content-type': type })).status, type).toBe(200);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'json'])
      expect((await call('POST', '/v1/predict/mail', '{}', { 'content-type': type })).status, type).toBe(415);
    const packed = await call('POST', '/v1/predict/mail', 'xx', { 'content-encoding': 'gzip' });
    expect(packed).toMatchObject({
      status: 415,
      body: { error: { message: expect.stringContaining('gzip') } },
    });
    expect((await call('POST', '/v1/predict/mail', '{}', { 'content-encoding': 'identity' })).status).toBe(
      200,
    );
  });

  it('Open Inference: tensors in and out, degradation in the parameters', async () => {
    const body = JSON.stringify({
      id: 'mine',
      inputs: [
        { name: 'text', shape: [1], datatype: 'BYTES', data: ['hello'] },
        { name: 'grid', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4.5] },
        { name: 'flag', shape: [1], datatype: 'BOOL', data: [true] },
      ],
    });
    const reply = await call('POST', '/v2/models/mail/versions/7/infer', body);
    expect(reply).toMatchObject({
      status: 200,
      body: {
        model_name: 'mail',
        model_version: '7',
        id: 'mine',
        parameters: { evenkeel_level: 'full_service', evenkeel_reason: 'ok' },
        outputs: [{ name: 'label', shape: [1], datatype: 'BYTES', data: ['ham'] }],
      },
    });
    expect(json.asked.at(-1)?.input).toEqual({
      text: 'hello',
      grid: [
        [1, 2],
        [3, 4.5],
      ],
      flag: true,
    });
  });

  it('Open Inference: as many predictions as there are rows, each with its own walk and id', async () => {
    let n = 0;
    const one = fakeService('one', () => {
      n += 1;
      return n === 2
        ? served({ label: 'held', p: [0.5, 0.5] }, { level: 'rule_based', reason: 'down', rung: 'rules' })
        : served({ label: `l${n}`, p: [0.9, 0.1] });
    });
    const running = await startFront([one]);
    const post = async (inputs: object[]) => {
      const reply = await request(`${running.url}/v2/models/one/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'evenkeel-deadline-ms': '400' },
        body: JSON.stringify({ inputs }),
      });
      return { status: reply.statusCode, headers: reply.headers, body: Object(await reply.body.json()) };
    };
    const reply = await post([
      { name: 'text', shape: [3], datatype: 'BYTES', data: ['a', 'b', 'c'] },
      { name: 'x', shape: [3, 2], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6] },
    ]);
    expect(reply.body).toMatchObject({
      parameters: { evenkeel_level: 'rule_based', evenkeel_reason: 'down', evenkeel_rows_degraded: 1 },
      outputs: [
        { name: 'label', shape: [3], datatype: 'BYTES', data: ['l1', 'held', 'l3'] },
        { name: 'p', shape: [3, 2], datatype: 'FP64', data: [0.9, 0.1, 0.5, 0.5, 0.9, 0.1] },
      ],
    });
    const id = reply.headers['evenkeel-request-id'];
    expect(reply.headers['evenkeel-level']).toBe('rule_based');
    expect(one.asked.map(({ id, input }) => [id, input])).toEqual([
      [id, { text: 'a', x: [1, 2] }],
      [`${id}.1`, { text: 'b', x: [3, 4] }],
      [`${id}.2`, { text: 'c', x: [5, 6] }],
    ]);
    for (const { deadlineMs } of one.asked) expect(deadlineMs).toBeLessThanOrEqual(400);
    expect((await post([{ name: 'x', shape: [0], datatype: 'INT8', data: [] }])).status).toBe(400);
    expect((await post([{ name: 'x', shape: [2], datatype: 'INT8', data: [1] }])).status).toBe(400);
    await running.close();
  });

  it('Open Inference: one row refused refuses the request, and no more rows are begun', async () => {
    const one = fakeService('one', () => refused('shed', false, 'full', { retryAfterMs: 700 }));
    const running = await startFront([one]);
    const rows = 200;
    const reply = await request(`${running.url}/v2/models/one/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        inputs: [{ name: 'x', shape: [rows], datatype: 'INT8', data: Array.from({ length: rows }, () => 1) }],
      }),
    });
    expect(reply.statusCode).toBe(429);
    expect(reply.headers['retry-after-ms']).toBe('700');
    expect(await reply.body.json()).toEqual({ error: 'full' });
    expect(one.asked.length).toBeLessThanOrEqual(16);
    await running.close();
  });

  it('Open Inference: tensors as they are, datatypes and all, where the service takes them whole', async () => {
    const output = {
      model_name: 'up',
      outputs: [{ name: 'y', shape: [2], datatype: 'FP32', data: [0.5, 0.25] }],
    };
    const tensors = fakeService('tensors', () => served(output), {
      openInference: { rows: 'whole', metadata: async () => ({ inputs: [], outputs: [] }) },
    });
    const running = await startFront([tensors]);
    const body = { inputs: [{ name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] }] };
    const reply = await request(`${running.url}/v2/models/tensors/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(await reply.body.json()).toMatchObject({ model_name: 'tensors', outputs: output.outputs });
    expect(tensors.asked[0]?.input).toEqual(body);
    await running.close();
  });

  it('OpenAI: the field that is wrong is named', async () => {
    for (const [body, param] of [
      ['{"model":"chat","messages":[]}', 'messages'],
      ['{"model":"chat","messages":[{"role":"user","content":"x"}],"max_tokens":0}', 'max_tokens'],
      ['{"messages":[{"role":"user","content":"x"}]}', 'model'],
      ['{"model":"chat","messages":[{"role":"user","content":"x"}],"stream":"yes"}', 'stream'],
    ])
      expect((await call('POST', '/v1/chat/completions', body)).body).toMatchObject({ error: { param } });
  });

  it('OpenAI: the upstream’s body as it is, and one field more', async () => {
    const reply = await call(
      'POST',
      '/v1/chat/completions',
      '{"model":"chat","messages":[{"role":"user","content":"x"}],"logit_bias":{"1":2}}',
    );
    expect(reply.body).toEqual({
      ...completion,
      evenkeel: {
        level: 'full_service',
        rung: 'top',
        reason: 'ok',
        request_id: reply.headers['evenkeel-request-id'],
      },
    });
    expect(reply.headers['evenkeel-budget']).toBe('0.62; latency-p99');
    expect(chat.asked.at(-1)?.input).toMatchObject({ logit_bias: { 1: 2 } });
  });

  it('says which endpoint a service that is no chat has', async () => {
    const reply = await call(
      'POST',
      '/v1/chat/completions',
      '{"model":"mail","messages":[{"role":"user","content":"x"}]}',
    );
    expect(reply).toMatchObject({
      status: 400,
      body: {
        error: { message: expect.stringContaining('/v1/predict/mail'), type: 'invalid_request_error' },
      },
    });
  });

  it('the headers of the caller: deadline bounded, trace id taken, priority', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await call('POST', '/v1/predict/mail', '{}', {
      'evenkeel-deadline-ms': '99999',
      'evenkeel-priority': '0',
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
    });
    expect(json.asked.at(-1)).toMatchObject({ deadlineMs: 2_000, priority: 0, traceId: trace });
    await call('POST', '/v1/predict/mail', '{}', { 'evenkeel-deadline-ms': '40', traceparent: 'x' });
    expect(json.asked.at(-1)).toMatchObject({ deadlineMs: 40, traceId: undefined });
    const wrong = await call('POST', '/v1/predict/mail', '{}', { 'evenkeel-priority': '4' });
    expect(wrong.status).toBe(400);
  });
});

describe('what is not well', () => {
  let odd: RunningFront;
  let answer: Parameters<typeof fakeService>[1] = () => served({});
  const service = fakeService('s', (asked) => answer(asked));
  beforeAll(async () => {
    odd = await startFront([service]);
  });
  afterAll(() => odd.close());
  const post = (headers: Record<string, string> = {}, body = '{}') =>
    request(`${odd.url}/v1/predict/s`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  it('a reason cannot make a header, whatever is in it', async () => {
    const nasty = `a\r\nset-cookie: x=1\u0000\u2028é${'y'.repeat(400)}`;
    answer = () =>
      served(
        {},
        {
          reason: nasty,
          qualityImpact: nasty,
          level: 'cached_features',
          features: {
            values: {},
            source: 'cache',
            ageMs: 61_500,
            missing: [],
          },
        },
      );
    const reply = await post();
    await reply.body.dump();
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['set-cookie']).toBeUndefined();
    expect(reply.headers['evenkeel-reason']).toMatch(/^[\x20-\x7e]{1,200}$/);
    expect(reply.headers['evenkeel-feature-age']).toBe('61.500');
  });

  it('a refusal says when to come back, and whether to', async () => {
    answer = () => refused('shed', false, 'pressure 0.9', { retryAfterMs: 250 });
    const shed = await post();
    expect(shed.statusCode).toBe(429);
    expect(shed.headers).toMatchObject({
      'retry-after': '1',
      'retry-after-ms': '250',
      'x-should-retry': 'false',
      'evenkeel-level': 'failed',
      'evenkeel-reason': 'pressure 0.9',
    });
    await shed.body.dump();
    answer = () => refused('exhausted', true, 'all failed', { retryAfterMs: 2_400 });
    const exhausted = await post();
    expect(exhausted.statusCode).toBe(503);
    expect(exhausted.headers).toMatchObject({ 'retry-after': '3', 'retry-after-ms': '2400' });
    expect(exhausted.headers['x-should-retry']).toBeUndefined();
    await exhausted.body.dump();
    answer = () => refused('shed', true, 'never', { retryAfterMs: 0 });
    const never = await post();
    expect(never.headers['retry-after']).toBe('1');
    await never.body.dump();
  });

  it('a service that throws is a 500 that says nothing of its inside', async () => {
    answer = () => {
      throw new Error('secret path /etc/x');
    };
    const reply = await post();
    expect(reply.statusCode).toBe(500);
    const text = await reply.body.text();
    expect(text).not.toContain('secret');
    expect(JSON.stringify(reply.headers)).not.toContain('secret');
    expect(odd.errors).toHaveLength(1);
  });

  it('a caller who goes aborts the prediction', async () => {
    let signal: unknown;
    answer = (asked) =>
      new Promise((resolve) => {
        signal = asked.signal;
        asked.signal?.addEventListener('abort', () => resolve(refused('client_closed', false, 'gone')));
      });
    const leave = new AbortController();
    const reply = request(`${odd.url}/v1/predict/s`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: leave.signal,
    }).catch(() => 'left');
    await until(() => signal !== undefined);
    const began = performance.now();
    leave.abort();
    await until(() => Object(signal).aborted === true);
    expect(performance.now() - began).toBeLessThan(100);
    expect(await reply).toBe('left');
    await until(() => odd.front.inFlight() === 0);
  });

  it('a prediction that is over is not aborted by the connection’s end', async () => {
    answer = () => served({});
    await (await post({ connection: 'close' })).body.dump();
    await until(() => odd.front.inFlight() === 0);
    expect(service.asked.at(-1)?.signal?.aborted).toBe(false);
  });
});

describe('limits of a service', () => {
  it('counts its own requests, in every protocol', async () => {
    const waiting: (() => void)[] = [];
    const slow = fakeService(
      'slow',
      () => new Promise((resolve) => waiting.push(() => resolve(served({})))),
      {
        limits: { bodyBytes: 1_000, headerBytes: 16_384, depth: 8, concurrency: 2 },
      },
    );
    const other = fakeService('other', () => served({}), {
      limits: { bodyBytes: 1_000, headerBytes: 16_384, depth: 8, concurrency: 2 },
    });
    const running = await startFront([slow, other]);
    const post = (path: string, body: string) =>
      request(`${running.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
    const chat = '{"model":"slow","messages":[{"role":"user","content":"x"}]}';
    const held = [post('/v1/predict/slow', '{}'), post('/v1/chat/completions', chat)];
    await until(() => waiting.length === 2);
    for (const reply of [await post('/v1/predict/slow', '{}'), await post('/v1/chat/completions', chat)]) {
      expect(reply.statusCode).toBe(503);
      expect(reply.headers['retry-after']).toBe('1');
      // A refusal must not cost a new connection.
      expect(reply.headers.connection).not.toBe('close');
      await reply.body.dump();
    }
    const free = await post('/v1/predict/other', '{}');
    expect(free.statusCode).toBe(200);
    await free.body.dump();
    for (const go of waiting) go();
    for (const reply of held) await (await reply).body.dump();
    const after = await post('/v1/predict/slow', '{').then(async (reply) => {
      await reply.body.dump();
      return reply.statusCode;
    });
    expect(after).toBe(400);
    await running.close();
  });

  it('holds the head of a request to what the service it is for allows', async () => {
    const narrow = fakeService('narrow', () => served(completion), {
      limits: { bodyBytes: 1_000, headerBytes: 2_000, depth: 8, concurrency: 10 },
    });
    const wide = fakeService('wide', () => served(completion), {
      limits: { bodyBytes: 1_000, headerBytes: 30_000, depth: 8, concurrency: 10 },
    });
    const running = await startFront([narrow, wide], { headerBytes: 30_000 });
    const post = async (path: string, body: string, bytes: number) => {
      const reply = await request(`${running.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-filler': 'x'.repeat(bytes) },
        body,
      });
      await reply.body.dump();
      return reply.statusCode;
    };
    const chat = (model: string): string =>
      JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] });
    expect(await post('/v1/predict/narrow', '{}', 1_000)).toBe(200);
    expect(await post('/v1/predict/narrow', '{}', 2_000)).toBe(431);
    expect(await post('/v1/chat/completions', chat('narrow'), 2_000)).toBe(431);
    expect(await post('/v1/predict/wide', '{}', 25_000)).toBe(200);
    expect(await post('/v1/chat/completions', chat('wide'), 25_000)).toBe(200);
    expect(await post('/v1/predict/wide', '{}', 31_000)).toBe(431);
    await running.close();
  });

  it('holds the OpenAI protocol, too, to the size and depth of the service it names', async () => {
    const small = fakeService('small', () => served(completion), {
      limits: { bodyBytes: 300, headerBytes: 16_384, depth: 8, concurrency: 10 },
    });
    const deep = fakeService('deep', () => served(completion), {
      limits: { bodyBytes: 10_000, headerBytes: 16_384, depth: 200, concurrency: 10 },
    });
    const running = await startFront([small, deep]);
    const post = async (model: string, extra: unknown) => {
      const reply = await request(`${running.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], extra }),
      });
      await reply.body.dump();
      return reply.statusCode;
    };
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(await post('small', 'x')).toBe(200);
    expect(await post('small', 'x'.repeat(400))).toBe(413);
    expect(await post('small', nested(20))).toBe(400);
    expect(await post('deep', nested(100))).toBe(200);
    expect(await post('deep', nested(300))).toBe(400);
    await running.close();
  });

  it('refuses a wrong key before it reads the body', async () => {
    const locked = fakeService('locked', () => served({}), { identify: () => ({ ok: false }) });
    const running = await startFront([locked]);
    const reply = await request(`${running.url}/v1/predict/locked`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"not json',
    });
    expect(reply.statusCode).toBe(401);
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer/);
    await reply.body.dump();
    await running.close();
  });

  it('gives back what was charged for a request that was not served, and settles what was', async () => {
    const clock = fakeClock();
    const budgets = createTenantBudgets(() => ({ tokensPerMinute: 1_000, requestsPerSecond: 100 }), {
      clock,
    });
    let refuse = true;
    const usage = { inputTokens: 3, outputTokens: 7 };
    const paid = fakeService(
      'paid',
      () =>
        refuse
          ? refused('exhausted', true, 'no')
          : served(completion, {
              prediction: { kind: 'value', model: 'm', version: '7', output: completion, usage },
            }),
      { budgets },
    );
    const running = await startFront([paid]);
    const post = async (headers: Record<string, string> = {}) => {
      const reply = await request(`${running.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"model":"paid","messages":[{"role":"user","content":"x"}],"max_tokens":400}',
      });
      await reply.body.dump();
      return reply.statusCode;
    };
    expect(await post()).toBe(503);
    expect(budgets.left('anonymous').tokens).toBe(1_000);
    expect(await post({ 'evenkeel-deadline-ms': '-1' })).toBe(400);
    expect(budgets.left('anonymous').tokens).toBe(1_000);
    refuse = false;
    expect(await post()).toBe(200);
    expect(budgets.left('anonymous').tokens).toBe(990);
    await running.close();
  });
});

describe('drain', () => {
  it('ends what is in flight, takes nothing new, and says how many it cut', async () => {
    let go: () => void = () => {};
    const slow = fakeService(
      'slow',
      () =>
        new Promise((resolve) => {
          go = () => resolve(served({ a: 1 }));
        }),
    );
    const running = await startFront([slow]);
    const post = () =>
      request(`${running.url}/v1/predict/slow`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
    const accepted = post();
    await until(() => slow.asked.length === 1);
    const drained = running.front.drain(3_000);
    setTimeout(() => go(), 100);
    const reply = await accepted;
    expect(reply.statusCode).toBe(200);
    expect(reply.headers.connection).toBe('close');
    await reply.body.dump();
    expect(await drained).toBe(0);
    await expect(post()).rejects.toThrow();
  });

  it('cuts off what does not end in time', async () => {
    const stuck = fakeService('stuck', () => new Promise(() => {}));
    const running = await startFront([stuck]);
    const left = request(`${running.url}/v1/predict/stuck`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }).catch((error: unknown) => error);
    await until(() => stuck.asked.length === 1);
    expect(await running.front.drain(60)).toBe(1);
    expect(await left).toBeInstanceOf(Error);
    await until(() => stuck.asked[0]?.signal?.aborted === true);
    expect(stuck.asked[0]?.signal?.reason).toBeInstanceOf(EvenkeelError);
  });
});
