import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTimeZone, localTime } from './time-zone.ts';
import { type CalendarUnit, rolling, windowAt, windowLength } from './window.ts';

const HOUR = 3_600_000;
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Pacific/Apia',
];
const at = (iso: string): number => Date.parse(iso);
const day = (timeZone: string) => ({ kind: 'calendar', unit: 'day', timeZone }) as const;

describe('windows', () => {
  it('give days of 23 and 25 hours where the clocks change', () => {
    expect(windowLength(day('Europe/Berlin'), at('2026-03-29T12:00:00Z'))).toBe(23 * HOUR);
    expect(windowLength(day('Europe/Berlin'), at('2026-10-25T12:00:00Z'))).toBe(25 * HOUR);
    expect(windowLength(day('Europe/Berlin'), at('2026-06-01T12:00:00Z'))).toBe(24 * HOUR);
    expect(windowLength(day('Australia/Lord_Howe'), at('2026-04-05T03:00:00Z'))).toBe(24.5 * HOUR);
  });

  it('begin a day whose midnight does not exist with its first instant', () => {
    // Chile goes forward from 24:00 to 01:00: the day begins at 01:00 local.
    const { start } = windowAt(day('America/Santiago'), at('2026-09-06T12:00:00Z'));
    expect(new Date(start).toISOString()).toBe('2026-09-06T04:00:00.000Z');
    expect(localTime(start, 'America/Santiago')).toMatchObject({ day: 6, hour: 1 });
  });

  it('know weeks from Monday, months, quarters and years', () => {
    const span = (unit: CalendarUnit) => {
      const { start, end } = windowAt(
        { kind: 'calendar', unit, timeZone: 'Europe/Berlin' },
        at('2026-11-24T10:00:00Z'),
      );
      return [new Date(start).toISOString(), new Date(end).toISOString()];
    };
    expect(span('week')).toEqual(['2026-11-22T23:00:00.000Z', '2026-11-29T23:00:00.000Z']);
    expect(span('month')).toEqual(['2026-10-31T23:00:00.000Z', '2026-11-30T23:00:00.000Z']);
    expect(span('quarter')).toEqual(['2026-09-30T22:00:00.000Z', '2026-12-31T23:00:00.000Z']);
    expect(span('year')).toEqual(['2025-12-31T23:00:00.000Z', '2026-12-31T23:00:00.000Z']);
  });

  it('tile time: every instant lies in its window, and the next window begins where it ends', () => {
    const units: CalendarUnit[] = ['day', 'week', 'month', 'quarter', 'year'];
    fc.assert(
      fc.property(
        fc.constantFrom(...units),
        fc.constantFrom(...zones),
        fc.integer({ min: at('1990-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') }),
        (unit, timeZone, instant) => {
          const window = { kind: 'calendar', unit, timeZone } as const;
          const { start, end } = windowAt(window, instant);
          expect(start).toBeLessThanOrEqual(instant);
          expect(instant).toBeLessThan(end);
          expect(windowAt(window, end).start).toBe(end);
          expect(windowAt(window, start).start).toBe(start);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('refuse lengths of nothing and of ten years, and unknown zones are told', () => {
    for (const length of [0, -1, Number.NaN, 10 * 366 * 24 * HOUR])
      expect(() => rolling(length)).toThrow(/longer than 0/);
    expect(isTimeZone('Europe/Berlin')).toBe(true);
    expect(isTimeZone('Europe/Atlantis')).toBe(false);
  });
});
