import { readAmount, readFinites, readRecord } from '../metrics/json-state.ts';

/** Hours of a week. */
export const HOURS_OF_WEEK = 168;

/** Local hour and weekday of an instant; the time zone is the host's. */
export interface LocalHour {
  /** 1 (Monday) to 7. */
  readonly weekday: number;
  /** 0 to 23. */
  readonly hour: number;
}

/** 0 is Monday from midnight to one. */
export function hourOfWeek({ weekday, hour }: LocalHour): number {
  return ((((weekday - 1) * 24 + hour) % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
}

/** An hour with fewer events than this has no shape yet. Borrowing from other hours would bring their shape with it. */
const ENOUGH = 200;

/** Counts by hour of the week and slot. */
export interface Season {
  readonly slots: number;
  readonly counts: Float64Array;
}

export function createSeason(slots: number): Season {
  return { slots, counts: new Float64Array(HOURS_OF_WEEK * slots) };
}

export function addToSeason(season: Season, hour: number, counts: ArrayLike<number>): void {
  const row = hour * season.slots;
  for (let slot = 0; slot < season.slots; slot++) {
    season.counts[row + slot] = (season.counts[row + slot] ?? 0) + (counts[slot] ?? 0);
  }
}

/** One event. */
export function countInSeason(season: Season, hour: number, slot: number): void {
  const at = hour * season.slots + slot;
  season.counts[at] = (season.counts[at] ?? 0) + 1;
}

/** Lets one hour of the week count less, before what it was this week is added. */
export function fadeHour(season: Season, hour: number, keep: number): void {
  const row = hour * season.slots;
  for (let at = row; at < row + season.slots; at++) season.counts[at] = (season.counts[at] ?? 0) * keep;
}

/** What that hour of the week looked like so far; undefined until enough of it has been seen. */
export function seasonalCounts(season: Season, hour: number): Float64Array | undefined {
  const counts = season.counts.slice(hour * season.slots, (hour + 1) * season.slots);
  return counts.reduce((all, count) => all + count, 0) >= ENOUGH ? counts : undefined;
}

export function saveSeason(season: Season): unknown {
  return { slots: season.slots, counts: [...season.counts] };
}

/** @throws EvenkeelError `bad_request` */
export function loadSeason(raw: unknown, slots: number): Season {
  const record = readRecord(raw, 'a season');
  const counts = readFinites(record.counts, HOURS_OF_WEEK * slots, 'counts of a season');
  return { slots, counts: Float64Array.from(counts.map((count) => readAmount(count, 'a count'))) };
}
