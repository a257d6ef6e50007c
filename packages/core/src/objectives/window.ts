import { EvenkeelError } from '../kernel/errors.ts';
import { localTime, startOfLocalDay } from './time-zone.ts';

export type CalendarUnit = 'day' | 'week' | 'month' | 'quarter' | 'year';

/** The time over which an objective is judged. */
export type ObjectiveWindow =
  | { readonly kind: 'rolling'; readonly lengthMs: number }
  /** Weeks begin on Monday. Days have 23 or 25 hours where the clocks change. */
  | { readonly kind: 'calendar'; readonly unit: CalendarUnit; readonly timeZone: string };

/** A half-open stretch of time [start, end), wall milliseconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Ten years: what is longer is a mistake. */
export const LONGEST_WINDOW_MS: number = 10 * 366 * 86_400_000;

/** @throws EvenkeelError bad_request for a rolling window that is not in (0, {@link LONGEST_WINDOW_MS}) */
export function rolling(lengthMs: number): ObjectiveWindow {
  if (!(lengthMs > 0 && lengthMs < LONGEST_WINDOW_MS)) {
    throw new EvenkeelError(
      'bad_request',
      `a window is longer than 0 and shorter than 10 years, not ${lengthMs} ms`,
    );
  }
  return { kind: 'rolling', lengthMs };
}

function calendarStart(
  year: number,
  month: number,
  day: number,
  unit: CalendarUnit,
  weekday: number,
  steps: number,
  zone: string,
): number {
  switch (unit) {
    case 'day':
      return startOfLocalDay(year, month, day + steps, zone);
    case 'week':
      return startOfLocalDay(year, month, day - (weekday - 1) + 7 * steps, zone);
    case 'month':
      return startOfLocalDay(year, month + steps, 1, zone);
    case 'quarter':
      return startOfLocalDay(year, month - ((month - 1) % 3) + 3 * steps, 1, zone);
    case 'year':
      return startOfLocalDay(year + steps, 1, 1, zone);
  }
}

/**
 * The whole window that an instant belongs to: for a rolling one the stretch that ends there, for a calendar one the
 * whole period around it, its future included.
 */
export function windowAt(window: ObjectiveWindow, at: number): Span {
  if (window.kind === 'rolling') return { start: at - window.lengthMs, end: at };
  const { year, month, day, weekday } = localTime(at, window.timeZone);
  return {
    start: calendarStart(year, month, day, window.unit, weekday, 0, window.timeZone),
    end: calendarStart(year, month, day, window.unit, weekday, 1, window.timeZone),
  };
}

/** Length of the window in milliseconds, as it is at an instant (months and days on which clocks change differ). */
export function windowLength(window: ObjectiveWindow, at: number): number {
  const { start, end } = windowAt(window, at);
  return end - start;
}
