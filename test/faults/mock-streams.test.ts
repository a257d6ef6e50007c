import { isEvenkeelError, type StreamChunk, type StreamPrediction } from '@evenkeel/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenAiModel, type Model, type Timeouts } from '../../packages/gateway/src/upstreams/index.ts';
import { type FaultMock, startFaultMock } from './mock.ts';
import { REPLY } from './mock-answers.ts';
import { askStream, CHAT, realTime } from './mock-calls.ts';

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

function upstream(fault: string, timeouts: Partial<Timeouts> = {}): Model {
  const model = createOpenAiModel(
    { name: 'primary', upstreamModel: fault, baseUrl: `${mock.url}/v1`, timeouts: { ...QUICK, ...timeouts } },
    realTime,
  );
  models.push(model);
  return model;
}

interface Read {
  readonly text: string;
  readonly chunks: readonly StreamChunk[];
  readonly error: unknown;
}

function textOf(data: unknown): string {
  const found = /"content":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(data));
  return found?.[1] ?? '';
}

async function read(prediction: StreamPrediction): Promise<Read> {
  const chunks = [prediction.first];
  let error: unknown;
  try {
    for await (const chunk of prediction.rest) chunks.push(chunk);
  } catch (thrown) {
    error = thrown;
  }
  return { text: chunks.map((chunk) => textOf(chunk.data)).join(''), chunks, error };
}

async function rejection(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isEvenkeelError(error)) throw new Error(`an EvenkeelError was expected, not ${String(error)}`);
  return { code: error.code, message: error.message };
}

describe('a good stream', () => {
  it('replays the role chunk, yields every token, marks the last and tells the usage', async () => {
    const prediction = await askStream(upstream('stream-ok'), {
      input: { ...CHAT, stream: true, stream_options: { include_usage: true } },
    });
    expect(prediction.first.data).toMatchObject({ choices: [{ delta: { role: 'assistant' } }] });
    expect(prediction.version).toBe('stream-ok-2026-01-01');
    const { text, chunks, error } = await read(prediction);
    expect(error).toBeUndefined();
    expect(text).toBe(REPLY);
    expect(chunks.filter((chunk) => chunk.last)).toHaveLength(1);
    expect(chunks.at(-2)?.last).toBe(true);
    expect(chunks.at(-1)?.usage).toEqual({ inputTokens: 7, outputTokens: 10 });
    expect(chunks[1]?.data).toMatchObject({ vendor_extra: 'kept' });
    expect(mock.aborted('stream-ok')).toHaveLength(0);
  });

  it('reuses the connection of a stream that has ended', async () => {
    const model = upstream('ok');
    for (let i = 0; i < 3; i++) {
      expect((await read(await askStream(model))).text).toBe(REPLY);
      await new Promise((next) => setTimeout(next, 5));
    }
    expect(mock.connections()).toBeLessThanOrEqual(2);
  });

  it('sends the caller’s unknown fields, with our model name, and asks for a stream', async () => {
    await read(await askStream(upstream('stream-ok')));
    expect(mock.last('stream-ok')?.body).toEqual({ ...CHAT, model: 'stream-ok', stream: true });
    expect(mock.last('stream-ok')?.headers.accept).toBe('text/event-stream');
  });
});

