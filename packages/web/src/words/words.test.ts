import { describe, expect, it } from 'vitest';
import { bytes, figure, many, percent } from './numbers.ts';
import { clockTime, exactTime, relative, spell } from './time.ts';

describe('figures for people', () => {
  it('say shares with the digits that matter', () => {
    expect(percent(0.62)).toBe('62 %');
    expect(percent(1)).toBe('100 %');
    expect(percent(0)).toBe('0 %');
    expect(percent(0.9995)).toBe('99.95 %');
    expect(percent(0.0007)).toBe('0.07 %');
    expect(percent(-15.444)).toBe('−1544 %');
  });

  it('say figures and counts', () => {
    expect(figure(16.4444)).toBe('16.4');
    expect(figure(1234.5)).toBe('1235');
    expect(figure(12_345)).toBe('12\u202f345');
    expect(figure(Number.POSITIVE_INFINITY)).toBe('∞');
    expect(bytes(2_290_536)).toBe('2.29 MB');
    expect(many(1, 'incident')).toBe('1 incident');
    expect(many(2, 'query', 'queries')).toBe('2 queries');
  });
});

describe('times for people', () => {
  it('say lengths in at most two units', () => {
    expect(spell(0)).toBe('0 ms');
    expect(spell(0.0021)).toBe('2.1 µs');
    expect(spell(0.2081)).toBe('0.21 ms');
    expect(spell(151.99)).toBe('152 ms');
    expect(spell(1_500)).toBe('1.5 s');
    expect(spell(42_000)).toBe('42 s');
    expect(spell(4 * 60_000)).toBe('4 min');
    expect(spell(80 * 60_000)).toBe('1 h 20 min');
    expect(spell(76 * 3_600_000)).toBe('3 d 4 h');
    expect(spell(7 * 86_400_000)).toBe('7 d');
  });

  it('say how long ago, and when, on the clock of the viewer', () => {
    const at = Date.UTC(2026, 10, 24, 12, 55, 28);
    expect(relative(at, at + 4 * 60_000)).toBe('4 min ago');
    expect(relative(at, at - 7_200_000)).toBe('in 2 h');
    expect(relative(at, at + 900)).toBe('now');
    expect(clockTime(at, at + 60_000, 'Europe/Berlin')).toBe('13:55:28');
    expect(clockTime(at, at + 86_400_000, 'Europe/Berlin')).toBe('24 Nov 13:55:28');
    expect(exactTime(at, 'UTC')).toContain('2026-11-24T12:55:28.000Z');
  });
});
