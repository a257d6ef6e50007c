import { describe, expect, it } from 'vitest';
import { firstDay, minutesOf, peopleIn } from './schedule-input.ts';

describe('a schedule as it is typed', () => {
  it('takes names by commas and lines', () => {
    expect(peopleIn(' ann, bob\n\ncarl ,')).toEqual(['ann', 'bob', 'carl']);
    expect(peopleIn('  ')).toEqual([]);
  });

  it('takes times of day and nothing else', () => {
    expect(minutesOf('09:30')).toBe(570);
    expect(minutesOf('24:00')).toBeUndefined();
    expect(minutesOf('9:30')).toBeUndefined();
  });

  it('begins weeks on a Monday, in the past', () => {
    const tuesday = Date.UTC(2026, 10, 24, 12);
    const day = firstDay(tuesday, 7);
    expect(new Date(day * 86_400_000).toISOString()).toBe('2026-11-16T00:00:00.000Z');
    expect(firstDay(tuesday, 1)).toBe(Math.floor(tuesday / 86_400_000) - 1);
  });
});
