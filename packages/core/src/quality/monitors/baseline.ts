import { categoricalReference, numericReference, type Reference } from '../bins.ts';
import { slotsOf } from '../drift-tables.ts';
import { malformed, readAmount, readArray, readRecord } from '../metrics/json-state.ts';
import { loadReference, type ReferenceRecord, referenceRecord } from '../reference-record.ts';

/** What traffic is compared with. It never changes; another one is another version. */
export interface Baseline {
  /** 1, 2, 3 …: of this monitor and segment. */
  readonly version: number;
  readonly source: 'traffic' | 'given';
  readonly reference: Reference;
  /** Wall milliseconds: what it is from, and when it was made. */
  readonly from: number;
  readonly to: number;
  readonly madeAt: number;
  /** Slots of its values in their order, to know how they depend on each other in time; undefined where the order is not known. */
  readonly sequence: Uint16Array | undefined;
}

/**
 * A baseline from rows: a column of a file, a training run, the first traffic.
 * @param values in order of time if `ordered`
 * @throws EvenkeelError `bad_request` without a single value that fits the kind
 */
export function baselineFrom(
  kind: 'numeric' | 'categorical',
  values: readonly unknown[],
  about: {
    readonly version: number;
    readonly source: 'traffic' | 'given';
    readonly from: number;
    readonly to: number;
    readonly madeAt: number;
    readonly ordered: boolean;
  },
): Baseline {
  const reference = kind === 'numeric' ? numericReference(values) : categoricalReference(values);
  const { ordered, ...rest } = about;
  return { ...rest, reference, sequence: ordered ? slotsOf(reference, values) : undefined };
}

/** For people and the API. */
export interface BaselineSummary {
  readonly version: number;
  readonly source: 'traffic' | 'given';
  /** Values in it. */
  readonly n: number;
  readonly from: number;
  readonly to: number;
  /** Milliseconds since the end of what it is from. */
  readonly ageMs: number;
}

export function baselineSummary(baseline: Baseline, now: number): BaselineSummary {
  const { version, source, reference, from, to } = baseline;
  // A clock that was set back makes it new, not of the future.
  return { version, source, n: Math.round(reference.n), from, to, ageMs: Math.max(0, now - to) };
}

export interface BaselineRecord {
  readonly version: number;
  readonly source: 'traffic' | 'given';
  readonly reference: ReferenceRecord;
  readonly from: number;
  readonly to: number;
  readonly madeAt: number;
  readonly sequence: readonly number[] | null;
}

export function baselineRecord(baseline: Baseline): BaselineRecord {
  const { version, source, reference, from, to, madeAt, sequence } = baseline;
  return {
    version,
    source,
    reference: referenceRecord(reference),
    from,
    to,
    madeAt,
    sequence: sequence === undefined ? null : [...sequence],
  };
}

/** @throws EvenkeelError `bad_request` for what is no baseline */
export function loadBaseline(raw: unknown): Baseline {
  const record = readRecord(raw, 'a baseline');
  const reference = loadReference(record.reference);
  const { source } = record;
  if (source !== 'traffic' && source !== 'given') throw malformed('a baseline is from traffic or given');
  return {
    version: readAmount(record.version, 'version'),
    source,
    reference,
    from: readAmount(record.from, 'from'),
    to: readAmount(record.to, 'to'),
    madeAt: readAmount(record.madeAt, 'madeAt'),
    sequence:
      record.sequence === null
        ? undefined
        : Uint16Array.from(
            readArray(record.sequence, 'sequence').map((slot) => {
              const at = readAmount(slot, 'a slot');
              if (!Number.isInteger(at) || at >= reference.counts.length)
                throw malformed('a slot that is none');
              return at;
            }),
          ),
  };
}
