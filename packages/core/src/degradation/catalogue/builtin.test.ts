import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEvenkeelError } from '../../kernel/errors.ts';
import type { RungHandler } from '../../serving/rung.ts';
import { BUILTIN_NAMES, BUILTINS, type BuiltinName, isBuiltinName } from './builtin.ts';
import type { HoldingHandler } from './contract.ts';
import { host, request, thrown } from './rungs.test.rig.ts';

const documents = [
  { id: 'a', title: 'blue whale', body: 'the largest animal of the sea', time: 3 },
  { id: 'b', title: 'red fox', body: 'a small animal of the wood', time: 7 },
];

/** The least data with which each rung works, and a request that it can answer. */
const EXAMPLES: Record<BuiltinName, { data: unknown; input: unknown }> = {
  cached_embeddings: {
    data: {
      items: [
        { id: 'a', vector: [1, 0] },
        { id: 'b', vector: [1, 1] },
      ],
    },
    input: { recent: ['a'] },
  },
  popularity: { data: { items: [{ id: 'a', score: 1 }] }, input: {} },
  category_defaults: { data: { categories: { sea: ['a'] } }, input: { category: 'sea' } },
  editorial_picks: { data: { items: ['a'] }, input: {} },
  small_ranker: { data: { documents }, input: { query: 'whale' } },
  bm25: { data: { documents }, input: { query: 'whale' } },
  recency: { data: { documents }, input: { query: 'whale' } },
  unranked: { data: { documents }, input: { query: 'whale' } },
  keywords: { data: { patterns: [{ match: 'free' }] }, input: { text: 'free' } },
  hold_for_review: { data: {}, input: { text: 'x' } },
  block: { data: {}, input: { text: 'x' } },
  templates: {
    data: { intents: [{ name: 'hi', reply: 'Hello!', examples: ['hello there'] }] },
    input: { messages: [{ role: 'user', content: 'hello there' }] },
  },
  apology: { data: {}, input: { messages: [{ role: 'user', content: 'hello' }] } },
  batch_scores: { data: { scores: { a: 0.7 } }, input: { key: 'a' } },
  rules: { data: { rules: [{ field: 'amount', op: 'gt', value: 9, score: 0.8 }] }, input: { amount: 10 } },
  velocity_limits: { data: { limits: [{ key: 'card', window_ms: 1000, max: 2 }] }, input: { card: 'c' } },
  manual_review: { data: {}, input: { amount: 1 } },
  static: { data: { output: { ok: true } }, input: {} },
};

const hold = () => ({ accepted: true as const, id: 't-1' });

describe.each(BUILTIN_NAMES)('%s', (name) => {
  const { data, input } = EXAMPLES[name];
  const make = (): HoldingHandler => BUILTINS[name].create(data, host(hold));

  it('answers at once, under its name and a version that only its data decide', () => {
    const answer = make()(request(input));
    if (answer instanceof Promise) throw new Error('expected an answer at once');
    expect(answer.model).toBe(`builtin:${name}`);
    expect(answer.kind).toBe('value');
    const again = BUILTINS[name].create(structuredClone(data), host(hold))(request(input));
    expect(again).toMatchObject({ version: answer.version, output: answer.output });
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
  });

  it('fits the pipeline as a rung handler', () => {
    const handler: RungHandler = make();
    expect(handler).toBeTypeOf('function');
  });

  it('refuses data with a field it does not know, and data that are no object', () => {
    const wrong = { ...(typeof data === 'object' ? data : {}), surprise: 1 };
    expect(thrown(() => BUILTINS[name].create(wrong, host(hold)))).toMatch(
      /^config_invalid: with: unknown field/,
    );
    expect(thrown(() => BUILTINS[name].create([], host(hold)))).toMatch(
      /^config_invalid: with: expected an object/,
    );
  });

  it('meets any input with an answer, a bad request or an abstention, nothing else', () => {
    const handler = make();
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({}, { noNullPrototype: true })), (anything) => {
        try {
          void handler(request(anything));
        } catch (error) {
          if (!isEvenkeelError(error)) throw error;
          expect(['bad_request', 'no_answer']).toContain(error.code);
        }
      }),
      { numRuns: 150 },
    );
  });
});

it('knows its names, and none that objects inherit', () => {
  expect(isBuiltinName('bm25')).toBe(true);
  expect(isBuiltinName('toString')).toBe(false);
});
