import { EvenkeelError } from '../kernel/errors.ts';
import {
  type CategoricalReference,
  EXTRA_SLOTS,
  fingerprint,
  halfCounts,
  type NumericReference,
  type Reference,
} from './bins.ts';
import {
  malformed,
  readAmount,
  readArray,
  readFinite,
  readFinites,
  readRecord,
  readText,
} from './metrics/json-state.ts';

/** A reference as JSON: what a replica needs to count in the same slots. */
export type ReferenceRecord =
  | {
      readonly kind: 'numeric';
      readonly edges: readonly number[];
      readonly counts: readonly number[];
      readonly low: number;
      readonly high: number;
    }
  | {
      readonly kind: 'categorical';
      readonly categories: readonly string[];
      /** Rare categories that are known by name and share a slot. */
      readonly rare: readonly string[];
      readonly unseenExact: boolean;
      readonly counts: readonly number[];
    };

export function referenceRecord(reference: Reference): ReferenceRecord {
  const counts = [...reference.counts];
  if (reference.kind === 'numeric') {
    return { kind: 'numeric', edges: [...reference.edges], counts, low: reference.low, high: reference.high };
  }
  const rare = [...reference.slotOf].flatMap(([name, slot]) => (slot === reference.other ? [name] : []));
  return {
    kind: 'categorical',
    categories: reference.categories,
    rare,
    unseenExact: reference.unseenExact,
    counts,
  };
}

/** @throws EvenkeelError `bad_request` for what is no reference */
export function loadReference(raw: unknown): Reference {
  const record = readRecord(raw, 'a reference');
  if (record.kind === 'numeric') {
    const list = readArray(record.edges, 'edges');
    const edges = Float64Array.from(readFinites(list, list.length, 'edges'));
    if (edges.some((edge, i) => i > 0 && edge <= (edges[i - 1] ?? 0))) throw malformed('edges do not ascend');
    const counts = amounts(record.counts, edges.length + 1 + EXTRA_SLOTS);
    return numericFrom(edges, counts, readFinite(record.low, 'low'), readFinite(record.high, 'high'));
  }
  if (record.kind !== 'categorical') throw malformed('a reference is numeric or categorical');
  const categories = readArray(record.categories, 'categories').map((name) => readText(name, 'a category'));
  const slotOf = new Map<string, number>();
  categories.forEach((name, slot) => slotOf.set(name, slot));
  const other = categories.length;
  for (const name of readArray(record.rare, 'rare')) slotOf.set(readText(name, 'a category'), other);
  const counts = amounts(record.counts, categories.length + 2 + EXTRA_SLOTS);
  return categoricalFrom({ categories, slotOf, other, unseenExact: record.unseenExact === true }, counts);
}

/**
 * The same slots with other counts: the reference of another hour, or of a later week.
 * @throws EvenkeelError `conflict` for another number of slots
 */
export function withCounts(reference: Reference, counts: Float64Array): Reference {
  if (counts.length !== reference.counts.length) {
    throw new EvenkeelError(
      'conflict',
      `${counts.length} counts do not fit ${reference.counts.length} slots.`,
    );
  }
  return reference.kind === 'numeric'
    ? numericFrom(reference.edges, counts, reference.low, reference.high)
    : categoricalFrom(reference, counts);
}

function amounts(raw: unknown, length: number): Float64Array {
  return Float64Array.from(readFinites(raw, length, 'counts').map((value) => readAmount(value, 'a count')));
}

function numericFrom(edges: Float64Array, counts: Float64Array, low: number, high: number): NumericReference {
  return {
    kind: 'numeric',
    edges,
    valueSlots: edges.length + 1,
    counts,
    p: halfCounts(counts),
    n: total(counts),
    low,
    high,
    fingerprint: fingerprint('numeric', Array.from(edges, String)),
  };
}

function categoricalFrom(
  of: Pick<CategoricalReference, 'categories' | 'slotOf' | 'other' | 'unseenExact'>,
  counts: Float64Array,
): CategoricalReference {
  const { categories, slotOf, other, unseenExact } = of;
  return {
    kind: 'categorical',
    categories,
    slotOf,
    other,
    unseen: other + 1,
    unseenExact,
    valueSlots: categories.length + 2,
    counts,
    p: halfCounts(counts),
    n: total(counts),
    fingerprint: fingerprint('categorical', [...categories, unseenExact ? 'exact' : 'pooled']),
  };
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
