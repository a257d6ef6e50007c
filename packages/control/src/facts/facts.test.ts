import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { START, type WholeApi, wholeApi } from '../api/whole-api.test.support.ts';
import { MAX_ITEMS } from './ingest.ts';

const receiptShape = z.strictObject({
  accepted: z.number(),
  known: z.number(),
  contradicting: z.array(z.string()),
  refused: z.array(z.strictObject({ item: z.number(), problem: z.string() })),
});
type Receipt = z.output<typeof receiptShape>;

let api: WholeApi;
let key: string;

beforeEach(async () => {
  api = await wholeApi();
  key = (await api.key('sender', 'operator')).token;
});
afterEach(() => api.close());

const signal = (id: string, more: object = {}) => ({
  id,
  service: 'mail',
  name: 'checks',
  verdict: 'good',
  ...more,
});
const lines = (items: readonly unknown[]): string => items.map((one) => JSON.stringify(one)).join('\n');

async function send(text: string, type = 'application/x-ndjson', noun = 'signals'): Promise<Receipt> {
  const answer = await api.call('POST', `/api/v1/${noun}`, { key, text, headers: { 'content-type': type } });
  expect(answer.status, answer.text).toBe(200);
  return receiptShape.parse(answer.json);
}
const kept = async (): Promise<string[]> =>
  (await api.store.facts.list({ kind: 'signal', after: 0, limit: 1_000 })).map(({ id }) => id);

