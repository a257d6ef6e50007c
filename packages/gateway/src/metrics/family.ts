/** One series of a counter or a gauge: the hot path holds it and changes the number. */
export interface Cell {
  value: number;
}

/** The request that a bucket of a histogram saw last. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Wall milliseconds. */
  readonly at: number;
}

/** One series of a histogram. */
export interface HistogramCell {
  observe(value: number): void;
  /** As `observe`, and remembers the trace for the bucket. */
  observeTraced(value: number, traceId: string, at: number): void;
  /** Per bucket and not cumulated; the last one is +Inf. */
  readonly counts: Float64Array;
  readonly exemplars: readonly (Exemplar | undefined)[];
  sum(): number;
}

/** Label values in the order of the family's label names, and the series that they name. */
export interface Labelled<T> {
  readonly labels: readonly string[];
  readonly cell: T;
}

interface FamilyFacts {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

export interface ScalarFamily extends FamilyFacts {
  readonly kind: 'counter' | 'gauge';
  /** The series of these label values, made (at 0) when it is new. Look it up once and keep it. */
  cell(...labels: string[]): Cell;
  series(): Iterable<Labelled<Cell>>;
  /** Forgets all series: for gauges that are written anew at every scrape. */
  clear(): void;
}

export interface HistogramFamily extends FamilyFacts {
  readonly kind: 'histogram';
  /** Upper bounds of the buckets, ascending, without +Inf. */
  readonly bounds: readonly number[];
  cell(...labels: string[]): HistogramCell;
  series(): Iterable<Labelled<HistogramCell>>;
}

export type Family = ScalarFamily | HistogramFamily;

/** A character that no label value has. */
const BETWEEN = '\u0000';

function cells<T>(make: () => T): {
  cell(labels: readonly string[]): T;
  series(): Iterable<Labelled<T>>;
  clear(): void;
} {
  const known = new Map<string, Labelled<T>>();
  return {
    cell(labels) {
      const key = labels.join(BETWEEN);
      const found = known.get(key);
      if (found !== undefined) return found.cell;
      const made = { labels, cell: make() };
      known.set(key, made);
      return made.cell;
    },
    series: () => known.values(),
    clear: () => known.clear(),
  };
}

function scalar(
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  labelNames: readonly string[],
): ScalarFamily {
  const own = cells<Cell>(() => ({ value: 0 }));
  return {
    kind,
    name,
    help,
    labelNames,
    cell: (...labels) => own.cell(labels),
    series: own.series,
    clear: own.clear,
  };
}

export function counterFamily(name: string, help: string, labelNames: readonly string[] = []): ScalarFamily {
  return scalar('counter', name, help, labelNames);
}

export function gaugeFamily(name: string, help: string, labelNames: readonly string[] = []): ScalarFamily {
  return scalar('gauge', name, help, labelNames);
}

function histogramCell(bounds: readonly number[]): HistogramCell {
  const counts = new Float64Array(bounds.length + 1);
  const exemplars: (Exemplar | undefined)[] = new Array(bounds.length + 1).fill(undefined);
  let sum = 0;
  /** The first bucket whose bound is not below the value. */
  const bucket = (value: number): number => {
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const count = (value: number): number => {
    // What is no number would make the sum one for ever.
    if (!Number.isFinite(value)) return -1;
    const at = bucket(value);
    counts[at] = (counts[at] ?? 0) + 1;
    sum += value;
    return at;
  };
  return {
    observe(value) {
      count(value);
    },
    observeTraced(value, traceId, at) {
      const bucketAt = count(value);
      if (bucketAt >= 0) exemplars[bucketAt] = { traceId, value, at };
    },
    counts,
    exemplars,
    sum: () => sum,
  };
}

/** @param bounds upper bounds; sorted and made unique here */
export function histogramFamily(
  name: string,
  help: string,
  labelNames: readonly string[],
  bounds: readonly number[],
): HistogramFamily {
  const sorted = [...new Set(bounds)].filter((bound) => Number.isFinite(bound)).sort((a, b) => a - b);
  const own = cells(() => histogramCell(sorted));
  return {
    kind: 'histogram',
    name,
    help,
    labelNames,
    bounds: sorted,
    cell: (...labels) => own.cell(labels),
    series: own.series,
  };
}
