import { daysFromCivil } from '../kernel/civil.ts';

/** Wall-clock fields of an instant in a time zone. Months are 1–12, weekday 1 (Monday) – 7. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(timeZone: string): Intl.DateTimeFormat {
  let known = formats.get(timeZone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, known);
  }
  return known;
}

/** Whether the name is an IANA time zone that this runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    format(name);
    return true;
  } catch {
    return false;
  }
}

const DAY_MS = 86_400_000;

/** The local time of an instant. @throws RangeError for an unknown time zone */
export function localTime(at: number, timeZone: string): LocalTime {
  const fields: Record<string, number> = {};
  for (const part of format(timeZone).formatToParts(at)) {
    if (part.type !== 'literal') fields[part.type] = Number(part.value);
  }
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  const weekday = ((daysFromCivil(year, month, day) + 3) % 7) + 1;
  return { year, month, day, hour, minute, second, weekday };
}

/** Milliseconds that local time is ahead of UTC at an instant. */
function offsetAt(at: number, timeZone: string): number {
  const local = localTime(at, timeZone);
  const asUtc =
    daysFromCivil(local.year, local.month, local.day) * DAY_MS +
    (local.hour * 3600 + local.minute * 60 + local.second) * 1000;
  return asUtc - Math.floor(at / 1000) * 1000;
}

/**
 * The instant at which a local day begins. Where midnight does not exist (clocks go forward over it), the first
 * instant of that day; where it comes twice, the first of the two.
 * @param month may be outside 1–12: it carries over into the year
 */
export function startOfLocalDay(year: number, month: number, day: number, timeZone: string): number {
  const carried = year + Math.floor((month - 1) / 12);
  const wrapped = ((((month - 1) % 12) + 12) % 12) + 1;
  const utc = daysFromCivil(carried, wrapped, day) * DAY_MS;
  // The two offsets in force around that time; the earlier instant that has reached the day wins.
  const candidates = [utc - offsetAt(utc - DAY_MS, timeZone), utc - offsetAt(utc + DAY_MS, timeZone)].sort(
    (a, b) => a - b,
  );
  for (const at of candidates) if (at + offsetAt(at, timeZone) === utc) return at;
  return candidates[1] ?? utc;
}
