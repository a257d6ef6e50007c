import { describe, expect, it } from 'vitest';
import { inWords } from './duration-words.ts';
import { parseEventTime } from './event-time.ts';
import { valueOfText } from './text-value.ts';

describe('valueOfText', () => {
  it.each([
    ['', undefined],
    ['0', 0],
    ['-12.5', -12.5],
    ['1e3', 1000],
    ['true', true],
    ['false', false],
    ['007', '007'],
    ['9007199254740993', '9007199254740993'],
    ['1e999', '1e999'],
    ['NaN', 'NaN'],
    ['0x10', '0x10'],
    [' 1', ' 1'],
    ['word', 'word'],
  ])('reads "%s"', (text, value) => {
    expect(valueOfText(text)).toBe(value);
  });
});

describe('parseEventTime', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  it.each([
    ['2026-01-02T03:04:05Z', at],
    [at, at],
    [at / 1000, at],
    [String(at), at],
    [String(at / 1000), at],
    ['1970-01-01T00:00:00Z', undefined],
    [0, undefined],
    [-5, undefined],
    ['', undefined],
    ['soon', undefined],
    [null, undefined],
    [true, undefined],
  ])('reads %j', (value, ms) => {
    expect(parseEventTime(value)).toBe(ms);
  });
});

describe('inWords', () => {
  it.each([
    [0, '0 ms'],
    [60, '60 ms'],
    [41_900, '41 s'],
    [120_000, '2 min'],
    [7_199_999, '119 min'],
    [10_800_000, '3 h'],
    [5 * 86_400_000, '5 d'],
  ])('%d ms are %s', (ms, words) => {
    expect(inWords(ms)).toBe(words);
  });
});
