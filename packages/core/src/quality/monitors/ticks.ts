import type { SeriesDelta } from './delta.ts';

/** Events that a detector takes in one step. More would only make it slower, not wrong. */
const STEP = 8;

/**
 * The events of several replicas in steps of a few: those whose order is known in turn, as if they had come by at the same pace,
 * then the others in proportion. Calls back with counts by slot; the array is used again.
 */
export function inSteps(
  deltas: readonly SeriesDelta[],
  slots: number,
  step: (counts: Float64Array, n: number) => void,
): void {
  const counts = new Float64Array(slots);
  let n = 0;
  const flush = (): void => {
    if (n === 0) return;
    step(counts, n);
    counts.fill(0);
    n = 0;
  };
  const longest = deltas.reduce((most, delta) => Math.max(most, delta.ordered.length), 0);
  for (let i = 0; i < longest; i++) {
    for (const { ordered } of deltas) {
      // Shorter lists are spread over the whole time.
      const from = Math.floor((i * ordered.length) / longest);
      const to = Math.floor(((i + 1) * ordered.length) / longest);
      for (let at = from; at < to; at++) {
        const slot = ordered[at] ?? 0;
        counts[slot] = (counts[slot] ?? 0) + 1;
        if (++n >= STEP) flush();
      }
    }
  }
  flush();
  const rest = new Float64Array(slots);
  let total = 0;
  for (const delta of deltas) {
    for (const [slot, count] of delta.counts) {
      rest[slot] = (rest[slot] ?? 0) + count;
      total += count;
    }
  }
  // Their order is lost: in at most sixteen steps, all alike, each slot's share without a remainder over them all.
  const steps = Math.min(16, Math.ceil(total / STEP));
  for (let k = 0; k < steps; k++) {
    for (let slot = 0; slot < slots; slot++) {
      const count = rest[slot] ?? 0;
      const part = Math.floor((count * (k + 1)) / steps) - Math.floor((count * k) / steps);
      counts[slot] = part;
      n += part;
    }
    flush();
  }
}
