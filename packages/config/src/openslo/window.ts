import { type CalendarUnit, LONGEST_WINDOW_MS, type ObjectiveWindow } from '@evenkeel/core';
import { parseShorthand, printShorthand } from './duration.ts';
import type { SloDocument } from './schema.ts';

const DAY = 86_400_000;
const UNITS: Readonly<Record<string, CalendarUnit>> = {
  d: 'day',
  w: 'week',
  M: 'month',
  Q: 'quarter',
  Y: 'year',
};
const SHORT = { day: '1d', week: '1w', month: '1M', quarter: '1Q', year: '1Y' } as const;

export type OpenSloWindow = NonNullable<SloDocument['spec']['timeWindow']>[number];

/** A window, or why evenkeel has none like it. */
export type WindowVerdict =
  | { readonly ok: true; readonly window: ObjectiveWindow }
  | { readonly ok: false; readonly reason: string };

const no = (reason: string): WindowVerdict => ({ ok: false, reason });

/** Whether a local time, as if in UTC, is where a period of this unit begins. */
function begins(unit: CalendarUnit, startTime: string): boolean {
  const at = new Date(`${startTime.replace(' ', 'T')}Z`);
  if (Number.isNaN(at.getTime()) || at.getTime() % DAY !== 0) return false;
  const month = at.getUTCMonth();
  const firstOfMonth = at.getUTCDate() === 1;
  switch (unit) {
    case 'day':
      return true;
    case 'week':
      return at.getUTCDay() === 1;
    case 'month':
      return firstOfMonth;
    case 'quarter':
      return firstOfMonth && month % 3 === 0;
    case 'year':
      return firstOfMonth && month === 0;
  }
}

/** Reads an OpenSLO window. Calendar periods are whole days, weeks from Monday, months, quarters and years, one each. */
export function readWindow(window: OpenSloWindow | undefined): WindowVerdict {
  if (window === undefined) return no('it has no time window');
  const length = parseShorthand(window.duration);
  if (length === undefined) return no(`"${window.duration}" is no duration`);
  const rolling = window.isRolling ?? window.calendar === undefined;
  if (rolling) {
    if (length.ms === undefined)
      return no(`a rolling window of ${window.duration} has no one length: write it in days, such as "30d"`);
    if (length.ms >= LONGEST_WINDOW_MS) return no('a window is shorter than 10 years');
    return { ok: true, window: { kind: 'rolling', lengthMs: length.ms } };
  }
  const { calendar } = window;
  if (calendar === undefined) return no('a window that does not roll needs a calendar');
  const unit = UNITS[length.unit];
  if (unit === undefined || length.count !== 1)
    return no(`calendar windows are one day, week, month, quarter or year long, not ${window.duration}`);
  if (!begins(unit, calendar.startTime))
    return no(
      `a calendar ${unit} does not begin at ${calendar.startTime}: periods begin at their first midnight`,
    );
  // OpenSLO's schema has no zone without "/".
  const timeZone = calendar.timeZone === 'Etc/UTC' ? 'UTC' : calendar.timeZone;
  return { ok: true, window: { kind: 'calendar', unit, timeZone } };
}

/** The OpenSLO form of a window; undefined for a rolling one that is not a whole number of minutes. */
export function writeWindow(window: ObjectiveWindow): OpenSloWindow | undefined {
  if (window.kind === 'rolling') {
    const duration = printShorthand(window.lengthMs);
    return duration === undefined ? undefined : { duration, isRolling: true };
  }
  return {
    duration: SHORT[window.unit],
    isRolling: false,
    // A Monday that begins a year: every unit begins there.
    calendar: {
      startTime: '2024-01-01 00:00:00',
      timeZone: window.timeZone === 'UTC' ? 'Etc/UTC' : window.timeZone,
    },
  };
}

const NOMINAL_DAYS = { day: 1, week: 7, month: 30, quarter: 91, year: 365 } as const;

/** Length that factors of burn alerts are worked out for, where they cannot follow the calendar, milliseconds. */
export function nominalLength(window: ObjectiveWindow): number {
  return window.kind === 'rolling' ? window.lengthMs : NOMINAL_DAYS[window.unit] * DAY;
}
