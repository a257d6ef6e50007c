import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, streamText } from 'ai';
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
} from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FaultMock, startFaultMock } from '../faults/mock.ts';
import { type Evenkeel, startEvenkeel, until } from '../process/evenkeel.ts';

// The clients as npm has them, against the real process: nothing but the base URL tells them of evenkeel.

let mock: FaultMock;
let evenkeel: Evenkeel;
let openai: OpenAI;

beforeAll(async () => {
  mock = await startFaultMock();
  const service = (name: string, fault: string, rest: object[] = [], change: object = {}) => ({
    service: name,
    models: {
      m: { version: '1', openai: { url: `${mock.url}/v1`, model: fault }, timeouts: { idle: '400ms' } },
    },
    ladder: [{ level: 'full_service', model: 'm', budget: '1s', depends_on: [] }, ...rest],
    ...change,
  });
  evenkeel = await startEvenkeel(
    [
      service('chat', 'ok'),
      service('streams', 'stream-ok'),
      service('cut', 'stream-cut-5'),
      service('eof', 'stream-eof-5'),
      service('stall', 'stream-stall-5'),
      service('slow', 'ok-slow-5000'),
      service('down', '503'),
      service('broken-400', '400'),
      service('templates', '503', [
        {
          level: 'static_fallback',
          use: 'apology',
          with: { text: 'I have trouble right now.' },
          quality: 'no answer',
        },
      ]),
      service('locked', 'ok', [], {
        callers: { keys: [{ name: 'k', key: { env: 'LOCKED_KEY' }, tenant: 'acme' }] },
      }),
    ],
    { env: { LOCKED_KEY: 'right' } },
  );
  openai = new OpenAI({ baseURL: `${evenkeel.gateway}/v1`, apiKey: 'any' });
}, 60_000);
afterAll(async () => {
  await evenkeel.stop();
  await mock.close();
});

const messages = [{ role: 'user' as const, content: 'hello' }];

