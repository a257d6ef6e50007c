import { EvenkeelError } from '../kernel/errors.ts';
import { kolmogorovTail, studentTail } from './special-functions.ts';

/** Distances between two samples of raw numbers, exact. For streams see the sketch versions, which state their bound. */

/** Ascending copy. @throws EvenkeelError `bad_request` on an empty sample or a value that is not finite */
export function sortedSample(values: ArrayLike<number>): Float64Array {
  if (values.length === 0) throw new EvenkeelError('bad_request', 'A sample without values has no distance.');
  const sorted = Float64Array.from(values).sort();
  if (!Number.isFinite(sorted[0]) || !Number.isFinite(sorted[sorted.length - 1])) {
    throw new EvenkeelError('bad_request', 'The sample has values that are not finite: count them apart.');
  }
  return sorted;
}

/** Quantile with linear interpolation between order statistics (Hyndman and Fan's type 7, numpy's default). */
export function quantile(sorted: Float64Array, q: number): number {
  const place = (sorted.length - 1) * Math.min(1, Math.max(0, q));
  const low = Math.floor(place);
  const a = sorted[low] ?? Number.NaN;
  const b = sorted[low + 1] ?? a;
  const t = place - low;
  // As numpy does it, from the nearer end: monotone, and exact at both.
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

export interface KolmogorovSmirnov {
  /** Largest difference of the two empirical distribution functions, in [0, 1]. */
  readonly statistic: number;
  /** Chance of at least this difference without drift, for one look at independent events. */
  readonly p: number;
  readonly method: 'exact' | 'asymptotic';
}

/**
 * Two-sample Kolmogorov–Smirnov test, two-sided.
 * @param method `exact` counts lattice paths (Hodges 1958), n·m steps; default: exact while n·m is at most 250,000
 */
export function kolmogorovSmirnov(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  method?: 'exact' | 'asymptotic',
): KolmogorovSmirnov {
  const x = sortedSample(a);
  const y = sortedSample(b);
  const n = x.length;
  const m = y.length;
  // In whole numbers of 1/(n·m), so that the comparison with the paths is exact.
  let widest = 0;
  let i = 0;
  let j = 0;
  while (i < n || j < m) {
    const next = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
    while (i < n && x[i] === next) i++;
    while (j < m && y[j] === next) j++;
    widest = Math.max(widest, Math.abs(i * m - j * n));
  }
  const statistic = widest / (n * m);
  const chosen = method ?? (n * m <= 250_000 ? 'exact' : 'asymptotic');
  const p =
    chosen === 'exact'
      ? crossingShare(n, m, widest)
      : kolmogorovTail(Math.sqrt((n * m) / (n + m)) * statistic);
  return { statistic, p, method: chosen };
}

/** Share of the lattice paths from (0,0) to (n,m), all equally likely, that reach |i·m − j·n| >= widest. */
function crossingShare(n: number, m: number, widest: number): number {
  if (widest <= 0) return 1;
  // Probability of having crossed by (i, j), given that the path passes there: no cancellation for small p.
  const row = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i * m - j * n) >= widest) row[j] = 1;
      else if (i + j === 0) row[j] = 0;
      else row[j] = (i * (row[j] ?? 0) + (j > 0 ? j * (row[j - 1] ?? 0) : 0)) / (i + j);
    }
  }
  return row[m] ?? 1;
}

/** Wasserstein-1 (earth mover's) distance, in the unit of the values. Takes one outlier as seriously as its distance. */
export function wassersteinDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = sortedSample(a);
  const y = sortedSample(b);
  let total = 0;
  let i = 0;
  let j = 0;
  let previous = Math.min(x[0] ?? 0, y[0] ?? 0);
  while (i < x.length || j < y.length) {
    const next = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
    total += Math.abs(i / x.length - j / y.length) * (next - previous);
    while (i < x.length && x[i] === next) i++;
    while (j < y.length && y[j] === next) j++;
    previous = next;
  }
  return total;
}

export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Population variance (divisor n). */
  readonly variance: number;
}

/** Mean and variance, about the first value and in two passes: a large offset costs no digits. */
export function moments(values: ArrayLike<number>): Moments {
  const n = values.length;
  if (n === 0) return { n, mean: 0, variance: 0 };
  const origin = values[0] ?? 0;
  let offset = 0;
  for (let i = 0; i < n; i++) offset += ((values[i] ?? 0) - origin) / n;
  let squares = 0;
  let rest = 0;
  for (let i = 0; i < n; i++) {
    const d = (values[i] ?? 0) - origin - offset;
    squares += d * d;
    rest += d;
  }
  return { n, mean: origin + offset, variance: Math.max(0, (squares - (rest * rest) / n) / n) };
}

/**
 * Inner edges of histogram bins. `quantile`: of the sample; `width`: equal width from its smallest to its largest value.
 * Edges that coincide are one.
 */
export function binEdges(values: ArrayLike<number>, bins: number, by: 'quantile' | 'width'): Float64Array {
  const sorted = sortedSample(values);
  const low = sorted[0] ?? 0;
  const high = sorted[sorted.length - 1] ?? 0;
  const edges: number[] = [];
  for (let k = 1; k < bins; k++) {
    const edge = by === 'quantile' ? quantile(sorted, k / bins) : low + (k * (high - low)) / bins;
    const last = edges[edges.length - 1];
    if (last === undefined || edge > last) edges.push(edge);
  }
  return Float64Array.from(edges);
}

/** How many equal-width bins: Sturges' `⌈log2 n⌉ + 1`, or Doane's, which allows for skewness. */
export function binCount(values: ArrayLike<number>, rule: 'sturges' | 'doane'): number {
  const n = values.length;
  if (rule === 'sturges') return Math.ceil(Math.log2(n) + 1);
  const { mean, variance } = moments(values);
  if (n < 3 || variance === 0) return 1;
  const sd = Math.sqrt(variance);
  let cubes = 0;
  for (let i = 0; i < n; i++) cubes += (((values[i] ?? 0) - mean) / sd) ** 3;
  const skewness = Math.abs(cubes / n);
  const spread = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
  return Math.ceil(1 + Math.log2(n) + Math.log2(1 + skewness / spread));
}

/**
 * Welch's test of equal means, two-sided, unequal variances allowed.
 * @returns undefined when neither sample varies, for then there is nothing to measure a difference by
 */
export function welchTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { readonly t: number; readonly degrees: number; readonly p: number } | undefined {
  const x = moments(a);
  const y = moments(b);
  const u = x.n > 1 ? x.variance / (x.n - 1) : 0;
  const v = y.n > 1 ? y.variance / (y.n - 1) : 0;
  if (!(u + v > 0)) return undefined;
  // The difference about one origin: of two rounded means a large offset would leave few digits.
  const origin = a[0] ?? 0;
  const t = (meanAbout(a, origin) - meanAbout(b, origin)) / Math.sqrt(u + v);
  const degrees = (u + v) ** 2 / ((x.n > 1 ? u ** 2 / (x.n - 1) : 0) + (y.n > 1 ? v ** 2 / (y.n - 1) : 0));
  return { t, degrees, p: studentTail(t, degrees) };
}

function meanAbout(values: ArrayLike<number>, origin: number): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += ((values[i] ?? 0) - origin) / values.length;
  return mean;
}
