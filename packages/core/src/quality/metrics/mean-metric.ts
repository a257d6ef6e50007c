import { normalInterval, wilsonInterval } from './intervals.ts';
import type { Interval, Metric, MetricFacts } from './metric.ts';
import {
  addToMean,
  createMean,
  effectiveSize,
  errorOfMean,
  loadMean,
  mergeMean,
  saveMean,
  type WeightedMean,
} from './weighted-mean.ts';

export interface MeanMetricOptions<Sample> extends MetricFacts {
  read(raw: unknown): Sample | undefined;
  /** What one sample counts; undefined leaves it out. */
  of(sample: Sample): number | undefined;
  weight?(sample: Sample): number;
  /** The value from the mean, such as its root; increasing. Default: the mean itself. */
  readonly shape?: {
    apply(mean: number): number;
    /** Derivative, for the standard error (delta method). */
    slope(mean: number): number;
  };
  /** Whether what is averaged is 0 or 1 (Wilson's interval then). */
  readonly share?: boolean;
}

/** A metric that is the weighted mean of something about each sample, or a function of it. Exact, and mergeable within rounding. */
export function meanMetric<Sample>(options: MeanMetricOptions<Sample>): Metric<WeightedMean, Sample> {
  const { read, of, weight, shape, share, ...facts } = options;
  const shaped = (mean: number): number => (shape === undefined ? mean : shape.apply(mean));
  const error = (state: WeightedMean): number | undefined => {
    const plain = errorOfMean(state);
    if (plain === undefined || shape === undefined) return plain;
    const slope = shape.slope(state.mean);
    return Number.isFinite(slope) ? plain * slope : undefined;
  };
  return {
    ...facts,
    init: createMean,
    read(raw) {
      const sample = read(raw);
      if (sample === undefined) return undefined;
      const value = of(sample);
      return value === undefined || Number.isFinite(value) ? sample : undefined;
    },
    add(state, sample) {
      const value = of(sample);
      if (value !== undefined) addToMean(state, value, weight?.(sample) ?? 1);
    },
    merge: mergeMean,
    value: (state) => (state.n === 0 ? undefined : shaped(state.mean)),
    size: (state) => state.n,
    standardError: error,
    interval(state, confidence = 0.95): Interval | undefined {
      if (state.n === 0) return undefined;
      if (share === true) return wilsonInterval(state.mean, effectiveSize(state), confidence);
      const plain = errorOfMean(state);
      if (plain === undefined) return undefined;
      // On the mean, then through the shape: a root or an exponential stays inside its range.
      const unbounded: Interval = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
      const around = normalInterval(
        state.mean,
        plain,
        shape === undefined ? facts.range : unbounded,
        confidence,
      );
      return {
        low: Math.max(facts.range.low, shaped(shape === undefined ? around.low : Math.max(0, around.low))),
        high: Math.min(facts.range.high, shaped(around.high)),
      };
    },
    bound: () => 0,
    save: saveMean,
    load: (raw) => loadMean(raw, facts.name),
  };
}
