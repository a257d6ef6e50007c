import { estimateTokens } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { recordingReader, textOf } from './recording.ts';

const OPTIONS = { bodyField: undefined, timeField: undefined, model: 'chat' };
const readAll = (text: string, options: Partial<Parameters<typeof recordingReader>[0]> = {}) => {
  const read = recordingReader({ ...OPTIONS, ...options });
  return text.split('\n').flatMap((line, i) => read(line, i + 1) ?? []);
};

describe('an Azure LLM trace', () => {
  const TRACE = [
    'TIMESTAMP,ContextTokens,GeneratedTokens',
    '2023-11-16 18:17:03.9799600,374,44',
    '2023-11-16 18:17:04.2299600,396,109',
    '',
  ].join('\n');
  it('keeps its times to the fraction of a millisecond, and its lengths', () => {
    const [first, second] = readAll(TRACE);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeCloseTo(250, 3);
    const body = JSON.parse(second?.body ?? '');
    expect(body).toMatchObject({ model: 'chat', max_tokens: 109 });
    expect(body.messages[0].content).toHaveLength(4 * 396);
  });
  it.each([
    '2023-11-16 18:17:03.97,x,4',
    'yesterday,3,4',
    '2023-11-16 18:17:03,3',
    '2023-11-16 18:17:03,-1,4',
  ])('refuses the line "%s", and names it', (line) =>
    expect(() => readAll(`TIMESTAMP,ContextTokens,GeneratedTokens\n${line}`)).toThrow(/^line 2/),
  );
});

describe('NDJSON', () => {
  it('takes the whole line, or a field of it', () => {
    expect(readAll('{"text":"a"}\n\n{"text":"b"}').map(({ body }) => body)).toEqual([
      '{"text":"a"}',
      '{"text":"b"}',
    ]);
    expect(readAll('{"input":{"x":1},"at":5}', { bodyField: 'input', timeField: 'at' })).toEqual([
      { at: 5, body: '{"x":1}' },
    ]);
  });
  it('names the line that is wrong', () => {
    expect(() => readAll('{"a":1}\n{')).toThrow('line 2: not JSON');
    expect(() => readAll('{"a":1}', { bodyField: 'input' })).toThrow('line 1: has no field "input"');
    expect(() => readAll('{"at":"noon"}', { timeField: 'at' })).toThrow('at is no time');
  });
});

it('makes text that our own estimate finds about as long as asked', () => {
  for (const tokens of [10, 400, 4_000]) {
    const found = estimateTokens(textOf(tokens));
    expect(found / tokens).toBeGreaterThan(0.7);
    expect(found / tokens).toBeLessThan(1.4);
  }
});
