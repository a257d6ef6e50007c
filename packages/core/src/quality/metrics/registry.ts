import { EvenkeelError } from '../../kernel/errors.ts';
import { nearestName } from '../../kernel/nearest.ts';
import { readAmount, readRecord } from './json-state.ts';
import type { Interval, Metric, MetricFacts } from './metric.ts';

/** What a metric says about the samples it has seen. */
export interface MetricReading {
  readonly value: number | undefined;
  readonly standardError: number | undefined;
  readonly interval: Interval | undefined;
  /** Largest error of `value` by the way it is kept, 0 when exact. */
  readonly bound: number;
  readonly n: number;
  /** What was handed over and is no sample of this metric. Not in `n`. */
  readonly invalid: number;
}

/** A metric with its state: what a host that does not know the type of samples works with. */
export interface Accumulator {
  readonly facts: MetricFacts;
  /** Takes anything; what is no sample is counted as invalid. @returns whether it was one */
  add(sample: unknown): boolean;
  /** Adds what {@link save} of another accumulator of the same metric gave. @throws EvenkeelError `bad_request` or `conflict`; nothing is added then */
  merge(saved: unknown): void;
  read(confidence?: number): MetricReading;
  save(): unknown;
  clear(): void;
}

/** Puts a metric and its state together. @param saved what an accumulator of this metric saved */
export function accumulate<State, Sample>(metric: Metric<State, Sample>, saved?: unknown): Accumulator {
  const load = (raw: unknown): { state: State; invalid: number } => {
    const record = readRecord(raw, metric.name);
    return { state: metric.load(record.state), invalid: readAmount(record.invalid, 'invalid') };
  };
  let { state, invalid } = saved === undefined ? { state: metric.init(), invalid: 0 } : load(saved);
  return {
    facts: metric,
    add(raw) {
      const sample = metric.read(raw);
      if (sample === undefined) {
        invalid++;
        return false;
      }
      metric.add(state, sample);
      return true;
    },
    merge(raw) {
      const other = load(raw);
      metric.merge(state, other.state);
      invalid += other.invalid;
    },
    read: (confidence) => ({
      value: metric.value(state),
      standardError: metric.standardError(state),
      interval: metric.interval(state, confidence),
      bound: metric.bound(state),
      n: metric.size(state),
      invalid,
    }),
    save: () => ({ state: metric.save(state), invalid }),
    clear() {
      state = metric.init();
      invalid = 0;
    },
  };
}

export interface MetricRegistry {
  /** Adds a metric, ours or yours, under its name. @throws EvenkeelError `conflict` when the name is taken, `bad_request` for a name that is none */
  register<State, Sample>(metric: Metric<State, Sample>): void;
  /** Facts of all, by name. */
  list(): readonly MetricFacts[];
  /** @throws EvenkeelError `not_found` with the nearest name */
  accumulator(name: string, saved?: unknown): Accumulator;
  has(name: string): boolean;
}

/** Metrics by name. See `standardMetrics` for one that has all of ours. */
export function createMetricRegistry(): MetricRegistry {
  const known = new Map<string, { facts: MetricFacts; make: (saved?: unknown) => Accumulator }>();
  return {
    register(metric) {
      if (!/^[a-z][a-z0-9_]{0,62}$/.test(metric.name)) {
        throw new EvenkeelError(
          'bad_request',
          `"${metric.name}" is no name of a metric: lower-case letters, digits and "_", at most 63.`,
        );
      }
      if (known.has(metric.name)) {
        throw new EvenkeelError('conflict', `There is a metric "${metric.name}" already.`);
      }
      known.set(metric.name, { facts: metric, make: (saved) => accumulate(metric, saved) });
    },
    list: () => [...known.values()].map(({ facts }) => facts),
    accumulator(name, saved) {
      const entry = known.get(name);
      if (entry === undefined) {
        const near = nearestName(name, [...known.keys()]);
        throw new EvenkeelError(
          'not_found',
          `There is no metric "${name}"${near === undefined ? '' : `: did you mean "${near}"?`}`,
        );
      }
      return entry.make(saved);
    },
    has: (name) => known.has(name),
  };
}
