import { createServer } from 'node:net';
import { isEvenkeelError, retryBudget, seededRandom } from '@evenkeel/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createJsonModel,
  createOpenAiModel,
  createOpenInferenceModel,
  type HttpOptions,
  type Model,
  type Timeouts,
} from '../../packages/gateway/src/upstreams/index.ts';
import { type FaultMock, startFaultMock } from './mock.ts';
import { ask, askWhole, CHAT, realTime } from './mock-calls.ts';

let mock: FaultMock;
const models: Model[] = [];

beforeAll(async () => {
  mock = await startFaultMock();
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.close()));
  await mock.close();
});

const QUICK: Timeouts = { connectMs: 500, firstMs: 250, idleMs: 250, totalMs: 3_000 };

type Make = (fault: string, options?: Partial<HttpOptions>, host?: typeof realTime) => Model;

function kept(model: Model): Model {
  models.push(model);
  return model;
}

const chat: Make = (fault, options, host = realTime) =>
  kept(
    createOpenAiModel(
      {
        name: 'primary',
        upstreamModel: fault,
        baseUrl: `${mock.url}/v1`,
        timeouts: QUICK,
        apiKey: 'sk-secret',
        ...options,
      },
      host,
    ),
  );
const json: Make = (fault, options, host = realTime) =>
  kept(
    createJsonModel(
      {
        name: 'primary',
        version: '1',
        baseUrl: `${mock.url}/json/${fault}`,
        timeouts: QUICK,
        label: 'result.label',
        confidence: 'result.scores[0].value',
        ...options,
      },
      host,
    ),
  );
const infer: Make = (fault, options, host = realTime) =>
  kept(
    createOpenInferenceModel(
      {
        name: 'primary',
        upstreamModel: fault,
        baseUrl: mock.url,
        timeouts: QUICK,
        label: 'label',
        confidence: 'probs[0][1]',
        ...options,
      },
      host,
    ),
  );

async function rejection(promise: Promise<unknown>): Promise<{
  code: string;
  message: string;
  status: number;
  retryAfterMs: number | undefined;
}> {
  const error = await promise.then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
  if (!isEvenkeelError(error)) throw new Error(`an EvenkeelError was expected, not ${JSON.stringify(error)}`);
  return { code: error.code, message: error.message, status: error.status, retryAfterMs: error.retryAfterMs };
}

describe('good answers', () => {
  it('pass through from OpenAI with unknown fields, usage and the version that answered', async () => {
    const prediction = await askWhole(chat('ok'));
    expect(prediction).toMatchObject({
      model: 'primary',
      version: 'ok-2026-01-01',
      usage: { inputTokens: 7, outputTokens: 10 },
      output: { vendor_extra: { kept: true }, choices: [{ finish_reason: 'stop' }] },
    });
    expect(mock.last('ok')?.body).toEqual({ ...CHAT, model: 'ok' });
    expect(mock.last('ok')?.headers.authorization).toBe('Bearer sk-secret');
  });

  it('come as whole embeddings', async () => {
    const prediction = await askWhole(chat('ok'), { input: { input: ['hello'], dimensions: 3 } });
    expect(prediction.output).toMatchObject({ data: [{ embedding: [0.1, -0.2, 0.3] }] });
    expect(prediction.usage).toEqual({ inputTokens: 3, outputTokens: 0 });
    expect(mock.last('ok')?.body).toEqual({ input: ['hello'], dimensions: 3, model: 'ok' });
  });

  it('does not ask for a stream that our caller does not read as one', async () => {
    await askWhole(chat('ok'), { input: { ...CHAT, stream: true, stream_options: { include_usage: true } } });
    expect(mock.last('ok')?.body).toEqual({ ...CHAT, model: 'ok' });
  });

  it('come from JSON with label and confidence, and take features along', async () => {
    const model = kept(
      createJsonModel(
        {
          name: 'm',
          version: '1',
          baseUrl: `${mock.url}/json/ok`,
          send: 'input_and_features',
          label: 'result.label',
          output: 'result',
        },
        realTime,
      ),
    );
    const features = { values: { age: 3 }, source: 'online', ageMs: 0, missing: [] } as const;
    const prediction = await askWhole(model, { input: { text: 'hi' }, features });
    expect(prediction).toMatchObject({
      label: 'spam',
      output: { label: 'spam', scores: [{ value: 0.875 }] },
    });
    expect(mock.last('ok')?.body).toEqual({ input: { text: 'hi' }, features: { age: 3 } });
    expect((await askWhole(json('ok'))).confidence).toBe(0.875);
  });

  it('pass through from Open Inference when asked in its words, and are plain otherwise', async () => {
    const request = {
      id: 'a',
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2], parameters: { p: 1 } }],
      extra: 'kept',
    };
    const passed = await askWhole(infer('ok'), { input: request });
    expect(mock.last('ok')?.body).toEqual(request);
    expect(passed).toMatchObject({
      version: '7',
      label: 'spam',
      confidence: 0.875,
      output: { outputs: [{ name: 'label' }, { name: 'probs' }], vendor_extra: { kept: true } },
    });
    const plain = await askWhole(infer('ok'), { input: { text: ['a', 'b'], n: 3 } });
    expect(plain.output).toEqual({ label: 'spam', probs: [[0.125, 0.875]] });
    expect(mock.last('ok')?.body).toEqual({
      id: 'request-1',
      inputs: [
        { name: 'text', shape: [2], datatype: 'BYTES', data: ['a', 'b'] },
        { name: 'n', shape: [1], datatype: 'INT64', data: [3] },
      ],
    });
  });

  it('reuse one connection', async () => {
    const before = mock.connections();
    const model = chat('ok');
    for (let i = 0; i < 5; i++) await askWhole(model);
    // undici rests a socket for one turn of the loop after an answer: two of them take turns.
    expect(mock.connections() - before).toBeLessThanOrEqual(2);
  });
});

