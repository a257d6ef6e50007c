import { EvenkeelError } from '../kernel/errors.ts';
import { varianceInflation } from './autocorrelation.ts';
import { binOf, categoryName, EXTRA_SLOTS, MISSING, NON_FINITE, type Reference, WRONG_TYPE } from './bins.ts';
import { normalCdf, normalQuantile } from './special-functions.ts';

/** A way in which a distribution may have changed. `learned` is whatever the recent counts show. */
export type Movement =
  /** By this many standard deviations, in normal scores of the reference. */
  | { readonly kind: 'location'; readonly by: number }
  /** The spread times this. */
  | { readonly kind: 'spread'; readonly factor: number }
  /** This share of events now comes from far up or far down. */
  | { readonly kind: 'tail'; readonly side: 'high' | 'low'; readonly share: number }
  /** This share of events now falls into one slot. */
  | { readonly kind: 'slot'; readonly slot: string; readonly share: number }
  | { readonly kind: 'learned' };

/** Everything about a reference that does not change while monitoring: shared by all replicas and segments that use it. */
export interface DriftTables {
  readonly reference: Reference;
  readonly slots: number;
  /** Alternatives, {@link Movement} by index; the learned one has the index `movements.length - 1`. */
  readonly movements: readonly Movement[];
  /** Prior weights of the alternatives; they sum to 1. */
  readonly weights: Float64Array;
  /** Density ratios to the reference, `ratios[k * slots + slot]`, and their logarithms. Not for the learned alternative. */
  readonly ratios: Float64Array;
  readonly logRatios: Float64Array;
  /** Tempering exponents of the alternatives, 1 for independent events, less where the reference is correlated in time. */
  readonly tempers: Float64Array;
  /** `Σ count · ratio` over the reference, and `Σ ratio`, for each alternative. */
  readonly referenceSums: Float64Array;
  readonly ratioSums: Float64Array;
  /** Largest variance inflation found; 1 for independent events. */
  readonly inflation: number;
  /** Room for the slots of one tick: nothing in it outlives a call. */
  readonly hit: Uint16Array;
}

export interface DriftTableOptions {
  /** The reference's slots in order of time, see {@link slotsOf}. Without it events are taken for independent. */
  readonly sequence?: ArrayLike<number>;
  /** Parts of the sequence whose means may differ without being dependence, such as the hours that it spans. Default 1. */
  readonly parts?: number;
  /** Tables of the same slots whose tempering holds here too: it saves measuring it again. Instead of `sequence`. */
  readonly like?: DriftTables;
  /**
   * Standard errors of its own mean that every ratio is lowered by. Needed where a detector goes from one small reference to the next and has no
   * time to learn from live events what each is wrong by. Default 0.
   */
  readonly caution?: number;
}

/** Size and prior weight. More weight on what is hard to see: a factor of 2 in weight is worth ln 2 / KL events, many for small changes and none for large. */
const LOCATIONS: readonly (readonly [by: number, weight: number])[] = [
  [0.1, 1],
  [0.25, 2],
  [0.5, 2],
  [1, 1],
  [2, 0.5],
];
const SPREADS: readonly (readonly [factor: number, weight: number])[] = [
  [0.5, 0.5],
  [0.7, 1],
  [1.4, 1],
  [2, 0.5],
];
/** Mean and standard deviation, in normal scores, of what is mixed in, and its shares. */
const TAIL_CENTRE = 2.5;
const TAIL_WIDTHS: readonly number[] = [0.5, 1];
const TAIL_SHARES: readonly number[] = [0.02, 0.1];
const SLOT_SHARES: readonly number[] = [0.02, 0.2];
/** Categories that get an alternative of their own; a change of the others is left to the learned one. */
const NAMED_CATEGORIES = 12;
/** Share of the prior for the learned alternative, for movements of what has no value, for tails. */
const LEARNED_WEIGHT = 0.4;
const NO_VALUE_WEIGHT = 0.04;

