import { describe, expect, it } from 'vitest';
import { clockTime, count, durationMs, moment } from './moment.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['1w', 604_800_000],
  ])('reads %s', (text, ms) => expect(durationMs(text)).toBe(ms));
  it.each(['', '5', '-5m', '5 m', '0s', '5y', 'Infinitym'])('refuses "%s"', (text) =>
    expect(() => durationMs(text)).toThrow('expected a duration'),
  );
});

describe('moments', () => {
  it.each([
    ['now', NOW],
    ['+2h', NOW + 7_200_000],
    ['-30m', NOW - 1_800_000],
    ['2026-03-01T18:00:00Z', NOW + 6 * 3_600_000],
    [String(NOW), NOW],
  ])('reads %s', (text, at) => expect(moment(text, NOW)).toBe(at));
  it.each(['', 'tomorrow', '5', '2026-13-01', '+2', '12345'])('refuses "%s"', (text) =>
    expect(() => moment(text, NOW)).toThrow(/expected a (moment|duration)/),
  );
});

it('writes the date only of another day', () => {
  expect(clockTime(NOW, NOW)).toBe('12:00:00Z');
  expect(clockTime(NOW - 86_400_000, NOW)).toBe('2026-02-28 12:00:00Z');
});

it('counts whole numbers from 1', () => {
  expect(count('20')).toBe(20);
  for (const wrong of ['0', '-1', '1.5', 'x', '']) expect(() => count(wrong)).toThrow('whole number');
});
