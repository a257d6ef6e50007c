const PER_OCTAVE = 10;
const LEAST_MS = 0.01;
/** 10 bins to the octave from 0.01 ms: the last begins at about 5.4 million ms (90 minutes). */
const BINS = 290;

/**
 * Latencies of one window in a fixed number of logarithmic bins: constant work and no allocation per sample, whatever
 * the rate. Each bin keeps its count and its sum, so a statistic is off by at most a part of one bin (7 % wide).
 */
export interface LatencyWindow {
  /** @param durationMs zero or more; what is not a number counts as zero */
  add(durationMs: number): void;
  count(): number;
  /**
   * The midmean: the mean of the middle half of the samples, 0 when there are none. Outliers cannot move it, a delay
   * common to all samples moves it by exactly that delay, and unlike the median it does not jump between two modes.
   */
  level(): number;
  /** @param q in [0, 1]; 0 when there are no samples */
  quantile(q: number): number;
  reset(): void;
}

/** Makes an empty window. */
export function latencyWindow(): LatencyWindow {
  const counts = new Float64Array(BINS);
  const sums = new Float64Array(BINS);
  let total = 0;

  const lower = (bin: number): number => (bin === 0 ? 0 : LEAST_MS * 2 ** ((bin - 1) / PER_OCTAVE));

  return {
    add(durationMs) {
      const ms = durationMs > 0 ? durationMs : 0;
      const bin =
        ms < LEAST_MS ? 0 : Math.min(BINS - 1, 1 + Math.floor(Math.log2(ms / LEAST_MS) * PER_OCTAVE));
      counts[bin] = (counts[bin] ?? 0) + 1;
      sums[bin] = (sums[bin] ?? 0) + ms;
      total += 1;
    },
    count: () => total,
    level() {
      if (total === 0) return 0;
      const from = total * 0.25;
      const to = total * 0.75;
      let seen = 0;
      let sum = 0;
      for (let bin = 0; bin < BINS && seen < to; bin++) {
        const count = counts[bin] ?? 0;
        if (count === 0) continue;
        const inside = Math.min(seen + count, to) - Math.max(seen, from);
        if (inside > 0) sum += (inside * (sums[bin] ?? 0)) / count;
        seen += count;
      }
      return sum / (to - from);
    },
    quantile(q) {
      if (total === 0) return 0;
      const wanted = Math.min(1, Math.max(0, q)) * total;
      let seen = 0;
      for (let bin = 0; bin < BINS; bin++) {
        const count = counts[bin] ?? 0;
        if (count === 0 || seen + count < wanted) {
          seen += count;
          continue;
        }
        const low = lower(bin);
        const mean = (sums[bin] ?? 0) / count;
        // The last bin has no upper bound: its mean is the best there is.
        if (bin === BINS - 1) return mean;
        return low + (lower(bin + 1) - low) * Math.max(0, (wanted - seen) / count);
      }
      return 0;
    },
    reset() {
      counts.fill(0);
      sums.fill(0);
      total = 0;
    },
  };
}
