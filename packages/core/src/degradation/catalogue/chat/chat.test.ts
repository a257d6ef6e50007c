import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../kernel/random.ts';
import { accuracy, fieldsOf, host, request, thrown } from '../rungs.test.rig.ts';
import { apology } from './apology.ts';
import { estimateTokens } from './messages.ts';
import { reducedContext } from './reduced-context.ts';
import { templates } from './templates.ts';

const user = (content: unknown): { role: string; content: unknown } => ({ role: 'user', content });
const assistant = (content: unknown): { role: string; content: unknown } => ({ role: 'assistant', content });
const system = { role: 'system', content: 'Be kind.' };

const contents = (input: { readonly [name: string]: unknown }): unknown[] =>
  [input.messages].flat().map((message) => fieldsOf(message).content);

describe('reduced_context', () => {
  it('keeps what stands and the last messages that fit, in their order', () => {
    const long = 'x'.repeat(400);
    const messages = [
      system,
      user('first'),
      assistant(long),
      user('second'),
      assistant('short'),
      user('third'),
    ];
    const { input, dropped, tokensBefore, tokensAfter } = reducedContext({ tokens: 60 })({
      model: 'm',
      messages,
    });
    expect(contents(input)).toEqual(['Be kind.', 'second', 'short', 'third']);
    expect(dropped).toBe(2);
    expect(tokensBefore).toBeGreaterThan(100);
    expect(tokensAfter).toBeLessThanOrEqual(60);
  });

  it('keeps what the person said last, whatever it costs', () => {
    const messages = [user('a'), assistant('b'), user('y'.repeat(4000))];
    const { input } = reducedContext({ tokens: 10 })({ messages });
    expect(contents(input)).toEqual(['y'.repeat(4000)]);
  });

  it('never keeps the result of a tool without the call', () => {
    const call = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{}' } }],
    };
    const result = { role: 'tool', tool_call_id: 'c1', content: 'r'.repeat(200) };
    const messages = [user('one'), call, result, user('two')];
    const few = reducedContext({ tokens: 60, messages: 2 })({ messages });
    expect(few.input.messages).toEqual([user('two')]);
    const more = reducedContext({ tokens: 1000, messages: 3 })({ messages });
    expect(more.input.messages).toEqual([call, result, user('two')]);
    // From the last question on everything stays.
    const pending = reducedContext({ tokens: 1, messages: 1 })({ messages: messages.slice(0, 3) });
    expect(pending.input.messages).toEqual(messages.slice(0, 3));
  });

  it('lowers the bound of the answer, never raises it, under the name the caller used', () => {
    const reduce = reducedContext({ max_tokens: 100 });
    const messages = [user('a')];
    expect(reduce({ messages, max_tokens: 500 }).input).toMatchObject({ max_tokens: 100 });
    expect(reduce({ messages, max_tokens: 5 }).input).toMatchObject({ max_tokens: 5 });
    expect(reduce({ messages, max_completion_tokens: 500 }).input).toEqual({
      messages,
      max_completion_tokens: 100,
    });
  });

  it('leaves every other field and the messages themselves as they came', () => {
    const message = { ...user('a'), name: 'ann', unknown: [1] };
    const body = { model: 'm', temperature: 0.2, tools: [{}], messages: [message] };
    expect(reducedContext({})(body).input).toEqual(body);
    expect(body.messages).toEqual([message]);
  });

  it('gives a part of the conversation that ends as it ended', () => {
    const role = fc.constantFrom('system', 'user', 'assistant');
    const message = fc.record({ role, content: fc.string({ maxLength: 200 }) });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 300 }),
        (messages, tokens) => {
          const { input, tokensAfter, tokensBefore } = reducedContext({ tokens })({ messages });
          const kept = [input.messages].flat();
          expect(messages.filter((m) => kept.includes(m))).toEqual(kept);
          expect(messages.filter((m) => m.role === 'system').every((m) => kept.includes(m))).toBe(true);
          const lastUser = messages.findLast((m) => m.role === 'user');
          if (lastUser !== undefined) expect(kept).toContain(lastUser);
          expect(tokensAfter).toBeLessThanOrEqual(tokensBefore);
        },
      ),
    );
  });
});

