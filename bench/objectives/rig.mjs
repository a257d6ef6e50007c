// Ten thousand objectives with thirty days of minutes that nobody has to keep: the counts of any minute are a function of
// the objective's number and the minute, so that blocks, window sums and the right answer can all be worked out apart.
import { BURN_PAIRS } from '../../packages/core/dist/objectives/burn-alert.js';
import { blockBytes, emptyBlock } from '../../packages/core/dist/objectives/minute-block.js';
import { prepareObjective } from '../../packages/core/dist/objectives/prepared.js';
import { encodeState, methodKey, windowKey } from '../../packages/core/dist/objectives/series-state.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAYS = 30;
/** A minute before an hour begins would measure the hour's change alone: this one is in the middle. */
export const NOW = Date.UTC(2026, 0, 31, 12, 30, 30);
export const occurrences = { method: 'occurrences' };

export function countsOf(n, minute) {
  const total = 50 + ((minute * 7 + n * 13) % 101);
  // Some objectives have an incident of half an hour, now and then.
  const broken = n % 50 === 0 && minute % 20_000 < 30;
  const bad = broken ? total : (minute * 31 + n) % 997 === 0 ? 1 : 0;
  return { good: total - bad, total };
}

export const prepared = (n) =>
  prepareObjective(
    {
      name: `objective-${n}`,
      service: `service-${n % 100}`,
      category: 'availability',
      description: '',
      source: { kind: 'pushed', name: 'x' },
      window: { kind: 'rolling', lengthMs: DAYS * 24 * HOUR },
      budgeting: occurrences,
      allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
      alerts: BURN_PAIRS,
      minimumBad: 2,
      labels: {},
      annotations: {},
    },
    1,
  );

/** Sums of the last `minutes` before `end` (a minute), by adding all of them up. */
export function sumOf(n, minutes, end) {
  let good = 0;
  let total = 0;
  for (let m = end - minutes; m < end; m++) {
    const counts = countsOf(n, m);
    good += counts.good;
    total += counts.total;
  }
  return { good, total };
}

/** What the series of objective `n` would have kept when the minute of `now` was the last one counted. */
export function stateOf(n, windows, now) {
  const end = Math.floor(now / MINUTE) + 1;
  const first = end - DAYS * 24 * 60;
  const lengths = new Map(windows.map((window) => [windowKey(window), window.lengthMs / MINUTE]));
  return encodeState({
    since: first,
    head: end,
    firstHour: Math.floor(first / 60),
    lastHour: Math.floor((end - 1) / 60),
    lastEvent: end - 1,
    method: methodKey(occurrences),
    mask: [],
    adjusted: false,
    windows: [...lengths].map(([key, minutes]) => {
      const { good, total } = sumOf(n, minutes, end);
      return { key, low: end - minutes, high: end, sums: [good, total, 0, 0] };
    }),
  });
}

/** The block of an hour, up to (not including) the minute `until`. */
export function blockOf(n, hour, until) {
  const block = emptyBlock();
  for (let i = 0; i < 60; i++) {
    const minute = hour / MINUTE + i;
    if (minute >= until) break;
    const { good, total } = countsOf(n, minute);
    block[2 * i] = good;
    block[2 * i + 1] = total;
  }
  return blockBytes(block);
}
