import { EvenkeelError } from '../kernel/errors.ts';
import { chiSquareTail } from './special-functions.ts';

/**
 * What an empty slot is worth. The choice decides the population stability index of a new category, so it is a parameter:
 * - `half`: half a count more in every slot of both sides (default; needs counts)
 * - `replace`: a share of 0 becomes `epsilon`, nothing is renormalised (most libraries)
 * - `floor`: every share below `epsilon` becomes `epsilon`
 * - `none`: 0 stays 0; PSI is then infinite where one side is empty
 */
export type ZeroRule =
  | { readonly rule: 'half' }
  | { readonly rule: 'replace'; readonly epsilon: number }
  | { readonly rule: 'floor'; readonly epsilon: number }
  | { readonly rule: 'none' };

const HALF: ZeroRule = { rule: 'half' };
const NONE: ZeroRule = { rule: 'none' };

/** Shares of slots from counts. All 0 without a single event under the rule `none`. */
export function shares(counts: ArrayLike<number>, zero: ZeroRule = NONE): Float64Array {
  const result = new Float64Array(counts.length);
  const extra = zero.rule === 'half' ? 0.5 : 0;
  let total = 0;
  for (let slot = 0; slot < result.length; slot++) total += (counts[slot] ?? 0) + extra;
  for (let slot = 0; slot < result.length; slot++) {
    const share = total > 0 ? ((counts[slot] ?? 0) + extra) / total : 0;
    if (zero.rule === 'replace') result[slot] = share === 0 ? zero.epsilon : share;
    else if (zero.rule === 'floor') result[slot] = Math.max(share, zero.epsilon);
    else result[slot] = share;
  }
  return result;
}

export interface StabilityIndex {
  /** `Σ (c − r) ln(c / r)` in nats, 0 and up. */
  readonly raw: number;
  /** `raw` less what chance alone gives at these sizes, about `(slots − 1)(1/n + 1/m)`; may be below 0. */
  readonly corrected: number;
  /** The chance part. */
  readonly bias: number;
}

/**
 * Population stability index between counts in the same slots.
 * Without drift it averages {@link StabilityIndex.bias}, so that a fixed limit on `raw` alarms on small samples and is blind on large ones:
 * compare `corrected`.
 */
export function stabilityIndex(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  zero: ZeroRule = HALF,
): StabilityIndex {
  requireSameLength(reference, current);
  const r = shares(reference, zero);
  const c = shares(current, zero);
  let raw = 0;
  let used = 0;
  for (let slot = 0; slot < r.length; slot++) {
    const a = r[slot] ?? 0;
    const b = c[slot] ?? 0;
    if ((reference[slot] ?? 0) + (current[slot] ?? 0) > 0) used++;
    if (a !== b) raw += (b - a) * Math.log(b / a);
  }
  const n = sum(reference);
  const m = sum(current);
  const bias = n > 0 && m > 0 ? Math.max(0, used - 1) * (1 / n + 1 / m) : 0;
  return { raw, corrected: raw - bias, bias };
}

/**
 * Jensen–Shannon distance, the root of the divergence; a metric. Largest value `√(ln 2 / ln base)`: 1 in base 2, 0.8326 in base e.
 * @param base of the logarithm. Default 2.
 */
export function jensenShannonDistance(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  base = 2,
  zero: ZeroRule = NONE,
): number {
  requireSameLength(reference, current);
  const r = normalised(shares(reference, zero));
  const c = normalised(shares(current, zero));
  let divergence = 0;
  for (let slot = 0; slot < r.length; slot++) {
    const a = r[slot] ?? 0;
    const b = c[slot] ?? 0;
    const middle = (a + b) / 2;
    if (a > 0) divergence += (a * Math.log(a / middle)) / 2;
    if (b > 0) divergence += (b * Math.log(b / middle)) / 2;
  }
  return Math.sqrt(Math.max(0, divergence) / Math.log(base));
}

/** Hellinger distance, `√(½ Σ(√r − √c)²)`, in [0, 1]. */
export function hellingerDistance(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  zero: ZeroRule = NONE,
): number {
  requireSameLength(reference, current);
  const r = shares(reference, zero);
  const c = shares(current, zero);
  let total = 0;
  for (let slot = 0; slot < r.length; slot++) {
    total += (Math.sqrt(r[slot] ?? 0) - Math.sqrt(c[slot] ?? 0)) ** 2;
  }
  return Math.sqrt(total / 2);
}

/** Total variation, half the sum of absolute differences of shares, in [0, 1]. */
export function totalVariation(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  return absoluteDifferences(reference, current).reduce((total, value) => total + value, 0) / 2;
}

/** Largest absolute difference of shares, in [0, 1]. */
export function largestDifference(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  return absoluteDifferences(reference, current).reduce((most, value) => Math.max(most, value), 0);
}

export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  /** Chance of a statistic at least this large without drift, for one look at independent events. */
  readonly p: number;
}

/** Pearson's test of homogeneity on two rows of counts (no continuity correction); slots empty on both sides do not count. */
export function chiSquareTest(reference: ArrayLike<number>, current: ArrayLike<number>): ChiSquare {
  requireSameLength(reference, current);
  const n = sum(reference);
  const m = sum(current);
  if (n === 0 || m === 0) return { statistic: 0, degrees: 0, p: 1 };
  let statistic = 0;
  let used = 0;
  for (let slot = 0; slot < reference.length; slot++) {
    const a = reference[slot] ?? 0;
    const b = current[slot] ?? 0;
    const column = a + b;
    if (column === 0) continue;
    used++;
    const expectedA = (column * n) / (n + m);
    const expectedB = (column * m) / (n + m);
    statistic += (a - expectedA) ** 2 / expectedA + (b - expectedB) ** 2 / expectedB;
  }
  const degrees = Math.max(0, used - 1);
  return { statistic, degrees, p: degrees === 0 ? 1 : chiSquareTail(statistic, degrees) };
}

function absoluteDifferences(reference: ArrayLike<number>, current: ArrayLike<number>): Float64Array {
  requireSameLength(reference, current);
  const r = shares(reference);
  const c = shares(current);
  return r.map((share, slot) => Math.abs(share - (c[slot] ?? 0)));
}

function normalised(values: Float64Array): Float64Array {
  const total = sum(values);
  return total > 0 ? values.map((value) => value / total) : values;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let slot = 0; slot < values.length; slot++) total += values[slot] ?? 0;
  return total;
}

function requireSameLength(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length === b.length) return;
  throw new EvenkeelError('conflict', `${a.length} slots cannot be compared with ${b.length}.`);
}