describe('a chat input', () => {
  const rung = apology({}, host());

  it.each([
    [{}, 'input.messages: expected a list from 1 to 10000 entries'],
    [{ messages: [] }, 'input.messages'],
    [
      { messages: [{ role: 'king', content: 'x' }] },
      'input.messages[0].role: expected one of system, developer, user',
    ],
    [{ messages: [{ role: 'user' }] }, 'input.messages[0].content: expected text or a list of parts'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'input.messages[0].content[0].text'],
    ['hello', 'input: expected an object'],
  ])('%#', (input, message) => {
    expect(thrown(() => rung(request(input)))).toContain(`bad_request: ${message}`);
  });

  it('is estimated by the script it is written in', () => {
    expect(estimateTokens('four characters!')).toBe(4);
    expect(estimateTokens('机器学习')).toBe(4);
    expect(estimateTokens('')).toBe(0);
  });
});

describe('apology', () => {
  it('is a whole chat completion', () => {
    const given = host();
    given.clock.stepWall(1_700_000_000_000);
    const answer = apology({ text: 'Sorry.' }, given)(request({ model: 'x', messages: [user('hi')] }, 'r-3'));
    expect(answer.output).toMatchObject({
      id: 'chatcmpl-r-3',
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Sorry.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    });
    expect(fieldsOf(answer.output).created).toBeGreaterThanOrEqual(1_700_000_000);
    expect(answer.usage).toEqual({ inputTokens: 5, outputTokens: 2 });
  });
});

describe('templates', () => {
  const intents = [
    {
      name: 'lost_card',
      reply: 'Block it in the app.',
      examples: ['I lost my card', 'my card is gone', 'card stolen'],
    },
    {
      name: 'balance',
      reply: 'It is on the first page.',
      examples: ['how much money do I have', 'show my balance'],
    },
  ];
  const rung = templates({ intents }, host());
  const ask = (text: string) =>
    rung(request({ messages: [system, user('show my balance'), assistant('Yes?'), user(text)] }));

  it('answers what the person said last', () => {
    const answer = ask('I have lost my bank card');
    expect(answer.label).toBe('lost_card');
    expect(answer.output).toMatchObject({ choices: [{ message: { content: 'Block it in the app.' } }] });
    expect(ask('My BALANCE please').label).toBe('balance');
  });

  it('is surest of an example itself', () => {
    const same = ask('show my balance');
    expect(same.score).toBeCloseTo(1);
    expect(same.confidence).toBeGreaterThan(ask('what is the balance of your heart').confidence ?? 1);
  });

  it('abstains from what is unlike every example, and when nobody asked', () => {
    expect(thrown(() => ask('who painted the Mona Lisa'))).toContain('no_answer: templates has no answer');
    expect(thrown(() => rung(request({ messages: [system] })))).toContain('no answer');
  });

  it('beats the apology on generated questions', () => {
    const random = seededRandom(4);
    const question = (topic: number): string =>
      Array.from({ length: 8 }, () =>
        random() < 0.5 ? `t${topic}w${Math.floor(random() * 10)}` : `common${Math.floor(random() * 30)}`,
      ).join(' ');
    const made = Array.from({ length: 20 }, (_, topic) => ({
      name: `t${topic}`,
      reply: 'x',
      examples: Array.from({ length: 10 }, () => question(topic)),
    }));
    const asked = Array.from({ length: 200 }, (_, i) => ({ text: question(i % 20), intent: `t${i % 20}` }));
    const score = (handler: typeof rung): number =>
      accuracy(
        handler,
        asked,
        ({ text }) => ({ messages: [user(text)] }),
        ({ intent }, { label }) => (label === intent ? 1 : 0),
      );
    expect(score(templates({ intents: made, minimum: 0.1 }, host()))).toBeGreaterThan(0.8);
    expect(score(apology({}, host()))).toBe(0);
  });
});
