import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Evenkeel, type ServiceFile, startEvenkeel, until } from '../process/evenkeel.ts';
import { type FaultMock, startFaultMock } from './mock.ts';

// Every row is a fault that a gateway in wide use gets wrong, or that its users complain about. The real process serves,
// a real upstream breaks.

let mock: FaultMock;
let evenkeel: Evenkeel;

const TIMEOUTS = { connect: '300ms', first: '400ms', idle: '400ms', total: '3s' };

/** A chat service whose first model has the fault; the second is healthy unless there is to be none. */
function service(
  name: string,
  fault: string,
  change: { alone?: boolean; model?: object; rung?: object } = {},
): ServiceFile {
  const openai = (model: string): object => ({ url: `${mock.url}/v1`, model });
  return {
    service: name,
    models: {
      first: { version: '1', openai: openai(fault), timeouts: TIMEOUTS, ...change.model },
      second: { version: '1', openai: openai('ok'), timeouts: TIMEOUTS },
    },
    ladder: [
      { level: 'full_service', model: 'first', budget: '1s', depends_on: [], ...change.rung },
      ...(change.alone === true
        ? []
        : [
            {
              level: 'simpler_model',
              model: 'second',
              budget: '800ms',
              depends_on: [],
              quality: 'the smaller model',
            },
          ]),
    ],
  };
}

const FAULTS = [
  '503',
  '500',
  '429-seconds',
  '429-date',
  '429-ms',
  'silent',
  'timeout-headers',
  'truncated-json',
  'empty-200',
  'html-200',
  'json-error-200',
  'reset',
  'huge-body',
  'half-open',
  '401',
];
const STREAM_FAULTS = [
  'stream-error-first',
  'stream-cut-0',
  'stream-eof-0',
  'stream-stall-0',
  '503',
  'silent',
  'html-200',
  'empty-200',
];
const named = (fault: string): string => fault.replace(/[^a-z0-9]/g, '-');

beforeAll(async () => {
  mock = await startFaultMock();
  evenkeel = await startEvenkeel([
    ...FAULTS.map((fault) => service(`f-${named(fault)}`, fault)),
    ...[...new Set(STREAM_FAULTS)].map((fault) => service(`s-${named(fault)}`, fault)),
    service('alone', '503', { alone: true }),
    service('cut', 'stream-cut-5', { alone: true }),
    service('eof', 'stream-eof-5', { alone: true }),
    service('stall', 'stream-stall-5', { alone: true }),
    service('drip', 'stream-drip-200', { alone: true, model: { timeouts: { ...TIMEOUTS, total: '1s' } } }),
    service('bad-line', 'stream-bad-line-3', { alone: true }),
    service('mid', 'stream-error-mid-3', { alone: true }),
    service('slow', 'ok-slow-300', { alone: true }),
    service('gone', 'stream-stall-2', { alone: true, model: { timeouts: { ...TIMEOUTS, idle: '20s' } } }),
    service('gone-silent', 'silent', {
      alone: true,
      rung: { budget: '2s' },
      model: { timeouts: { ...TIMEOUTS, first: '20s' } },
    }),
    service('retry-date', '429-date', { model: { retries: { max: 3 } } }),
    service('retries', '503', { model: { retries: { max: 3 } } }),
    service('fails-once', 'fail-first-1', {
      alone: true,
      model: { retries: { max: 2, on: ['503', '500'] } },
    }),
  ]);
}, 60_000);
afterAll(async () => {
  await evenkeel.stop();
  await mock.close();
});

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly ms: number;
}