describe('openai', () => {
  it('creates, with the headers of the answer and a request id', async () => {
    const {
      data,
      response,
      request_id: id,
    } = await openai.chat.completions.create({ model: 'chat', messages }).withResponse();
    expect(data.choices[0]?.message.content).toBeTruthy();
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get('evenkeel-level')).toBe('full_service');
    expect(id).toMatch(/^req-/);
  });

  it('streams to the end, with the usage as the last chunk', async () => {
    const stream = await openai.chat.completions.create({
      model: 'streams',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null | undefined;
    let usage = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage?.total_tokens ?? usage;
    }
    expect(text.length).toBeGreaterThan(0);
    expect(finish).toBe('stop');
    expect(usage).toBeGreaterThan(0);
  });

  it('passes tools, response_format and fields that nobody knows through to the model', async () => {
    const tools = [
      {
        type: 'function' as const,
        function: { name: 'look', parameters: { type: 'object', properties: {} } },
      },
    ];
    const extra = { some_new_field: { a: 1 }, response_format: { type: 'json_object' as const } };
    await openai.chat.completions.create({ model: 'chat', messages, tools, ...extra });
    expect(mock.last('ok')?.body).toMatchObject({ model: 'ok', messages, tools, ...extra });
  });

  it('lists and retrieves models, and embeds', async () => {
    const names: string[] = [];
    for await (const model of openai.models.list()) names.push(model.id);
    expect(names).toContain('chat');
    expect((await openai.models.retrieve('chat')).id).toBe('chat');
    const embedded = await openai.embeddings.create({ model: 'chat', input: 'hello' });
    expect(embedded.data[0]?.embedding.length).toBeGreaterThan(0);
  });

  it('throws for a broken stream, whether it was cut, ended early or stalled', async () => {
    for (const model of ['cut', 'eof', 'stall']) {
      const stream = await openai.chat.completions.create({ model, messages, stream: true });
      const read = async () => {
        for await (const _ of stream);
      };
      await expect(read(), model).rejects.toThrow(APIError);
    }
  });

  it('tells errors by their class, and does not multiply what is hopeless', async () => {
    await expect(openai.chat.completions.create({ model: 'nobody', messages })).rejects.toThrow(
      NotFoundError,
    );
    await expect(openai.chat.completions.create({ model: 'broken-400', messages })).rejects.toThrow(
      BadRequestError,
    );
    await expect(openai.chat.completions.create({ model: 'locked', messages })).rejects.toThrow(
      AuthenticationError,
    );
    const before = mock.calls('503');
    const began = performance.now();
    await expect(openai.chat.completions.create({ model: 'down', messages })).rejects.toThrow(
      InternalServerError,
    );
    expect(mock.calls('503') - before).toBe(1);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('takes its upstream with it when it aborts', async () => {
    const before = mock.aborted('stream-stall-5').length;
    const stream = await openai.chat.completions.create({ model: 'stall', messages, stream: true });
    for await (const _ of stream) break;
    await until(() => mock.aborted('stream-stall-5').length > before, 2_000, 'the upstream abort');
  });

  it('gets the stream it asked for from a rung that answers at once', async () => {
    const stream = await openai.chat.completions.create({ model: 'templates', messages, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('I have trouble right now.');
  });
});

describe('ai', () => {
  const provider = () =>
    createOpenAICompatible({ name: 'evenkeel', baseURL: `${evenkeel.gateway}/v1`, apiKey: 'any' });

  it('generates and streams', async () => {
    const { text } = await generateText({ model: provider()('chat'), prompt: 'hello' });
    expect(text.length).toBeGreaterThan(0);
    const stream = streamText({ model: provider()('streams'), prompt: 'hello' });
    let streamed = '';
    for await (const piece of stream.textStream) streamed += piece;
    expect(streamed.length).toBeGreaterThan(0);
    expect(await stream.finishReason).toBe('stop');
  });

  it('sees an error part in a broken stream, not an end', async () => {
    const seen: unknown[] = [];
    const stream = streamText({
      model: provider()('eof'),
      prompt: 'hello',
      maxRetries: 0,
      onError: ({ error }) => void seen.push(error),
    });
    for await (const _ of stream.textStream);
    expect(seen).toHaveLength(1);
  });

  it('asks for an object in the way of the API', async () => {
    const asked = generateObject({
      model: provider()('chat'),
      schema: z.object({ a: z.string() }),
      prompt: 'hello',
      maxRetries: 0,
    });
    // The mock is no model: it answers in words. What counts is that the question came through whole.
    await expect(asked).rejects.toThrow(/object/i);
    expect(mock.last('ok')?.body).toMatchObject({ response_format: { type: expect.any(String) } });
  });
});

describe('langchain', () => {
  const chat = (model: string) =>
    new ChatOpenAI({
      model,
      apiKey: 'any',
      configuration: { baseURL: `${evenkeel.gateway}/v1` },
      maxRetries: 0,
    });

  it('invokes, streams, binds tools, and falls back in its own way', async () => {
    expect((await chat('chat').invoke('hello')).content).toBeTruthy();
    let streamed = '';
    for await (const piece of await chat('streams').stream('hello')) streamed += String(piece.content);
    expect(streamed.length).toBeGreaterThan(0);
    const bound = chat('chat').bindTools([
      { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
    ]);
    await bound.invoke('hello');
    expect(mock.last('ok')?.body).toMatchObject({ tools: [{ function: { name: 'look' } }] });
    const rescued = await chat('down')
      .withFallbacks([chat('chat')])
      .invoke('hello');
    expect(rescued.content).toBeTruthy();
  });

  it('throws for a stream that ended early', async () => {
    const read = async () => {
      for await (const _ of await chat('eof').stream('hello'));
    };
    await expect(read()).rejects.toThrow();
  });
});
