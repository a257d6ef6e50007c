import { EvenkeelError } from '../kernel/errors.ts';
import { hash32 } from '../kernel/hash.ts';
import { cutSorted } from './bin-edges.ts';

/**
 * Slots of a histogram. Values come first, in order; what is not a value is counted on its own behind them, so that
 * a feature that starts to be missing is a change like any other and never hides in an outer bin.
 */
export const MISSING = 0;
/** NaN and ±Infinity. */
export const NON_FINITE = 1;
/** A text where a number belongs, an object where a category belongs. */
export const WRONG_TYPE = 2;
/** How many slots stand behind the value slots: {@link MISSING}, {@link NON_FINITE}, {@link WRONG_TYPE}. */
export const EXTRA_SLOTS = 3;

interface ReferenceBase {
  /** Number of value slots. A histogram has `valueSlots + EXTRA_SLOTS` slots. */
  readonly valueSlots: number;
  /** The reference's own counts by slot. */
  readonly counts: Float64Array;
  /** Probability of each slot, half a count added to each (Krichevsky–Trofimov), so that none is 0. Sums to 1. */
  readonly p: Float64Array;
  /** Events in the reference, those without a value included. */
  readonly n: number;
  /** Equal fingerprints mean equal slots: only then do two histograms add. */
  readonly fingerprint: string;
}

/** A numeric reference cut into bins. Bin `b` is `edges[b-1] <= x < edges[b]`, the outer ones are open. */
export interface NumericReference extends ReferenceBase {
  readonly kind: 'numeric';
  /** Inner edges, ascending and unique: `valueSlots - 1` of them. */
  readonly edges: Float64Array;
  /** Smallest and largest finite value of the reference; values beyond are counted as out of range too. */
  readonly low: number;
  readonly high: number;
}

/** A categorical reference: one slot a category, then {@link CategoricalReference.other}, then `unseen`. */
export interface CategoricalReference extends ReferenceBase {
  readonly kind: 'categorical';
  /** Names of the slots of their own, most frequent first. */
  readonly categories: readonly string[];
  /** Slot of a category's name, rare ones pooled into the slot named `other`. */
  readonly slotOf: ReadonlyMap<string, number>;
  /** Index of the slot of rare categories pooled together. */
  readonly other: number;
  /** Index of the slot of categories that the reference does not have. */
  readonly unseen: number;
  /**
   * False when the reference had more rare categories than are remembered by name: then an unknown name
   * cannot be told from a rare one and counts as `other`.
   */
  readonly unseenExact: boolean;
}

export type Reference = NumericReference | CategoricalReference;

export interface NumericBinOptions {
  /** Number of bins of equal counts aimed at, 2 to 1024. Default: a twentieth of the values, at least 8 and at most 48. */
  readonly bins?: number;
  /**
   * Whether the outermost bins are halved again and again while ten values are left in a half (default true).
   * New traffic mostly shows where the old was rare: from 10,000 values the last bin holds one in a thousand instead of one in fifty.
   */
  readonly tails?: boolean;
}

/**
 * Cuts a reference into bins of about equal counts. Edges come from the reference alone and stay: an outlier seen later cannot move them.
 * A value that alone fills a bin (zero inflation, scores of 1 to 5, a constant) gets a bin of its own, and
 * the bins around it stay real; such a value at either end gets an empty bin outside, so that leaving the range is seen.
 * @param values in order of time if that order is to be used later; null or undefined is missing, text is counted as such
 * @throws EvenkeelError `bad_request` without a single finite value: there is no baseline then
 */
