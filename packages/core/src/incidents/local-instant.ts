import { daysFromCivil } from '../kernel/civil.ts';
import { localTime } from '../objectives/time-zone.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** A local date as the number of its day since 1970-01-01. */
export function localDay(at: number, timeZone: string): number {
  const { year, month, day } = localTime(at, timeZone);
  return daysFromCivil(year, month, day);
}

/** Local date and time of an instant as if they were UTC, milliseconds: comparable, and equal to `day * DAY_MS + time`. */
export function localStamp(at: number, timeZone: string): number {
  const local = localTime(at, timeZone);
  return (
    daysFromCivil(local.year, local.month, local.day) * DAY_MS +
    (local.hour * 3600 + local.minute * 60 + local.second) * 1000
  );
}

/**
 * The instant at which a local day reaches a time of day. Where clocks jump over it, the moment of the jump; where it comes twice, the
 * first of the two.
 * @param day days since 1970-01-01, by the local calendar
 * @param minute minutes since midnight by the clock on the wall, 0–1440
 */
export function instantOf(day: number, minute: number, timeZone: string): number {
  const wanted = day * DAY_MS + minute * MINUTE_MS;
  const offset = (at: number): number => localStamp(at, timeZone) - Math.floor(at / 1000) * 1000;
  const candidates = [wanted - offset(wanted - DAY_MS), wanted - offset(wanted + DAY_MS)].sort(
    (a, b) => a - b,
  );
  for (const at of candidates) if (localStamp(at, timeZone) === wanted) return at;
  // Jumped over: the first minute by which the clock is past it.
  let low = (candidates[0] ?? wanted) / MINUTE_MS;
  let high = (candidates[1] ?? wanted) / MINUTE_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localStamp(middle * MINUTE_MS, timeZone) >= wanted) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}

/** ISO weekday of a day number: 1 Monday – 7 Sunday. */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}
