import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localTime } from '../objectives/time-zone.ts';
import { instantOf, weekdayOf } from './local-instant.ts';
import { type Layer, nowAndNext, onCallAt, type Schedule, shiftsOf } from './schedule.ts';
import { checkSchedule } from './schedule-check.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / DAY;

const weekly: Layer = {
  name: 'primary',
  people: ['ann', 'bob', 'cem'],
  turnDays: 7,
  // A Monday.
  startDay: dayOf(2026, 3, 2),
  handOver: 9 * 60,
  hours: [],
};
const berlin = (change: Partial<Schedule> = {}): Schedule => ({
  id: 'sch',
  name: 'on call',
  timeZone: 'Europe/Berlin',
  layers: [weekly],
  overrides: [],
  ...change,
});

describe('local instants', () => {
  it('fall on the jump where the clock jumps over them, and on the first where they come twice', () => {
    // 2026-03-29 02:00 → 03:00 in Berlin, at 01:00 UTC.
    expect(instantOf(dayOf(2026, 3, 29), 150, 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 1));
    // 2026-10-25 03:00 → 02:00, at 01:00 UTC: 02:30 is at 00:30 and at 01:30 UTC.
    expect(instantOf(dayOf(2026, 10, 25), 150, 'Europe/Berlin')).toBe(Date.UTC(2026, 9, 25, 0, 30));
    expect(weekdayOf(dayOf(2026, 11, 24))).toBe(2);
  });
});

