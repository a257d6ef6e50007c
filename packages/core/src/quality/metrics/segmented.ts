import { EvenkeelError } from '../../kernel/errors.ts';
import { readAmount, readArray, readRecord, readText } from './json-state.ts';
import type { Metric } from './metric.ts';

/** A state for all samples, and one for each segment. */
export interface Segmented<State> {
  readonly all: State;
  readonly segments: Map<string, State>;
  /** Samples of segments beyond the bound: in `all`, in no segment. */
  beyond: number;
}

export interface SegmentedSample<Sample> {
  /** Undefined: in no segment. */
  readonly segment: string | undefined;
  readonly sample: Sample;
}

export interface SegmentedMetric<State, Sample> {
  readonly metric: Metric<State, Sample>;
  init(): Segmented<State>;
  add(state: Segmented<State>, entry: SegmentedSample<Sample>): void;
  merge(into: Segmented<State>, from: Segmented<State>): void;
  save(state: Segmented<State>): unknown;
  load(raw: unknown): Segmented<State>;
  /** Value by segment, the worst first; segments without a value are left out. */
  ranked(
    state: Segmented<State>,
  ): readonly { readonly segment: string; readonly value: number; readonly n: number }[];
}

/**
 * The same metric for each part of the traffic. Segments beyond `maxSegments` are counted in the whole only, and how many samples that were is said.
 * @param maxSegments 1 to 10,000, default 100
 */
export function bySegment<State, Sample>(
  metric: Metric<State, Sample>,
  maxSegments = 100,
): SegmentedMetric<State, Sample> {
  if (!Number.isInteger(maxSegments) || maxSegments < 1 || maxSegments > 10_000) {
    throw new EvenkeelError(
      'bad_request',
      `maxSegments must be a whole number from 1 to 10,000, not ${maxSegments}.`,
    );
  }
  const of = (state: Segmented<State>, segment: string): State | undefined => {
    const known = state.segments.get(segment);
    if (known !== undefined || state.segments.size >= maxSegments) return known;
    const fresh = metric.init();
    state.segments.set(segment, fresh);
    return fresh;
  };
  return {
    metric,
    init: () => ({ all: metric.init(), segments: new Map(), beyond: 0 }),
    add(state, { segment, sample }) {
      metric.add(state.all, sample);
      if (segment === undefined) return;
      const part = of(state, segment);
      if (part === undefined) state.beyond++;
      else metric.add(part, sample);
    },
    merge(into, from) {
      metric.merge(into.all, from.all);
      into.beyond += from.beyond;
      for (const [segment, state] of from.segments) {
        const part = of(into, segment);
        if (part === undefined) into.beyond += metric.size(state);
        else metric.merge(part, state);
      }
    },
    save: (state) => ({
      all: metric.save(state.all),
      segments: [...state.segments].map(([segment, part]) => [segment, metric.save(part)]),
      beyond: state.beyond,
    }),
    load(raw) {
      const record = readRecord(raw, 'a state by segment');
      const segments = new Map<string, State>();
      for (const entry of readArray(record.segments, 'segments').slice(0, maxSegments)) {
        const [segment, state] = readArray(entry, 'a segment');
        segments.set(readText(segment, 'a segment'), metric.load(state));
      }
      return { all: metric.load(record.all), segments, beyond: readAmount(record.beyond, 'beyond') };
    },
    ranked(state) {
      const better = metric.direction === 'higher' ? 1 : -1;
      return [...state.segments]
        .flatMap(([segment, part]) => {
          const value = metric.value(part);
          return value === undefined ? [] : [{ segment, value, n: metric.size(part) }];
        })
        .sort((a, b) => better * (a.value - b.value));
    },
  };
}