/**
 * The alternatives that a detector weighs against a reference.
 *
 * For numbers: tilts of location and spread in normal scores, for which the reference's own shape does not matter, and a share of new events in either tail.
 * For categories: a larger share of one of the frequent ones, of `other`, of `unseen`. For both: missing and invalid values, and the learned alternative.
 */
export function driftTables(reference: Reference, options: DriftTableOptions = {}): DriftTables {
  const slots = reference.valueSlots + EXTRA_SLOTS;
  const rows: { movement: Movement; weight: number; q: Float64Array }[] = [];
  const add = (movement: Movement, weight: number, q: Float64Array): void => {
    rows.push({ movement, weight, q });
  };
  const p = reference.p;
  const mixedInto = (slot: number, share: number): Float64Array =>
    p.map((value, index) => (1 - share) * value + (index === slot ? share : 0));

  if (reference.kind === 'numeric') {
    const scores = normalScores(reference);
    const shape = (mean: number, sd: number): Float64Array => tilted(reference, scores, mean, sd);
    for (const [by, weight] of LOCATIONS) {
      add({ kind: 'location', by }, weight, shape(by, 1));
      add({ kind: 'location', by: -by }, weight, shape(-by, 1));
    }
    for (const [factor, weight] of SPREADS) add({ kind: 'spread', factor }, weight, shape(0, factor));
    for (const share of TAIL_SHARES) {
      for (const width of TAIL_WIDTHS) {
        for (const side of ['high', 'low'] as const) {
          const tail = shape(side === 'high' ? TAIL_CENTRE : -TAIL_CENTRE, width);
          add(
            { kind: 'tail', side, share },
            1,
            p.map((value, slot) => (1 - share) * value + share * (tail[slot] ?? 0)),
          );
        }
      }
    }
  } else {
    const named = reference.categories.slice(0, NAMED_CATEGORIES);
    named.forEach((slot, index) => {
      add({ kind: 'slot', slot, share: 0.1 }, 1, mixedInto(index, 0.1));
    });
    for (const share of SLOT_SHARES) {
      add({ kind: 'slot', slot: 'other', share }, 1, mixedInto(reference.other, share));
      add({ kind: 'slot', slot: 'unseen', share }, 2, mixedInto(reference.unseen, share));
    }
  }
  const regular = rows.reduce((total, row) => total + row.weight, 0);
  const noValue: readonly (readonly [string, number])[] = [
    ['missing', MISSING],
    ['non_finite', NON_FINITE],
    ['wrong_type', WRONG_TYPE],
  ];
  const share = 1 - LEARNED_WEIGHT - NO_VALUE_WEIGHT;
  for (const row of rows) row.weight *= share / regular;
  for (const [slot, index] of noValue) {
    for (const part of SLOT_SHARES) {
      add(
        { kind: 'slot', slot, share: part },
        NO_VALUE_WEIGHT / (noValue.length * SLOT_SHARES.length),
        mixedInto(reference.valueSlots + index, part),
      );
    }
  }

  const k = rows.length;
  const ratios = new Float64Array(k * slots);
  const logRatios = new Float64Array(k * slots);
  const tempers = new Float64Array(k + 1).fill(1);
  const weights = new Float64Array(k + 1);
  const referenceSums = new Float64Array(k);
  const ratioSums = new Float64Array(k);
  let inflation = 1;
  rows.forEach((row, index) => {
    for (let slot = 0; slot < slots; slot++) {
      const ratio = Math.max(1e-12, (row.q[slot] ?? 0) / (p[slot] ?? 1));
      ratios[index * slots + slot] = ratio;
      logRatios[index * slots + slot] = Math.log(ratio);
      referenceSums[index] = (referenceSums[index] ?? 0) + ratio * (reference.counts[slot] ?? 0);
      ratioSums[index] = (ratioSums[index] ?? 0) + ratio;
    }
    if (options.caution !== undefined) {
      const mean = (referenceSums[index] ?? 0) / reference.n;
      let squares = 0;
      for (let slot = 0; slot < slots; slot++) {
        squares += (reference.counts[slot] ?? 0) * ((ratios[index * slots + slot] ?? 0) - mean) ** 2;
      }
      const error = Math.sqrt(squares) / reference.n;
      referenceSums[index] =
        (referenceSums[index] ?? 0) * (1 + (options.caution * error) / Math.max(1e-9, mean));
    }
    weights[index] = row.weight;
    if (options.like !== undefined) tempers[index] = options.like.tempers[index] ?? 1;
    else if (options.sequence !== undefined) {
      const series = Float64Array.from(options.sequence, (slot) => logRatios[index * slots + slot] ?? 0);
      if (options.parts !== undefined) centreParts(series, options.parts);
      const found = varianceInflation(series);
      tempers[index] = 1 / found;
      inflation = Math.max(inflation, found);
    }
  });
  if (options.like !== undefined) inflation = options.like.inflation;
  weights[k] = LEARNED_WEIGHT;
  tempers[k] = 1 / inflation;
  return {
    reference,
    slots,
    movements: [...rows.map((row) => row.movement), { kind: 'learned' }],
    weights,
    ratios,
    logRatios,
    tempers,
    referenceSums,
    ratioSums,
    inflation,
    hit: new Uint16Array(slots),
  };
}

