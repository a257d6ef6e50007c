import { EvenkeelError } from '../kernel/errors.ts';
import { type CategoricalReference, MISSING, NON_FINITE, type Reference, WRONG_TYPE } from './bins.ts';

/**
 * Counts of events by slot of a reference. Counts add: the sum over replicas is what one process would have counted.
 * A numeric sketch also counts what lies beyond the reference's range (inside the outer bins, not besides them).
 */
export interface HistogramSketch {
  readonly reference: Reference;
  /** Events by slot, in the reference's order; see {@link Reference}. */
  readonly counts: Float64Array;
  /** Events in all. */
  n: number;
  /** Values below the reference's smallest and above its largest. */
  below: number;
  above: number;
}

export function createSketch(reference: Reference): HistogramSketch {
  return { reference, counts: new Float64Array(reference.counts.length), n: 0, below: 0, above: 0 };
}

/** Counts a number. NaN and ±Infinity go to their own slot, −0 is 0. Allocates nothing for a numeric reference; for a categorical one the number is a name. */
export function recordNumber(sketch: HistogramSketch, value: number): void {
  const reference = sketch.reference;
  const counts = sketch.counts;
  // Only NaN and the infinities differ from themselves by anything but 0.
  if (value - value !== 0) {
    const slot = reference.valueSlots + NON_FINITE;
    sketch.n++;
    counts[slot] = (counts[slot] ?? 0) + 1;
    return;
  }
  if (reference.kind !== 'numeric') {
    recordCategory(sketch, String(value));
    return;
  }
  sketch.n++;
  if (value < reference.low) sketch.below++;
  else if (value > reference.high) sketch.above++;
  const edges = reference.edges;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  counts[low] = (counts[low] ?? 0) + 1;
}

/** Counts a category by name; undefined is missing. Allocates nothing. */
export function recordCategory(sketch: HistogramSketch, name: string | undefined): void {
  const reference = sketch.reference;
  const counts = sketch.counts;
  sketch.n++;
  let slot: number;
  if (reference.kind === 'numeric') slot = reference.valueSlots + (name === undefined ? MISSING : WRONG_TYPE);
  else if (name === undefined) slot = reference.valueSlots + MISSING;
  else slot = reference.slotOf.get(name) ?? unknownSlot(reference);
  counts[slot] = (counts[slot] ?? 0) + 1;
}

/** Counts whatever a request carried, whatever its type: what does not fit is counted as such, never dropped. */
export function recordValue(sketch: HistogramSketch, value: unknown): void {
  if (typeof value === 'number') recordNumber(sketch, value);
  else if (typeof value === 'string') recordCategory(sketch, value);
  else if (value === undefined || value === null) recordCategory(sketch, undefined);
  else if (sketch.reference.kind === 'categorical' && typeof value === 'boolean') {
    recordCategory(sketch, value ? 'true' : 'false');
  } else {
    const slot = sketch.reference.valueSlots + WRONG_TYPE;
    sketch.n++;
    sketch.counts[slot] = (sketch.counts[slot] ?? 0) + 1;
  }
}

/**
 * Adds the counts of another sketch, of another replica or of a later time. Exact, in any order.
 * @throws EvenkeelError `conflict` when the two do not have the same slots; it names both
 */
export function mergeInto(target: HistogramSketch, source: HistogramSketch): void {
  requireEqualSlots(target.reference, source.reference);
  const { counts } = target;
  for (let slot = 0; slot < counts.length; slot++) {
    counts[slot] = (counts[slot] ?? 0) + (source.counts[slot] ?? 0);
  }
  target.n += source.n;
  target.below += source.below;
  target.above += source.above;
}

export function clearSketch(sketch: HistogramSketch): void {
  sketch.counts.fill(0);
  sketch.n = 0;
  sketch.below = 0;
  sketch.above = 0;
}

/** A sketch as it travels between replicas. */
export interface SketchRecord {
  readonly fingerprint: string;
  /** Pairs of slot and count, empty slots left out. */
  readonly counts: readonly (readonly [slot: number, count: number])[];
  readonly below: number;
  readonly above: number;
}

export function sketchRecord(sketch: HistogramSketch): SketchRecord {
  const counts: [number, number][] = [];
  sketch.counts.forEach((count, slot) => {
    if (count > 0) counts.push([slot, count]);
  });
  return {
    fingerprint: sketch.reference.fingerprint,
    counts,
    below: sketch.below,
    above: sketch.above,
  };
}

/**
 * Adds a record that arrived from another replica.
 * @throws EvenkeelError `conflict` for other slots, `bad_request` for a slot that does not exist or a count below 0; then nothing was added
 */
export function mergeRecord(target: HistogramSketch, record: SketchRecord): void {
  if (record.fingerprint !== target.reference.fingerprint) {
    throw unequal(target.reference.fingerprint, record.fingerprint);
  }
  for (const [slot, count] of record.counts) {
    if (
      !Number.isInteger(slot) ||
      slot < 0 ||
      slot >= target.counts.length ||
      !Number.isSafeInteger(count) ||
      count < 0
    ) {
      throw new EvenkeelError('bad_request', `A sketch arrived with the count ${count} in slot ${slot}.`);
    }
  }
  for (const [slot, count] of record.counts) {
    target.counts[slot] = (target.counts[slot] ?? 0) + count;
    target.n += count;
  }
  target.below += record.below;
  target.above += record.above;
}

/** @throws EvenkeelError `conflict` */
export function requireEqualSlots(a: Reference, b: Reference): void {
  if (a !== b && a.fingerprint !== b.fingerprint) throw unequal(a.fingerprint, b.fingerprint);
}

function unequal(ours: string, theirs: string): EvenkeelError {
  return new EvenkeelError(
    'conflict',
    `Sketches with different parameters do not add: this one has ${ours}, the other one ${theirs}. Give both replicas the same version of the baseline.`,
  );
}

function unknownSlot(reference: CategoricalReference): number {
  return reference.unseenExact ? reference.unseen : reference.other;
}
