import { createTenantBudgets, fakeClock, type StreamChunk } from '@evenkeel/core';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import {
  chunk,
  fakeService,
  rawConnection,
  served,
  startFront,
  streamed,
  until,
} from './front.test.support.ts';

type Rest = (gone: () => boolean) => AsyncGenerator<StreamChunk>;

async function withStream<T>(
  rest: Rest,
  use: (url: string, port: number, inFlight: () => number) => Promise<T>,
  changes: Parameters<typeof fakeService>[2] = {},
): Promise<T> {
  const service = fakeService(
    'chat',
    ({ signal }) =>
      streamed(
        chunk('one'),
        rest(() => signal?.aborted === true),
      ),
    changes,
  );
  const running = await startFront([service], { slowReaderMs: 300 });
  try {
    return await use(running.url, running.port, () => running.front.inFlight());
  } finally {
    expect(running.errors).toEqual([]);
    await running.close();
  }
}

const body = (extra: Record<string, unknown> = {}): string =>
  JSON.stringify({ model: 'chat', stream: true, messages: [{ role: 'user', content: 'x' }], ...extra });

const ask = (url: string, extra: Record<string, unknown> = {}) =>
  request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body(extra),
  });

/** The events of a stream: data parsed, comments as they are. */
function events(text: string): unknown[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      if (event.startsWith(':')) return event;
      expect(event.startsWith('data: ')).toBe(true);
      const data = event.slice(6);
      return data === '[DONE]' ? data : JSON.parse(data);
    });
}

describe('a stream', () => {
  it('tells first how it came about, then passes the chunks on, then ends', async () => {
    const text = await withStream(
      async function* () {
        yield chunk('two', true);
      },
      async (url) => {
        const reply = await ask(url);
        expect(reply.headers).toMatchObject({
          'content-type': 'text/event-stream; charset=utf-8',
          'evenkeel-level': 'full_service',
          'evenkeel-model': 'm@7',
        });
        return reply.body.text();
      },
    );
    expect(events(text)).toEqual([
      ': evenkeel level=full_service reason=ok',
      chunk('one').data,
      chunk('two', true).data,
      '[DONE]',
    ]);
  });

  it('that breaks off ends with an error event, never with [DONE]', async () => {
    const text = await withStream(
      async function* () {
        yield chunk('two');
        throw new Error('reset by peer');
      },
      async (url) => (await ask(url)).body.text(),
    );
    const all = events(text);
    expect(all.at(-1)).toEqual({
      error: { message: 'reset by peer', type: 'server_error', param: null, code: 'upstream_cut' },
    });
    expect(text).not.toContain('[DONE]');
  });

  it('reaches a client chunk by chunk, not at its end', async () => {
    let go: () => void = () => {};
    await withStream(
      async function* () {
        await new Promise<void>((resolve) => {
          go = resolve;
        });
        yield chunk('two', true);
      },
      async (_url, port) => {
        const client = rawConnection(port);
        const text = body();
        client.socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
        );
        await client.until(() => client.text().includes('"one"'));
        expect(client.text()).not.toContain('"two"');
        go();
        await client.until(() => client.text().includes('[DONE]'));
        client.socket.destroy();
      },
    );
  });

  it('lets its source go as soon as the client has gone, also when the source does not look at the signal', async () => {
    let ended = 0;
    let leftAt = 0;
    let goneSeen = false;
    await withStream(
      async function* (gone) {
        try {
          for (;;) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            goneSeen = goneSeen || gone();
            yield chunk('more');
          }
        } finally {
          ended = performance.now();
        }
      },
      async (url, _port, inFlight) => {
        const reply = await ask(url);
        reply.body.on('error', () => {});
        await new Promise((resolve) => setTimeout(resolve, 30));
        leftAt = performance.now();
        reply.body.destroy();
        await until(() => ended > 0, 250);
        expect(inFlight()).toBe(0);
      },
    );
    expect(ended - leftAt).toBeLessThan(100);
    expect(goneSeen).toBe(true);
  });

  it('takes from its source no faster than the client reads, and lets a client go that does not read', async () => {
    let taken = 0;
    let ended = false;
    const large = chunk('x'.repeat(100_000));
    await withStream(
      async function* () {
        try {
          for (;;) {
            taken += 1;
            yield large;
          }
        } finally {
          ended = true;
        }
      },
      async (_url, port, inFlight) => {
        const client = rawConnection(port);
        client.socket.pause();
        const text = body();
        client.socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
        );
        await until(() => ended, 3_000);
        await until(() => inFlight() === 0);
        client.socket.destroy();
      },
    );
    // What the kernel's buffers hold of 100 kB chunks, not what an endless source could give.
    expect(taken).toBeLessThan(300);
  });

  it('settles its tokens by what the model says it has used', async () => {
    const budgets = createTenantBudgets(() => ({ tokensPerMinute: 1_000 }), { clock: fakeClock() });
    await withStream(
      async function* () {
        yield { ...chunk('two', true), usage: { inputTokens: 5, outputTokens: 15 } };
      },
      async (url) => {
        await (await ask(url, { max_tokens: 500 })).body.dump();
        expect(budgets.left('anonymous').tokens).toBe(980);
      },
      { budgets },
    );
  });
});

describe('a whole answer to a caller who wants a stream', () => {
  it('comes as the events of one', async () => {
    const service = fakeService('chat', () =>
      served('We are busy.', { level: 'static_fallback', rung: 'apology', reason: 'chat: down\r\nand: out' }),
    );
    const running = await startFront([service]);
    const reply = await ask(running.url, { stream_options: { include_usage: true } });
    const all = events(await reply.body.text());
    expect(all[0]).toBe(': evenkeel level=static_fallback reason=chat: down and: out');
    const chunks = all.slice(1, -1).map(Object);
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { content: 'We are busy.', refusal: null },
      {},
      undefined,
    ]);
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 0 } });
    expect(all.at(-1)).toBe('[DONE]');
    await running.close();
  });
});