describe('before the first token every fault is a failure, so that the ladder can fail over', () => {
  it.each([
    ['stream-error-first', 'upstream_error', /no capacity left/],
    ['stream-cut-0', 'upstream_error', /connection|closed|reset/i],
    ['stream-eof-0', 'upstream_cut', /before its end/],
    ['stream-stall-0', 'upstream_timeout', /^first: no token within 250 ms/],
    ['stream-bad-line-0', 'upstream_malformed', /not JSON/],
    ['silent', 'upstream_timeout', /^first:/],
    ['timeout-headers', 'upstream_timeout', /^first:/],
    ['503', 'upstream_error', /503: mock says 503/],
    ['400', 'bad_request', /mock says 400/],
    ['html-200', 'upstream_malformed', /text\/html/],
    ['empty-200', 'upstream_malformed', /a stream was asked for/],
    ['reset', 'upstream_error', /no connection/],
  ])('%s: %s', async (fault, code, message) => {
    const error = await rejection(askStream(upstream(fault)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('keeps to the budget of its rung even where its own time-out is longer', async () => {
    const startedAt = performance.now();
    const error = await rejection(askStream(upstream('silent', { firstMs: 5_000 }), { budgetMs: 120 }));
    expect(error).toEqual({ code: 'upstream_timeout', message: 'budget: no answer within 120 ms' });
    expect(performance.now() - startedAt).toBeLessThan(2_500);
  });
});

describe('after the first token a broken stream throws, never ends cleanly', () => {
  it.each([
    ['stream-cut-5', 'upstream_cut', /broke in mid-answer/, 5],
    ['stream-eof-5', 'upstream_cut', /before its end/, 5],
    ['stream-error-mid-5', 'upstream_cut', /lost a shard/, 5],
    ['stream-stall-5', 'upstream_timeout', /^idle: nothing more within 250 ms/, 5],
    ['stream-bad-line-5', 'upstream_cut', /not JSON/, 5],
  ])('%s: %s', async (fault, code, message, tokens) => {
    const { chunks, error } = await read(await askStream(upstream(fault)));
    expect(chunks).toHaveLength(tokens + 1);
    if (!isEvenkeelError(error)) throw new Error('the stream ended cleanly');
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('stops a slow drip, which no idle time-out sees, by the total', async () => {
    const startedAt = performance.now();
    const { error, chunks } = await read(await askStream(upstream('stream-drip-20', { totalMs: 400 })));
    expect(error).toMatchObject({ code: 'upstream_timeout', message: 'total: not whole within 400 ms' });
    expect(chunks.length).toBeGreaterThan(5);
    expect(performance.now() - startedAt).toBeLessThan(700);
  });

  it('does not hold a healthy stream to the budget that its first token has kept', async () => {
    const prediction = await askStream(upstream('stream-drip-20', { totalMs: 600 }), { budgetMs: 150 });
    const startedAt = performance.now();
    await read(prediction);
    expect(performance.now() - startedAt).toBeGreaterThan(350);
  });
});

describe('a reader that leaves', () => {
  async function abortedWithin(fault: string, leave: () => Promise<unknown> | undefined): Promise<number> {
    const before = mock.aborted(fault).length;
    const leftAt = Date.now();
    await leave();
    for (let i = 0; i < 100 && mock.aborted(fault).length === before; i++)
      await new Promise((next) => setTimeout(next, 5));
    const at = mock.aborted(fault)[before];
    if (at === undefined) throw new Error('the upstream was never aborted');
    return at - leftAt;
  }

  it('ends the upstream within 100 ms by returning from the loop', async () => {
    const prediction = await askStream(upstream('stream-drip-10'));
    const took = await abortedWithin('stream-drip-10', async () => {
      for await (const _ of prediction.rest) break;
    });
    expect(took).toBeLessThan(100);
  });

  it('ends it also while it waits for a chunk', async () => {
    const prediction = await askStream(upstream('stream-stall-1', { idleMs: 5_000 }));
    const iterator = prediction.rest[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    const took = await abortedWithin('stream-stall-1', () => iterator.return?.());
    expect(took).toBeLessThan(100);
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('ends it by the signal, before and after the first token', async () => {
    const early = new AbortController();
    const asked = rejection(askStream(upstream('silent', { firstMs: 5_000 }), { signal: early.signal }));
    while (mock.calls('silent') === 0) await new Promise((next) => setTimeout(next, 5));
    await new Promise((next) => setTimeout(next, 30));
    expect(await abortedWithin('silent', async () => early.abort())).toBeLessThan(100);
    expect((await asked).code).toBe('client_closed');

    const late = new AbortController();
    const prediction = await askStream(upstream('stream-stall-2', { idleMs: 5_000 }), {
      signal: late.signal,
    });
    const reading = read(prediction);
    await new Promise((next) => setTimeout(next, 30));
    expect(await abortedWithin('stream-stall-2', async () => late.abort())).toBeLessThan(100);
    expect((await reading).error).toMatchObject({ code: 'client_closed' });
  });

  it('leaves the other streams of the pool alone', async () => {
    const model = upstream('stream-drip-10', { totalMs: 500 });
    const [gone, stays] = await Promise.all([askStream(model), askStream(model)]);
    await gone.rest[Symbol.asyncIterator]().return?.();
    const { error, chunks } = await read(stays);
    expect(error).toMatchObject({ message: 'total: not whole within 500 ms' });
    expect(chunks.length).toBeGreaterThan(10);
  });
});
