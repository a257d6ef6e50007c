/** Numbers of the last so many steps, each with its step, for robust statistics. */
export interface StepWindow {
  push(step: number, value: number): void;
  /** Forgets what lies at or after `step`. */
  rewind(step: number): void;
  readonly size: () => number;
  median(): number;
  /** Median absolute deviation, scaled to a normal distribution's standard deviation. */
  deviation(): number;
}

/** Consistency factor of the MAD with the standard deviation of a normal distribution. */
const MAD_SCALE = 1.4826;

/** The middle of unsorted numbers; NaN of none. */
export function medianOf(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

export function stepWindow(length: number): StepWindow {
  let entries: { step: number; value: number }[] = [];
  // Both figures are asked for once per step at most.
  let cached: { median: number; deviation: number } | undefined;
  function figures(): { median: number; deviation: number } {
    if (cached === undefined) {
      const values = entries.map((entry) => entry.value);
      const median = medianOf(values);
      cached = { median, deviation: MAD_SCALE * medianOf(values.map((value) => Math.abs(value - median))) };
    }
    return cached;
  }
  return {
    push(step, value) {
      entries.push({ step, value });
      if (entries.length > length) entries.shift();
      cached = undefined;
    },
    rewind(step) {
      entries = entries.filter((entry) => entry.step < step);
      cached = undefined;
    },
    size: () => entries.length,
    median: () => figures().median,
    deviation: () => figures().deviation,
  };
}