describe('a batch of facts', () => {
  it('cut in the middle of a line keeps what came whole, and names the line', async () => {
    const whole = lines(Array.from({ length: 5 }, (_, i) => signal(`s${i}`)));
    const receipt = await send(whole.slice(0, -9));
    expect(receipt).toMatchObject({ accepted: 4, known: 0, contradicting: [] });
    expect(receipt.refused).toEqual([{ item: 5, problem: expect.stringContaining('not valid JSON') }]);
    expect(await kept()).toEqual(['s0', 's1', 's2', 's3']);
  });

  it('takes duplicates as known, within a batch and between two', async () => {
    const twice = await send(lines([signal('a'), signal('a'), signal('b')]));
    expect(twice).toMatchObject({ accepted: 2, known: 1, contradicting: [], refused: [] });
    const again = await send(lines([signal('a'), signal('b'), signal('c')]));
    expect(again).toMatchObject({ accepted: 1, known: 2 });
    expect(await kept()).toEqual(['a', 'b', 'c']);
  });

  it('names what contradicts: the first stands', async () => {
    await send(lines([signal('a')]));
    const receipt = await send(lines([signal('a', { verdict: 'bad' }), signal('b')]));
    expect(receipt).toMatchObject({ accepted: 1, known: 0, contradicting: ['a'] });
    const stored = await api.store.facts.get('signal', 'mail', 'a');
    expect(stored?.body).toMatchObject({ verdict: 'good' });
  });

  it.each([
    ['the future', START + 5 * 60_000 + 1, 'lies in the future'],
    ['the end of time', 1e300, 'lies in the future'],
    ['the largest number', Number.MAX_VALUE, 'lies in the future'],
    ['1970', 0, 'expected milliseconds since 1970'],
    ['seconds taken for milliseconds', START / 1_000, 'expected milliseconds since 1970'],
    ['long before', -1e300, 'expected milliseconds since 1970'],
  ])('from %s is refused, the rest is kept', async (_, at, words) => {
    const receipt = await send(lines([signal('good', { at: START - 1_000 }), signal('odd', { at })]));
    expect(receipt).toMatchObject({ accepted: 1 });
    expect(receipt.refused).toEqual([{ item: 2, problem: expect.stringContaining(words) }]);
    expect(await kept()).toEqual(['good']);
  });

  it('of an unknown service is refused with the nearest name', async () => {
    const { refused } = await send(
      lines([signal('a', { service: 'mial' }), signal('b', { service: 'quite else' })]),
    );
    expect(refused).toEqual([
      { item: 1, problem: 'service: no "mial"; did you mean "mail"?' },
      { item: 2, problem: 'service: no "quite else"' },
    ]);
  });

  it('lists every mistake of an item by its field', async () => {
    const wrong = [
      [{ service: 'mail', name: 'checks', verdict: 'good' }, 'id'],
      [signal('x', { verdict: 'maybe' }), 'verdict'],
      [signal('x', { surprise: 1 }), 'surprise'],
      [signal('x', { verdict: undefined, good: 5, total: 3 }), 'good is more than total'],
      [signal('x', { verdict: undefined, good: -1, total: 3 }), 'good'],
      [signal('x', { verdict: undefined, good: 1e300, total: 1e300 }), 'good'],
      [signal('x', { verdict: undefined }), 'expected a verdict'],
      [signal(''), 'id'],
      [[1], 'expected object'],
      [null, 'expected object'],
      ['text', 'expected object'],
      [7, 'expected object'],
    ] as const;
    const receipt = await send(lines([signal('good'), ...wrong.map(([item]) => item)]));
    expect(receipt.accepted).toBe(1);
    expect(receipt.refused.map(({ item }) => item)).toEqual(wrong.map((_, i) => i + 2));
    for (const [i, [, words]] of wrong.entries()) expect(receipt.refused[i]?.problem).toContain(words);
  });

  it('of ten thousand items is taken whole, and one more is too much', async () => {
    const many = Array.from({ length: MAX_ITEMS }, (_, i) => signal(`n${i}`));
    const receipt = await send(lines(many));
    expect(receipt).toMatchObject({ accepted: MAX_ITEMS, known: 0, refused: [] });
    expect(await send(lines(many))).toMatchObject({ accepted: 0, known: MAX_ITEMS });
    const over = await api.call('POST', '/api/v1/signals', {
      key,
      text: lines([...many, signal('over')]),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(over.status).toBe(413);
    expect(over.text).toContain('10001 items');
  }, 60_000);

  it('may be one object, a list, or a list in an object', async () => {
    const json = 'application/json';
    expect(await send(JSON.stringify(signal('a')), json)).toMatchObject({ accepted: 1 });
    expect(await send(JSON.stringify([signal('b'), signal('c')]), json)).toMatchObject({ accepted: 2 });
    expect(await send(JSON.stringify({ items: [signal('d')] }), json)).toMatchObject({ accepted: 1 });
    expect(await send('[]', json)).toMatchObject({ accepted: 0 });
    expect(await send('\n\r\n  \n')).toMatchObject({ accepted: 0, refused: [] });
    expect(await send(`${JSON.stringify(signal('e'))}\r\n\r\n${JSON.stringify(signal('f'))}`)).toMatchObject({
      accepted: 2,
    });
    const broken = await api.call('POST', '/api/v1/signals', { key, text: '[{"id":' });
    expect(broken.status).toBe(400);
  });

  it('nested without end, or with text that no database takes, harms nothing beside it', async () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const text = [
      JSON.stringify(signal('a')),
      `{"id":"deep","service":"mail","name":"checks","verdict":"good","detail":{"x":${deep}}}`,
      JSON.stringify(signal('nul', { detail: { text: 'a\u0000b', half: '\ud800' } })),
      '{"id":"proto","service":"mail","name":"checks","verdict":"good","detail":{"__proto__":{"polluted":true}}}',
      JSON.stringify(signal('b')),
    ].join('\n');
    const receipt = await send(text);
    expect(receipt.refused).toEqual([{ item: 2, problem: expect.stringContaining('deep') }]);
    expect(receipt.accepted).toBe(4);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('exclusions', () => {
  const exclusion = (id: string, more: object) => ({
    id,
    service: 'mail',
    reason: 'moved house',
    from: START - 3_600_000,
    to: START,
    ...more,
  });

  it.each([
    ['to before from', { to: START - 7_200_000 }, 'to must lie after from'],
    ['longer than a year', { from: START - 400 * 86_400_000 }, 'a year at most'],
    ['no reason', { reason: '  ' }, 'reason'],
    ['no rule', { rrule: 'FREQ=NOW' }, 'rrule'],
    ['a rule that comes too often', { rrule: 'FREQ=MINUTELY' }, 'FREQ'],
    ['a rule that never comes and never ends', { rrule: 'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30' }, 'FREQ'],
    [
      'a rule of a day that no month has',
      { rrule: 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', from: 0, to: 1 },
      'from',
    ],
    ['1970', { from: 1_000, to: 2_000 }, 'from'],
    ['the end of time', { from: 8.6e15, to: 8.6e15 + 1_000 }, 'to'],
  ])('with %s are refused', async (_, more, words) => {
    const began = performance.now();
    const { refused, accepted } = await send(
      lines([exclusion('x', more), exclusion('good', {})]),
      undefined,
      'exclusions',
    );
    expect(accepted).toBe(1);
    expect(refused).toEqual([{ item: 1, problem: expect.stringContaining(words) }]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
