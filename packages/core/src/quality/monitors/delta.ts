import { malformed, readAmount, readArray, readFinite, readRecord, readText } from '../metrics/json-state.ts';

/** A value as it travels while a baseline is learned: JSON has neither NaN nor a way to say "an object was here". */
export type RawValue = number | string | boolean | null | readonly ['non_finite'] | readonly ['wrong_type'];

/** Longest text that is told apart from another as a category. */
const LONGEST_TEXT = 120;

export function encodeValue(value: unknown): RawValue {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : ['non_finite'];
    case 'string':
      return value.length > LONGEST_TEXT ? value.slice(0, LONGEST_TEXT) : value;
    case 'boolean':
      return value;
    case 'undefined':
      return null;
    default:
      return value === null ? null : ['wrong_type'];
  }
}

/** The value again, as far as counting cares. */
export function decodeValue(raw: RawValue): unknown {
  if (!Array.isArray(raw)) return raw;
  return raw[0] === 'non_finite' ? Number.NaN : {};
}

/** What one replica saw of one part of the traffic since it last handed over. */
export interface SeriesDelta {
  /** '' is all traffic. */
  readonly segment: string;
  /** Of the baseline that the slots belong to; null while there is none. */
  readonly fingerprint: string | null;
  /** Slots of the first events, in their order. */
  readonly ordered: readonly number[];
  /** Counts by slot of the events after those. */
  readonly counts: readonly (readonly [slot: number, count: number])[];
  /** Values outside the baseline's range. */
  readonly below: number;
  readonly above: number;
  /** Values in their order, for a baseline to be learned from. */
  readonly raw: readonly RawValue[];
  /** Values that were not kept, because a baseline needs no more. */
  readonly skipped: number;
}

/** What one replica saw for one monitor. */
export interface MonitorDelta {
  readonly v: 1;
  readonly series: readonly SeriesDelta[];
  /** Events of segments beyond the bound: counted in the whole only. */
  readonly beyond: number;
}

/** @throws EvenkeelError `bad_request` for what no replica of ours sends */
export function readMonitorDelta(raw: unknown): MonitorDelta {
  const record = readRecord(raw, 'a monitor delta');
  if (record.v !== 1) throw malformed(`a monitor delta of version ${String(record.v)}`);
  return {
    v: 1,
    series: readArray(record.series, 'series').map(readSeries),
    beyond: readAmount(record.beyond, 'beyond'),
  };
}

function readSeries(raw: unknown): SeriesDelta {
  const record = readRecord(raw, 'a series');
  return {
    segment: readText(record.segment, 'a segment'),
    fingerprint: record.fingerprint === null ? null : readText(record.fingerprint, 'a fingerprint'),
    ordered: readArray(record.ordered, 'ordered').map(readSlot),
    counts: readArray(record.counts, 'counts').map((pair) => {
      const [slot, count] = readArray(pair, 'a count');
      return [readSlot(slot), readAmount(count, 'a count')] as const;
    }),
    below: readAmount(record.below, 'below'),
    above: readAmount(record.above, 'above'),
    raw: readArray(record.raw, 'raw').map(readRawValue),
    skipped: readAmount(record.skipped, 'skipped'),
  };
}

function readSlot(raw: unknown): number {
  const slot = readAmount(raw, 'a slot');
  if (!Number.isInteger(slot)) throw malformed(`a slot that is none: ${slot}`);
  return slot;
}

/** @throws EvenkeelError `bad_request` for what {@link encodeValue} does not give */
export function readRawValue(raw: unknown): RawValue {
  if (raw === null || typeof raw === 'string' || typeof raw === 'boolean') return raw;
  if (typeof raw === 'number') return readFinite(raw, 'a value');
  const [kind] = readArray(raw, 'a value');
  if (kind === 'non_finite') return ['non_finite'];
  if (kind === 'wrong_type') return ['wrong_type'];
  throw malformed('a value that is none');
}
