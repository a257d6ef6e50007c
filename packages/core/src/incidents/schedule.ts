import { instantOf, localDay, weekdayOf } from './local-instant.ts';

/** Part of the week in which a layer is on call, by the local clock. `to` at or before `from` reaches into the next day. */
export interface OnCallHours {
  /** ISO weekdays on which it begins, 1 Monday – 7 Sunday. */
  readonly weekdays: readonly number[];
  /** Minutes since midnight, 0–1439, and 1–1440. */
  readonly from: number;
  readonly to: number;
}

/** People who take turns. */
export interface Layer {
  readonly name: string;
  /** In the order of their turns; one name twice is two turns. */
  readonly people: readonly string[];
  /** Length of a turn, in local days (a weekly rotation is 7). */
  readonly turnDays: number;
  /** The local day of the first turn, in days since 1970-01-01. */
  readonly startDay: number;
  /** Time of the hand-over, minutes since local midnight. */
  readonly handOver: number;
  /** Empty: all hours. */
  readonly hours: readonly OnCallHours[];
}

/** Somebody takes over for a time. */
export interface Override {
  readonly id: string;
  /** Wall milliseconds, `from` <= at < `to`. */
  readonly from: number;
  readonly to: number;
  readonly person: string;
  readonly reason: string;
}

/** Who is on call when. Later layers go before earlier ones, overrides before all; of two overrides the later in the list. */
export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly layers: readonly Layer[];
  readonly overrides: readonly Override[];
}

export interface OnCall {
  readonly person: string;
  /** The layer's name, or the override's reason. */
  readonly via: string;
}

/** A stretch in which the same person is on call, or nobody. */
export interface Shift {
  readonly from: number;
  readonly to: number;
  readonly onCall: OnCall | undefined;
}

const DAY_MS = 86_400_000;

/**
 * Who is on call at an instant; undefined: nobody. Turns change at the hand-over time of the schedule's own zone: on days with 23 or 25
 * hours the turns are an hour shorter or longer, and a hand-over that the clocks jump over happens at the jump.
 */
export function onCallAt(schedule: Schedule, at: number): OnCall | undefined {
  const override = schedule.overrides.findLast(({ from, to }) => from <= at && at < to);
  if (override !== undefined) return { person: override.person, via: `override: ${override.reason}` };
  for (const layer of [...schedule.layers].reverse()) {
    const person = personOf(layer, at, schedule.timeZone);
    if (person !== undefined) return { person, via: layer.name };
  }
  return undefined;
}

function personOf(layer: Layer, at: number, timeZone: string): string | undefined {
  if (layer.people.length === 0 || !(layer.turnDays >= 1)) return undefined;
  const today = localDay(at, timeZone);
  if (layer.hours.length > 0 && !layer.hours.some((hours) => within(hours, today, at, timeZone)))
    return undefined;
  // The last day whose hand-over has come: the clock may show an hour twice, the hand-over is once.
  let day = today + 1;
  while (day > today - 2 && instantOf(day, layer.handOver, timeZone) > at) day--;
  const turn = Math.floor((day - layer.startDay) / layer.turnDays);
  if (turn < 0) return undefined;
  return layer.people[turn % layer.people.length];
}

function edges(hours: OnCallHours, day: number, timeZone: string): readonly [number, number] {
  const begins = instantOf(day, hours.from, timeZone);
  const ends = instantOf(hours.to <= hours.from ? day + 1 : day, hours.to, timeZone);
  return [begins, ends];
}

function within(hours: OnCallHours, today: number, at: number, timeZone: string): boolean {
  for (const day of [today, today - 1]) {
    if (!hours.weekdays.includes(weekdayOf(day))) continue;
    const [begins, ends] = edges(hours, day, timeZone);
    if (begins <= at && at < ends) return true;
  }
  return false;
}

/** All shifts between two instants, in order and without holes: where nobody is on call, a shift says so. */
export function shiftsOf(schedule: Schedule, from: number, to: number): readonly Shift[] {
  const { timeZone } = schedule;
  const cuts = new Set<number>([from]);
  const cut = (at: number): void => {
    if (at > from && at < to) cuts.add(at);
  };
  for (const override of schedule.overrides) {
    cut(override.from);
    cut(override.to);
  }
  const first = localDay(from, timeZone) - 2;
  const last = localDay(to, timeZone) + 2;
  for (const layer of schedule.layers) {
    for (let day = first; day <= last; day++) {
      if ((day - layer.startDay) % Math.max(1, layer.turnDays) === 0)
        cut(instantOf(day, layer.handOver, timeZone));
      for (const hours of layer.hours) {
        if (!hours.weekdays.includes(weekdayOf(day))) continue;
        for (const edge of edges(hours, day, timeZone)) cut(edge);
      }
    }
  }
  const shifts: Shift[] = [];
  const order = [...cuts].sort((a, b) => a - b);
  order.forEach((begin, i) => {
    const end = order[i + 1] ?? to;
    if (end <= begin) return;
    const onCall = onCallAt(schedule, begin);
    const before = shifts.at(-1);
    if (
      before !== undefined &&
      before.onCall?.person === onCall?.person &&
      before.onCall?.via === onCall?.via
    )
      shifts[shifts.length - 1] = { ...before, to: end };
    else shifts.push({ from: begin, to: end, onCall });
  });
  return shifts;
}

/** The shift that runs now and the one after it, looked for within four weeks. */
export function nowAndNext(
  schedule: Schedule,
  at: number,
): { readonly now: Shift | undefined; readonly next: Shift | undefined } {
  const [now, next] = shiftsOf(schedule, at, at + 28 * DAY_MS);
  return { now, next };
}
