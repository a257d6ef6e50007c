import { type Budgeting, sliceCounts } from './counts.ts';
import { exactCount, MINUTE_MS, MINUTES_PER_HOUR, type MinuteBlock } from './minute-block.ts';
import { inSpans, type MinuteSpans } from './minute-spans.ts';

/** What windows are counted in: minutes for occurrences, whole slices for the others. */
export interface Unit {
  readonly budgeting: Budgeting;
  /** Length in minutes. Units follow the clock: they begin at multiples of it since the epoch. */
  readonly minutes: number;
}

/** Slices that are no whole minutes, which other tools' files may have, are judged as the next longer ones that are. */
export function unitOf(budgeting: Budgeting): Unit {
  const minutes = budgeting.method === 'occurrences' ? 1 : Math.ceil(budgeting.sliceMs / MINUTE_MS);
  return { budgeting, minutes: Math.max(1, minutes) };
}

/** One slice's counts into out[at], out[at + 1]. `left`: minutes of it that are not excluded. */
function addSlice(
  unit: Unit,
  good: number,
  total: number,
  left: number,
  began: boolean,
  out: Float64Array,
  at: number,
): void {
  const { budgeting } = unit;
  if (budgeting.method === 'occurrences' || left === 0 || (total <= 0 && !began)) {
    out[at] = 0;
    out[at + 1] = 0;
    return;
  }
  const counts = sliceCounts({ good, total }, budgeting);
  out[at] = exactCount(counts.good);
  out[at + 1] = counts.total;
}

/**
 * What one unit comes to, as out = [good, total, adjusted good, adjusted total]; false when an hour of it is missing.
 *
 * Excluded minutes are taken out of both counts. A slice that an exclusion cuts is judged on the minutes that are left
 * of it; when none is left, there is no slice.
 * @param since minute of the first observation: an empty slice that began before it says nothing
 * @param mask excluded minutes; undefined: none, and the adjusted counts are left alone
 */
export function addUnit(
  unit: Unit,
  index: number,
  since: number,
  blockOf: (hour: number) => MinuteBlock | undefined,
  mask: MinuteSpans | undefined,
  out: Float64Array,
): boolean {
  const start = index * unit.minutes;
  if (unit.budgeting.method === 'occurrences') {
    const hour = Math.floor(start / MINUTES_PER_HOUR);
    const block = blockOf(hour);
    if (block === undefined) return false;
    const i = 2 * (start - hour * MINUTES_PER_HOUR);
    const good = block[i] ?? 0;
    const total = block[i + 1] ?? 0;
    out[0] = good;
    out[1] = total;
    if (mask === undefined) return true;
    const out2 = inSpans(mask, start);
    out[2] = out2 ? 0 : good;
    out[3] = out2 ? 0 : total;
    return true;
  }
  let good = 0;
  let total = 0;
  let keptGood = 0;
  let keptTotal = 0;
  let left = 0;
  for (let minute = start; minute < start + unit.minutes; minute++) {
    const hour = Math.floor(minute / MINUTES_PER_HOUR);
    const block = blockOf(hour);
    if (block === undefined) return false;
    const i = 2 * (minute - hour * MINUTES_PER_HOUR);
    good += block[i] ?? 0;
    total += block[i + 1] ?? 0;
    if (mask === undefined || inSpans(mask, minute)) continue;
    keptGood += block[i] ?? 0;
    keptTotal += block[i + 1] ?? 0;
    left += 1;
  }
  const began = start >= since;
  addSlice(unit, good, total, unit.minutes, began, out, 0);
  if (mask !== undefined) addSlice(unit, keptGood, keptTotal, left, began, out, 2);
  return true;
}
