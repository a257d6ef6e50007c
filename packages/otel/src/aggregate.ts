import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';

/** A sum that grows. */
export interface SumCell {
  value: number;
}

/** A distribution; what is no number is left out. */
export interface HistogramCell {
  record(value: number): void;
}

interface Facts {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

/** A metric whose series are looked up once and then kept by who counts: the SDK's own hash their attributes every time. */
export interface Aggregate<T> {
  /** The series of these attributes, made when it is new. */
  cell(attributes: Attributes): T;
  /** Cumulative since `start`; undefined while there is nothing. */
  data(start: HrTime, end: HrTime): MetricData | undefined;
}

interface Series<T> {
  readonly attributes: Attributes;
  readonly cell: T;
}

function seriesOf<T>(make: () => T): { cell(attributes: Attributes): T; all(): readonly Series<T>[] } {
  const known = new Map<string, Series<T>>();
  return {
    cell(attributes) {
      const key = JSON.stringify(attributes);
      const found = known.get(key);
      if (found !== undefined) return found.cell;
      const made = { attributes, cell: make() };
      known.set(key, made);
      return made.cell;
    },
    all: () => [...known.values()],
  };
}

export function sum(facts: Facts): Aggregate<SumCell> {
  const own = seriesOf<SumCell>(() => ({ value: 0 }));
  return {
    cell: own.cell,
    data(startTime, endTime) {
      const dataPoints = own.all().map(({ attributes, cell }) => ({
        startTime,
        endTime,
        attributes,
        value: cell.value,
      }));
      if (dataPoints.length === 0) return undefined;
      return {
        descriptor: { ...facts, valueType: ValueType.DOUBLE },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints,
      };
    },
  };
}

/** @param bounds upper bounds of the buckets, ascending */
export function histogram(facts: Facts, bounds: readonly number[]): Aggregate<HistogramCell> {
  const make = () => {
    const counts = new Array<number>(bounds.length + 1).fill(0);
    let total = 0;
    let count = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    return {
      record(value: number): void {
        if (!Number.isFinite(value)) return;
        let at = 0;
        while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
        counts[at] = (counts[at] ?? 0) + 1;
        total += value;
        count += 1;
        if (value < min) min = value;
        if (value > max) max = value;
      },
      read: () => ({
        buckets: { boundaries: [...bounds], counts: [...counts] },
        sum: total,
        count,
        min,
        max,
      }),
    };
  };
  const own = seriesOf(make);
  return {
    cell: own.cell,
    data(startTime, endTime) {
      const dataPoints = own
        .all()
        .map(({ attributes, cell }) => ({ startTime, endTime, attributes, value: cell.read() }))
        .filter(({ value }) => value.count > 0);
      if (dataPoints.length === 0) return undefined;
      return {
        descriptor: { ...facts, valueType: ValueType.DOUBLE },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints,
      };
    },
  };
}
