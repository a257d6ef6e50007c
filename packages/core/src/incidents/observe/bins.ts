import { type Bins, durationBin } from '../traffic.ts';

export function totalOf(bins: Bins): number {
  let total = 0;
  for (const bin in bins) total += bins[bin] ?? 0;
  return total;
}

/** Bin below or in which a share `q` of the events lies; 0 without events. */
export function quantileBin(bins: Bins, q: number): number {
  const order = Object.keys(bins)
    .map(Number)
    .sort((a, b) => a - b);
  const wanted = q * totalOf(bins);
  let seen = 0;
  for (const bin of order) {
    seen += bins[bin] ?? 0;
    if (seen >= wanted) return bin;
  }
  return order.at(-1) ?? 0;
}

/** Share of events in bins above that of a duration, in [0, 1]; 0 without events. */
export function shareAbove(bins: Bins, ms: number): number {
  const limit = durationBin(ms);
  let above = 0;
  let total = 0;
  for (const bin in bins) {
    const count = bins[bin] ?? 0;
    total += count;
    if (Number(bin) > limit) above += count;
  }
  return total > 0 ? above / total : 0;
}