export function numericReference(
  values: Iterable<unknown>,
  options: NumericBinOptions = {},
): NumericReference {
  const finite: number[] = [];
  let missing = 0;
  let nonFinite = 0;
  let wrongType = 0;
  for (const value of values) {
    if (value === null || value === undefined) missing++;
    else if (typeof value !== 'number') wrongType++;
    else if (!Number.isFinite(value)) nonFinite++;
    else finite.push(value === 0 ? 0 : value);
  }
  if (finite.length === 0) {
    throw new EvenkeelError(
      'bad_request',
      'The baseline has no finite value: nothing can be compared with it.',
    );
  }
  const sorted = Float64Array.from(finite).sort();
  const n = sorted.length;
  const wanted = options.bins ?? Math.min(48, Math.max(8, Math.floor(n / 20)));
  if (!Number.isInteger(wanted) || wanted < 2 || wanted > 1024) {
    throw new EvenkeelError(
      'bad_request',
      `The number of bins must be a whole number from 2 to 1024, not ${wanted}.`,
    );
  }
  const edges = Float64Array.from(cutSorted(sorted, wanted, options.tails ?? true));
  const valueSlots = edges.length + 1;
  const counts = new Float64Array(valueSlots + EXTRA_SLOTS);
  for (const value of sorted) {
    const bin = binOf(edges, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  counts[valueSlots + MISSING] = missing;
  counts[valueSlots + NON_FINITE] = nonFinite;
  counts[valueSlots + WRONG_TYPE] = wrongType;
  return {
    kind: 'numeric',
    edges,
    valueSlots,
    counts,
    p: halfCounts(counts),
    n: n + missing + nonFinite + wrongType,
    low: sorted[0] ?? 0,
    high: sorted[n - 1] ?? 0,
    fingerprint: fingerprint('numeric', Array.from(edges, String)),
  };
}

export interface CategoryBinOptions {
  /** Most categories with a slot of their own, 1 to 1024; the rarer ones share the slot `other`. Default 60. */
  readonly maxCategories?: number;
  /** Most rare categories remembered by name, so that they are not taken for unseen ones. Default 10,000. */
  readonly maxKnown?: number;
}

/**
 * Slots for a categorical reference: the most frequent categories, `other` for the rest, `unseen` for what is new.
 * Text, finite numbers and booleans are categories by their text; null or undefined is missing.
 * @throws EvenkeelError `bad_request` without a single category
 */
export function categoricalReference(
  values: Iterable<unknown>,
  options: CategoryBinOptions = {},
): CategoricalReference {
  const maxCategories = options.maxCategories ?? 60;
  if (!Number.isInteger(maxCategories) || maxCategories < 1 || maxCategories > 1024) {
    throw new EvenkeelError(
      'bad_request',
      `maxCategories must be a whole number from 1 to 1024, not ${maxCategories}.`,
    );
  }
  const seen = new Map<string, number>();
  let missing = 0;
  let nonFinite = 0;
  let wrongType = 0;
  let n = 0;
  for (const value of values) {
    n++;
    if (value === null || value === undefined) missing++;
    else if (typeof value === 'number' && !Number.isFinite(value)) nonFinite++;
    else {
      const name = categoryName(value);
      if (name === undefined) wrongType++;
      else seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  }
  if (seen.size === 0) {
    throw new EvenkeelError('bad_request', 'The baseline has no category: nothing can be compared with it.');
  }
  const ranked = [...seen].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const own = ranked.slice(0, maxCategories);
  const rare = ranked.slice(maxCategories);
  const maxKnown = options.maxKnown ?? 10_000;
  const slotOf = new Map<string, number>();
  const other = own.length;
  const valueSlots = own.length + 2;
  const counts = new Float64Array(valueSlots + EXTRA_SLOTS);
  own.forEach(([name, count], slot) => {
    slotOf.set(name, slot);
    counts[slot] = count;
  });
  for (const [rank, [name, count]] of rare.entries()) {
    if (rank < maxKnown) slotOf.set(name, other);
    counts[other] = (counts[other] ?? 0) + count;
  }
  counts[valueSlots + MISSING] = missing;
  counts[valueSlots + NON_FINITE] = nonFinite;
  counts[valueSlots + WRONG_TYPE] = wrongType;
  const categories = own.map(([name]) => name);
  return {
    kind: 'categorical',
    categories,
    slotOf,
    other,
    unseen: other + 1,
    unseenExact: rare.length <= maxKnown,
    valueSlots,
    counts,
    p: halfCounts(counts),
    n,
    fingerprint: fingerprint('categorical', [...categories, rare.length <= maxKnown ? 'exact' : 'pooled']),
  };
}

/** A value's name as a category; undefined for what cannot be one (an object, a function, a symbol). */
export function categoryName(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return undefined;
  }
}

/** The bin of a finite value: how many edges are at or below it. */
export function binOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? Number.POSITIVE_INFINITY) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `(count + ½) / (total + slots/2)` for every slot. */
export function halfCounts(counts: ArrayLike<number>): Float64Array {
  let total = 0;
  for (let slot = 0; slot < counts.length; slot++) total += counts[slot] ?? 0;
  const p = new Float64Array(counts.length);
  for (let slot = 0; slot < p.length; slot++) {
    p[slot] = ((counts[slot] ?? 0) + 0.5) / (total + counts.length / 2);
  }
  return p;
}

/** Names the slots: equal names, equal slots. */
export function fingerprint(kind: string, parts: readonly string[]): string {
  const text = parts.map((part) => `${part.length}:${part}`).join('');
  return `${kind}-${parts.length}-${hash32(text).toString(16)}${hash32(`${text}|`).toString(16)}`;
}