describe.each([
  ['openai', chat],
  ['json', json],
  ['open inference', infer],
])('faults of a whole answer: %s', (_, make) => {
  it.each([
    ['503', 'upstream_error', /^status 503: mock says 503/],
    ['500', 'upstream_error', /^status 500/],
    ['404', 'upstream_error', /^status 404/],
    ['400', 'bad_request', /mock says 400/],
    ['413', 'bad_request', /mock says 413/],
    ['422', 'bad_request', /mock says 422/],
    ['silent', 'upstream_timeout', /^first: no headers within 250 ms/],
    ['timeout-headers', 'upstream_timeout', /^first:/],
    ['half-open', 'upstream_timeout', /^idle: nothing more within 250 ms/],
    ['truncated-json', 'upstream_malformed', /not whole JSON/],
    ['empty-200', 'upstream_malformed', /empty body/],
    ['html-200', 'upstream_malformed', /text\/html/],
    ['huge-body', 'upstream_malformed', /larger than 8388608 bytes/],
    ['reset', 'upstream_error', /no connection/],
  ])('%s: %s', async (fault, code, message) => {
    const error = await rejection(ask(make(fault)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('a status under 400 that the caller caused keeps its own status', async () => {
    expect((await rejection(ask(make('422')))).status).toBe(422);
  });

  it('401: our key is not the caller’s fault, and what the upstream says of it stays here', async () => {
    expect(await rejection(ask(make('401')))).toMatchObject({
      code: 'upstream_error',
      message: 'status 401: refused our key',
    });
  });

  it('an error under a good status is no answer', async () => {
    const { code } = await rejection(ask(make('json-error-200')));
    expect(code).toMatch(/^upstream_/);
  });

  it('429 says when to come again: in seconds, as a date, in milliseconds', async () => {
    expect((await rejection(ask(make('429-seconds')))).retryAfterMs).toBe(2_000);
    const date = (await rejection(ask(make('429-date')))).retryAfterMs ?? 0;
    expect(date).toBeGreaterThan(1_500);
    expect(date).toBeLessThanOrEqual(3_000);
    expect((await rejection(ask(make('429-ms')))).retryAfterMs).toBe(120);
  });

  it('nobody listens', async () => {
    const closed = await freePort();
    const model = make('ok', { baseUrl: `http://127.0.0.1:${closed}` });
    const error = await rejection(ask(model));
    expect(error.code).toBe('upstream_error');
    expect(error.message).toMatch(/ECONNREFUSED/);
    await expect(model.healthy(new AbortController().signal)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('leaves the upstream within 100 ms of the signal', async () => {
    const controller = new AbortController();
    const before = mock.aborted('silent').length;
    const calls = mock.calls('silent');
    const asked = rejection(
      ask(make('silent', { timeouts: { firstMs: 5_000 } }), { signal: controller.signal }),
    );
    while (mock.calls('silent') === calls) await new Promise((next) => setTimeout(next, 5));
    const leftAt = Date.now();
    controller.abort();
    expect((await asked).code).toBe('client_closed');
    while (mock.aborted('silent').length === before) await new Promise((next) => setTimeout(next, 5));
    expect((mock.aborted('silent')[before] ?? Number.POSITIVE_INFINITY) - leftAt).toBeLessThan(100);
  });

  it('is healthy while it answers', async () => {
    expect(await make('ok').healthy(new AbortController().signal)).toBe(true);
  });

  it('bounds the whole answer by the total', async () => {
    const error = await rejection(ask(make('ok-slow-900', { timeouts: { firstMs: 5_000, totalMs: 150 } })));
    expect(error).toMatchObject({ code: 'upstream_timeout', message: 'total: not whole within 150 ms' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('connections', () => {
  it('a call that finds all of them in use gives up after the connect time-out, and is never sent', async () => {
    const model = json('ok-slow-400', {
      connections: 1,
      timeouts: { ...QUICK, connectMs: 100, firstMs: 2_000 },
    });
    const first = ask(model);
    const error = await rejection(ask(model));
    expect(error).toMatchObject({
      code: 'upstream_timeout',
      message: 'connect: no connection within 100 ms',
    });
    await first;
    await new Promise((next) => setTimeout(next, 50));
    expect(mock.calls('ok-slow-400')).toBe(1);
    expect((await askWhole(model)).label).toBe('spam');
  });
});

describe('retries', () => {
  const budgeted = (share: number): typeof realTime => ({
    ...realTime,
    random: seededRandom(1),
    retryBudget: retryBudget({ share, floorPerSecond: 5, burst: 5 }, realTime.clock),
  });

  it('come only with a budget', async () => {
    const options = { retries: { max: 3 } };
    await rejection(ask(chat('fail-first-1', options)));
    expect(mock.calls('fail-first-1')).toBe(1);
    await askWhole(chat('fail-first-2', options, budgeted(1)));
    expect(mock.calls('fail-first-2')).toBe(3);
  });

  it('stop when the budget is spent, however many are allowed', async () => {
    const host = budgeted(0);
    const model = json('fail-first-100', { retries: { max: 3 } }, host);
    await Promise.all(Array.from({ length: 20 }, () => rejection(ask(model))));
    expect(mock.calls('fail-first-100')).toBeLessThanOrEqual(20 + 6);
    expect(mock.calls('fail-first-100')).toBeGreaterThan(20);
  });

  it('honour Retry-After: never sooner, and not at all beyond the budget of the rung', async () => {
    const startedAt = performance.now();
    await rejection(ask(json('429-ms', { retries: { max: 1 } }, budgeted(1))));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(119);
    expect(mock.calls('429-ms')).toBeGreaterThanOrEqual(2);

    const before = mock.calls('429-seconds');
    const quick = performance.now();
    await rejection(ask(json('429-seconds', { retries: { max: 1 } }, budgeted(1)), { budgetMs: 1_000 }));
    expect(performance.now() - quick).toBeLessThan(500);
    expect(mock.calls('429-seconds')).toBe(before + 1);
  });

  it('end with the caller', async () => {
    const before = mock.calls('429-ms');
    const controller = new AbortController();
    const asked = rejection(
      ask(json('429-ms', { retries: { max: 5 } }, budgeted(1)), { signal: controller.signal }),
    );
    while (mock.calls('429-ms') === before) await new Promise((next) => setTimeout(next, 5));
    await new Promise((next) => setTimeout(next, 20));
    controller.abort();
    expect((await asked).code).toBe('client_closed');
    await new Promise((next) => setTimeout(next, 250));
    expect(mock.calls('429-ms')).toBe(before + 1);
  });

  it('never repeat what the caller got wrong, our key, or an empty account', async () => {
    for (const fault of ['422', '401', '429-quota']) {
      const before = mock.calls(fault);
      const on = ['connection', 'timeout', 'overload', 'server_error', 'malformed'] as const;
      await rejection(ask(chat(fault, { retries: { max: 3, on } }, budgeted(1))));
      expect(mock.calls(fault)).toBe(before + 1);
    }
  });
});

describe('hedging', () => {
  it('asks again beside a slow first attempt, and leaves the loser', async () => {
    const host = { ...realTime, retryBudget: retryBudget({ floorPerSecond: 5 }, realTime.clock) };
    const model = json('ok-slow-300', { hedge: { afterMs: 50 }, timeouts: {} }, host);
    await askWhole(model);
    expect(mock.calls('ok-slow-300')).toBe(2);
    while (mock.aborted('ok-slow-300').length === 0) await new Promise((next) => setTimeout(next, 5));
    expect(mock.aborted('ok-slow-300')).toHaveLength(1);
  });
});
