/**
 * Latencies counted in buckets that grow by 2^(1/8): quantiles to 4.5 %, from a quarter of a millisecond to four minutes, in
 * a plain list that adds over replicas and travels as JSON.
 */
export type LatencyCounts = number[];

const LEAST_MS = 0.25;
const PER_OCTAVE = 8;
const BUCKETS = 20 * PER_OCTAVE;

export function latencyCounts(): LatencyCounts {
  return new Array<number>(BUCKETS).fill(0);
}

export function countLatency(counts: LatencyCounts, ms: number): void {
  const place = ms <= LEAST_MS ? 0 : Math.floor(Math.log2(ms / LEAST_MS) * PER_OCTAVE) + 1;
  const bucket = Math.min(BUCKETS - 1, place);
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}

/** The upper edge of the bucket in which the `q`-quantile lies, in ms; undefined when nothing was counted. */
export function latencyQuantile(counts: readonly number[], q: number): number | undefined {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (seen >= rank) return LEAST_MS * 2 ** (bucket / PER_OCTAVE);
  }
  return undefined;
}

/** Events of both; the longer list's tail is kept. */
export function addLatency(a: readonly number[], b: readonly number[]): LatencyCounts {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}

/** What was counted between two readings of one growing list. */
export function latencySince(later: readonly number[], earlier: readonly number[]): LatencyCounts {
  return later.map((count, i) => Math.max(0, count - (earlier[i] ?? 0)));
}
