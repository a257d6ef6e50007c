import type { Prepared } from './prepared.ts';
import type { Series } from './series.ts';
import type { WindowSums } from './status.ts';

/** Reads the windows of an objective from its series. */
export function seriesSums(prepared: Prepared, series: Series): WindowSums {
  const slots = prepared.windows.map((window) => series.slot(window));
  const slot = (index: number): number => slots[index] ?? -1;
  return {
    good: (index) => series.good(slot(index)),
    total: (index) => series.total(slot(index)),
    adjustedGood: (index) => series.adjustedGood(slot(index)),
    adjustedTotal: (index) => series.adjustedTotal(slot(index)),
  };
}