/** Subtracts from each of so many parts of a series its own mean. */
function centreParts(series: Float64Array, parts: number): void {
  const size = Math.max(20, Math.ceil(series.length / parts));
  for (let from = 0; from < series.length; from += size) {
    const part = series.subarray(from, from + size);
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    for (let i = 0; i < part.length; i++) part[i] = (part[i] ?? 0) - mean;
  }
}

/** The slots of values in their order: the `sequence` of {@link DriftTableOptions} from the values that made the reference. */
export function slotsOf(reference: Reference, values: Iterable<unknown>): Uint16Array {
  const slots: number[] = [];
  for (const value of values) slots.push(slotOfValue(reference, value));
  return Uint16Array.from(slots);
}

/** The slot that a value belongs to, whatever it is. Allocates nothing for numbers and texts. */
export function slotOfValue(reference: Reference, value: unknown): number {
  if (value === null || value === undefined) return reference.valueSlots + MISSING;
  if (typeof value === 'number' && !Number.isFinite(value)) return reference.valueSlots + NON_FINITE;
  if (reference.kind === 'numeric') {
    return typeof value === 'number' ? binOf(reference.edges, value) : reference.valueSlots + WRONG_TYPE;
  }
  const name = categoryName(value);
  if (name === undefined) return reference.valueSlots + WRONG_TYPE;
  return reference.slotOf.get(name) ?? (reference.unseenExact ? reference.unseen : reference.other);
}

/** Normal scores of the edges: where each would lie if the reference were standard normal. */
function normalScores(reference: Reference): Float64Array {
  const inside = reference.p.subarray(0, reference.valueSlots);
  const total = inside.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) throw new EvenkeelError('internal', 'A reference without probability in its bins.');
  const scores = new Float64Array(reference.valueSlots + 1);
  let below = 0;
  scores[0] = Number.NEGATIVE_INFINITY;
  inside.forEach((value, bin) => {
    below += value / total;
    scores[bin + 1] =
      bin === inside.length - 1 ? Number.POSITIVE_INFINITY : normalQuantile(Math.min(1, below));
  });
  return scores;
}

/** The reference as if its normal scores had this mean and deviation; slots without a value keep their probability. */
function tilted(reference: Reference, scores: Float64Array, mean: number, sd: number): Float64Array {
  const q = Float64Array.from(reference.p);
  let inside = 0;
  for (let bin = 0; bin < reference.valueSlots; bin++) inside += q[bin] ?? 0;
  for (let bin = 0; bin < reference.valueSlots; bin++) {
    const from = ((scores[bin] ?? 0) - mean) / sd;
    const to = ((scores[bin + 1] ?? 0) - mean) / sd;
    // On the upper side by the upper tails: there the lower ones would cancel.
    q[bin] = inside * (from > 0 ? normalCdf(-from) - normalCdf(-to) : normalCdf(to) - normalCdf(from));
  }
  return q;
}