async function chat(
  model: string,
  body: object = {},
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Reply> {
  const began = performance.now();
  const answer = await request(`${evenkeel.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }], ...body }),
    signal: signal ?? null,
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text, ms: performance.now() - began };
}

describe('before the first token, a fault of the first model is answered by the second', () => {
  it.each(FAULTS)('%s', async (fault) => {
    const reply = await chat(`f-${named(fault)}`);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.headers['evenkeel-level']).toBe('simpler_model');
    expect(reply.headers['evenkeel-reason']).toMatch(/^first: /);
    expect(JSON.parse(reply.text)).toMatchObject({
      choices: [{ message: { role: 'assistant' } }],
      evenkeel: { level: 'simpler_model' },
    });
    expect(reply.ms).toBeLessThan(1_500);
  });

  it.each(STREAM_FAULTS)('streamed: %s', async (fault) => {
    const reply = await chat(`s-${named(fault)}`, { stream: true });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.headers['evenkeel-level']).toBe('simpler_model');
    expect(reply.text).toContain('data: [DONE]');
    expect(reply.text).toMatch(/^: evenkeel level=simpler_model reason=first: /);
  });
});

describe('after the first token, a broken stream ends with an error and never as if it were whole', () => {
  it.each(['cut', 'eof', 'stall', 'bad-line', 'mid', 'drip'])('%s', async (name) => {
    const reply = await chat(name, { stream: true });
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain('[DONE]');
    const last = reply.text.trim().split('\n\n').at(-1) ?? '';
    const event = JSON.parse(last.replace(/^data: /, ''));
    expect(event.error).toMatchObject({
      message: expect.any(String),
      type: expect.any(String),
      code: expect.stringMatching(/^upstream_/),
    });
    expect(reply.ms).toBeLessThan(name === 'drip' ? 2_500 : 1_500);
    const record = await request(
      `${evenkeel.control}/api/v1/requests/${String(reply.headers['evenkeel-request-id'])}`,
    );
    expect(await record.body.json()).toMatchObject({ level: 'failed', error: event.error.code });
  });
});

describe('the breaker', () => {
  it('stops calling a model that is always broken: 50 callers, at most 5 calls and a few probes', async () => {
    const before = mock.calls('503');
    for (let i = 0; i < 50; i++) expect((await chat('f-503')).status).toBe(200);
    expect(mock.calls('503') - before).toBeLessThanOrEqual(8);
  });

  it('is not tripped for others by one caller with a tiny deadline', async () => {
    for (let i = 0; i < 20; i++) {
      const reply = await chat('slow', {}, { 'evenkeel-deadline-ms': '20' });
      expect(reply.status).toBeGreaterThanOrEqual(503);
      expect(reply.ms).toBeLessThan(200);
    }
    expect((await chat('slow')).status).toBe(200);
  });
});

describe('retries', () => {
  it('of 20 callers do not multiply: the budget bounds them, and nobody waits for seconds', async () => {
    const before = mock.calls('503');
    const replies = await Promise.all(Array.from({ length: 20 }, () => chat('retries')));
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(reply.ms).toBeLessThan(1_800);
    }
    expect(mock.calls('503') - before).toBeLessThanOrEqual(20 + 10 + 2);
  });

  it('rescue a call from an upstream that fails once', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const reply = await chat('fails-once');
    expect(reply.status, reply.text).toBe(200);
    expect(reply.headers['evenkeel-level']).toBe('full_service');
  });

  it('honour Retry-After as an HTTP date: what asks for longer than the budget is not tried again', async () => {
    const before = mock.calls('429-date');
    const reply = await chat('retry-date');
    expect(reply.status).toBe(200);
    expect(reply.headers['evenkeel-level']).toBe('simpler_model');
    expect(mock.calls('429-date') - before).toBe(1);
  });
});

describe('when every rung is exhausted', () => {
  it('says so in the shape of the protocol, with a time to come back and a word against multiplying', async () => {
    const reply = await chat('alone');
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.text)).toMatchObject({
      error: { type: 'service_unavailable_error', code: 'exhausted', param: null },
    });
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(reply.headers['retry-after-ms'])).toBeGreaterThan(0);
    expect(reply.headers['x-should-retry']).toBe('false');
    expect(reply.headers['evenkeel-level']).toBe('failed');
  });

  it('answers at once while its breaker is open', async () => {
    for (let i = 0; i < 6; i++) await chat('alone');
    const before = mock.calls('503');
    const reply = await chat('alone');
    expect(reply.status).toBe(503);
    expect(reply.ms).toBeLessThan(100);
    expect(mock.calls('503')).toBe(before);
  });
});

describe('a client that goes', () => {
  it.each([
    ['in the middle of a stream', 'gone', 'stream-stall-2', true],
    ['while the upstream is silent', 'gone-silent', 'silent', false],
  ])('%s takes its upstream call with it within 100 ms', async (_, name, fault, stream) => {
    const caller = new AbortController();
    const before = mock.aborted(fault).length;
    const pending = chat(name, { stream }, {}, caller.signal).catch(() => undefined);
    const callsBefore = mock.calls(fault);
    await until(
      () => mock.calls(fault) > callsBefore || mock.last(fault) !== undefined,
      3_000,
      'the upstream call',
    );
    await new Promise((resolve) => setTimeout(resolve, 150));
    const leftAt = Date.now();
    caller.abort();
    await until(() => mock.aborted(fault).length > before, 2_000, 'the upstream abort');
    expect((mock.aborted(fault).at(-1) ?? Number.POSITIVE_INFINITY) - leftAt).toBeLessThan(100);
    await pending;
  });
});