describe('schedules', () => {
  it('hand over at the time of their own zone, summer and winter', () => {
    const schedule = berlin();
    // Monday 9:00 in Berlin is 08:00 UTC in winter and 07:00 UTC in summer.
    expect(onCallAt(schedule, Date.UTC(2026, 2, 9, 7, 59))?.person).toBe('ann');
    expect(onCallAt(schedule, Date.UTC(2026, 2, 9, 8, 0))?.person).toBe('bob');
    expect(onCallAt(schedule, Date.UTC(2026, 2, 30, 6, 59))?.person).toBe('ann');
    expect(onCallAt(schedule, Date.UTC(2026, 2, 30, 7, 0))?.person).toBe('bob');
    expect(onCallAt(schedule, Date.UTC(2026, 2, 1))).toBeUndefined();
  });

  it('hand over once in the hour that comes twice, and at the jump of the one that does not come', () => {
    const daily = berlin({
      layers: [{ ...weekly, turnDays: 1, startDay: dayOf(2026, 10, 24), handOver: 150 }],
    });
    const people = [0, 15, 30, 45, 60, 75, 90, 105].map(
      (minute) => onCallAt(daily, Date.UTC(2026, 9, 25, 0, minute))?.person,
    );
    expect(people).toEqual(['ann', 'ann', 'bob', 'bob', 'bob', 'bob', 'bob', 'bob']);
    const spring = berlin({
      layers: [{ ...weekly, turnDays: 1, startDay: dayOf(2026, 3, 28), handOver: 150 }],
    });
    expect(onCallAt(spring, Date.UTC(2026, 2, 29, 0, 59))?.person).toBe('ann');
    expect(onCallAt(spring, Date.UTC(2026, 2, 29, 1, 0))?.person).toBe('bob');
  });

  it('let overrides go before layers and later layers before earlier ones', () => {
    const night: Layer = {
      ...weekly,
      name: 'night',
      people: ['dee'],
      hours: [{ weekdays: [1, 2, 3, 4, 5], from: 22 * 60, to: 6 * 60 }],
    };
    const schedule = berlin({
      layers: [weekly, night],
      overrides: [
        {
          id: 'o',
          from: Date.UTC(2026, 2, 10, 12),
          to: Date.UTC(2026, 2, 10, 14),
          person: 'eve',
          reason: 'dentist',
        },
      ],
    });
    expect(onCallAt(schedule, Date.UTC(2026, 2, 10, 13))).toEqual({
      person: 'eve',
      via: 'override: dentist',
    });
    expect(onCallAt(schedule, Date.UTC(2026, 2, 10, 14))?.person).toBe('bob');
    expect(onCallAt(schedule, Date.UTC(2026, 2, 10, 22))?.person).toBe('dee');
    // Saturday early: the night of Friday.
    expect(onCallAt(schedule, Date.UTC(2026, 2, 14, 4, 59))?.person).toBe('dee');
    expect(onCallAt(schedule, Date.UTC(2026, 2, 14, 5))?.person).toBe('bob');
    expect(onCallAt(schedule, Date.UTC(2026, 2, 14, 23))?.person).toBe('bob');
    const { now, next } = nowAndNext(schedule, Date.UTC(2026, 2, 10, 13));
    expect([now?.onCall?.person, next?.onCall?.person]).toEqual(['eve', 'bob']);
    expect(next?.from).toBe(Date.UTC(2026, 2, 10, 14));
  });

  it('shifts cover a span without holes and agree with who is on call at any moment', () => {
    const zone = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'UTC',
    );
    fc.assert(
      fc.property(
        zone,
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 340 * 24 }),
        fc.array(fc.integer({ min: 0, max: 12 * 24 * 60 }), { minLength: 5, maxLength: 20 }),
        (timeZone, handOver, turnDays, partial, hour, moments) => {
          const hours = partial ? [{ weekdays: [1, 3, 6], from: 1000, to: 400 }] : [];
          const schedule = berlin({
            timeZone,
            layers: [{ ...weekly, handOver, turnDays, hours, startDay: dayOf(2026, 1, 1) }],
          });
          const from = Date.UTC(2026, 0, 10) + hour * HOUR;
          const shifts = shiftsOf(schedule, from, from + 12 * DAY);
          expect(shifts[0]?.from).toBe(from);
          expect(shifts.at(-1)?.to).toBe(from + 12 * DAY);
          shifts.forEach((shift, i) => {
            if (i > 0) expect(shift.from).toBe(shifts[i - 1]?.to);
          });
          for (const moment of moments) {
            const at = from + moment * 60_000;
            const shift = shifts.find((s) => s.from <= at && at < s.to);
            if (at < from + 12 * DAY)
              expect(shift?.onCall?.person, `${at} ${JSON.stringify(localTime(at, timeZone))}`).toBe(
                onCallAt(schedule, at)?.person,
              );
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('the check of schedules', () => {
  const from = Date.UTC(2026, 5, 1);
  it('finds nothing in a whole one', () => {
    expect(checkSchedule(berlin(), from)).toEqual([]);
  });

  it('names the hours of gaps', () => {
    const gap = checkSchedule(
      berlin({ layers: [{ ...weekly, hours: [{ weekdays: [1, 2, 3, 4, 5], from: 0, to: 1440 }] }] }),
      from,
      1,
    );
    expect(gap.map(({ text }) => text)).toEqual([
      'nobody is on call from Sat 2026-06-06 00:00 to Mon 2026-06-08 00:00 (2 d)',
    ]);
  });

  it('refuses what cannot work, and tells of overrides that overlap', () => {
    const texts = (change: Partial<Schedule>): string =>
      checkSchedule(berlin(change), from)
        .map(({ severity, text }) => `${severity}: ${text}`)
        .join('\n');
    expect(texts({ timeZone: 'Mars/Olympus' })).toContain('error: Mars/Olympus is no time zone');
    expect(texts({ layers: [] })).toContain('error: it has no layer');
    expect(texts({ layers: [{ ...weekly, people: [] }] })).toContain('has nobody in it');
    expect(texts({ layers: [{ ...weekly, turnDays: 0 }] })).toContain('whole number of days');
    const o = { id: 'a', from, to: from + 2 * HOUR, person: 'x', reason: 'r' };
    expect(texts({ overrides: [o, { ...o, id: 'b', from: from + HOUR, person: 'y' }] })).toContain(
      'warning: overrides a and b overlap from Mon 2026-06-01 03:00 for 1 h: y is on call then',
    );
    expect(texts({ overrides: [{ ...o, to: from }] })).toContain('ends before it begins');
  });
});
