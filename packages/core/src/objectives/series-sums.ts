import type { Counts } from './counts.ts';
import type { Prepared } from './prepared.ts';
import type { Series } from './series.ts';
import type { WindowSums } from './status.ts';

/** Reads the windows of an objective from its series. */
export function seriesSums(prepared: Prepared, series: Series): WindowSums {
  const slots = prepared.windows.map((window) => series.slot(window));
  const row = new Float64Array(4);
  const read = (index: number): boolean => {
    const slot = slots[index];
    if (slot === undefined) throw new RangeError(`the objective has no window ${index}`);
    series.read(slot, row);
    return row[0] === row[2] && row[1] === row[3];
  };
  let last: Counts = { good: 0, total: 0 };
  let lastIndex = -1;
  const raw = (index: number): Counts => {
    read(index);
    last = { good: row[0] ?? 0, total: row[1] ?? 0 };
    lastIndex = index;
    return last;
  };
  return {
    raw,
    adjusted(index) {
      const same = read(index);
      const good = row[2] ?? 0;
      const total = row[3] ?? 0;
      if (same && lastIndex === index && last.good === good && last.total === total) return last;
      return { good, total };
    },
  };
}
