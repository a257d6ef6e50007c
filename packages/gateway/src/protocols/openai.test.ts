import { describe, expect, it } from 'vitest';
import { served } from '../http/front.test.support.ts';
import { callerOf, decodeOpenAi, encodeOpenAi, eventsOfCompletion, textOfChunk } from './openai.ts';

const messages = [{ role: 'user', content: 'hello there' }];

describe('decodeOpenAi', () => {
  it('keeps the body as it came', () => {
    const body = { model: 's', messages, temperature: 0.2, 'x-new': { a: 1 } };
    const asked = decodeOpenAi(body, 'chat');
    expect(asked.body).toBe(body);
    expect(asked).toMatchObject({ service: 's', stream: false, includeUsage: false, user: undefined });
  });

  it.each([
    ['no object', [], 'object'],
    ['no model', { messages }, 'model'],
    ['an empty model', { model: '', messages }, 'model'],
    ['no messages', { model: 's' }, 'messages'],
    ['messages that are none', { model: 's', messages: 'hi' }, 'messages'],
    ['no message', { model: 's', messages: [] }, 'messages'],
    ['a stream that is neither', { model: 's', messages, stream: 'yes' }, 'stream'],
    ['max_tokens of 0', { model: 's', messages, max_tokens: 0 }, 'max_tokens'],
    ['max_tokens of a half', { model: 's', messages, max_tokens: 0.5 }, 'max_tokens'],
    [
      'max_completion_tokens in words',
      { model: 's', messages, max_completion_tokens: 'all' },
      'max_completion_tokens',
    ],
  ])('refuses %s by name', (_, body, field) => {
    expect(() => decodeOpenAi(body, 'chat')).toThrow(field);
  });

  it('takes null where clients send it for nothing', () => {
    const asked = decodeOpenAi(
      { model: 's', messages, stream: null, max_tokens: null, stream_options: null },
      'chat',
    );
    expect(asked.stream).toBe(false);
  });

  it('estimates tokens: more text is more, parts of content count, and the bound on the answer does', () => {
    const tokens = (content: unknown, extra = {}) =>
      decodeOpenAi({ model: 's', messages: [{ role: 'user', content }], max_tokens: 10, ...extra }, 'chat')
        .tokens;
    expect(tokens('word '.repeat(1_000))).toBeGreaterThan(tokens('word ') + 500);
    expect(tokens([{ type: 'text', text: 'word '.repeat(1_000) }])).toBe(tokens('word '.repeat(1_000)));
    expect(tokens('x', { max_tokens: 110 }) - tokens('x')).toBe(100);
    expect(tokens('x', { max_completion_tokens: 60 }) - tokens('x')).toBe(50);
    expect(tokens([{ type: 'image_url', image_url: { url: 'data:' } }])).toBeGreaterThan(0);
  });

  it('embeddings: texts, lists of them, and tokens', () => {
    const tokens = (input: unknown) => decodeOpenAi({ model: 's', input }, 'embeddings').tokens;
    expect(tokens(['word '.repeat(100), 'word '.repeat(100)])).toBeGreaterThan(tokens('word ') + 100);
    expect(tokens([1, 2, 3, 4, 5])).toBe(5);
    expect(tokens([[1, 2], [3]])).toBe(3);
    expect(() => decodeOpenAi({ model: 's' }, 'embeddings')).toThrow('input');
  });

  it('bounds the name of a user, in both tasks', () => {
    const user = 'u'.repeat(5_000);
    expect(decodeOpenAi({ model: 's', messages, user }, 'chat').user).toHaveLength(128);
    expect(decodeOpenAi({ model: 's', input: 'x', user }, 'embeddings').user).toHaveLength(128);
    const caller = { tenant: 'acme', user: 'k', tier: undefined };
    const asked = decodeOpenAi({ model: 's', messages, user: 'ann' }, 'chat');
    expect(callerOf(caller, asked).user).toBe('acme/ann');
    expect(callerOf(caller, decodeOpenAi({ model: 's', messages }, 'chat'))).toBe(caller);
  });
});

describe('encodeOpenAi', () => {
  it('makes a completion of a text, and of what is no text', () => {
    const whole = encodeOpenAi('req-1', served('busy', { level: 'static_fallback' }), 'chat', 1_700_000_000);
    expect(whole).toMatchObject({
      id: 'chatcmpl-req-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'busy' }, finish_reason: 'stop' }],
      evenkeel: { level: 'static_fallback', request_id: 'req-1' },
    });
    expect(encodeOpenAi('r', served({ label: 'ham' }), 'chat', 0)).toMatchObject({
      choices: [{ message: { content: '{"label":"ham"}' } }],
    });
  });

  it('does not call something embeddings that is none', () => {
    expect(() => encodeOpenAi('r', served('text'), 'embeddings', 0)).toThrow('no embeddings');
    const body = { object: 'list', data: [{ embedding: 'AACAPw==' }] };
    expect(encodeOpenAi('r', served(body), 'embeddings', 0)).toMatchObject(body);
  });
});

describe('eventsOfCompletion', () => {
  it('carries tool calls, refusals and every choice', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const whole = {
      id: 'x',
      object: 'chat.completion',
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, tool_calls: [call] },
          finish_reason: 'tool_calls',
        },
        { index: 1, message: { role: 'assistant', content: null, refusal: 'no' }, finish_reason: 'stop' },
      ],
      usage: { total_tokens: 4 },
    };
    const events = eventsOfCompletion(whole, false).map(Object);
    expect(events).toHaveLength(6);
    expect(events.every((event) => event.object === 'chat.completion.chunk' && event.id === 'x')).toBe(true);
    expect(events[1].choices[0].delta).toMatchObject({ tool_calls: [{ ...call, index: 0 }] });
    expect(events[2].choices[0].finish_reason).toBe('tool_calls');
    expect(events[4].choices[0]).toMatchObject({ index: 1, delta: { refusal: 'no' } });
    expect(eventsOfCompletion(whole, true).at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 4 } });
  });

  it('has the text that was to be said, no more and no less', () => {
    const events = eventsOfCompletion(encodeOpenAi('r', served('a b c'), 'chat', 0), true);
    expect(events.map(textOfChunk).join('')).toBe('a b c');
  });
});
