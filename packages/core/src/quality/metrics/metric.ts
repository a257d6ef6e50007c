/** Whether more of it is better. */
export type MetricDirection = 'higher' | 'lower';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What there is to know about a metric before the first number. */
export interface MetricFacts {
  readonly name: string;
  readonly direction: MetricDirection;
  /** Whether it takes the truth, which comes late or never. */
  readonly needsLabels: boolean;
  /** Whether it is known as soon as the answer leaves. */
  readonly realTime: boolean;
  /** What stands in for it until the truth is there: the name of a monitor or an estimate. */
  readonly proxy: string | undefined;
  /** Smallest and largest value possible. */
  readonly range: Interval;
  /** One sentence on what is counted, and on any choice that another library makes differently. */
  readonly meaning: string;
}

/**
 * A figure about many answers, from a state that takes one sample after the other and adds over replicas, times and segments:
 * `merge(a, b)` is the state that one process would have after the samples of both (exactly, or within rounding; what is
 * not exact says so in {@link Metric.bound}).
 */
export interface Metric<State, Sample> extends MetricFacts {
  init(): State;
  /** A sample from outside, checked; undefined when it is none (a NaN, a missing field, a weight below 0). */
  read(raw: unknown): Sample | undefined;
  add(state: State, sample: Sample): void;
  /** Adds `from` to `into`. @throws EvenkeelError `conflict` when the two have other parameters */
  merge(into: State, from: State): void;
  /** Undefined where the samples do not define it: none at all, or one class only. */
  value(state: State): number | undefined;
  /** Samples taken. */
  size(state: State): number;
  /** Standard error of {@link value} as a sample of what would have come; undefined where there is no value. */
  standardError(state: State): number | undefined;
  /** Interval that holds the true value with about this chance. @param confidence in (0, 1), default 0.95 */
  interval(state: State, confidence?: number): Interval | undefined;
  /** Largest difference between {@link value} and the exact value on the same samples; 0 when it is exact. */
  bound(state: State): number;
  /** The state as JSON. */
  save(state: State): unknown;
  /** @throws EvenkeelError `bad_request` for what {@link save} did not write */
  load(raw: unknown): State;
}
