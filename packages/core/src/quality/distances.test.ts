import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf } from './bins.ts';
import {
  chiSquareTest,
  hellingerDistance,
  jensenShannonDistance,
  largestDifference,
  shares,
  stabilityIndex,
  totalVariation,
  type ZeroRule,
} from './distances.ts';
import {
  binCount,
  binEdges,
  kolmogorovSmirnov,
  moments,
  quantile,
  sortedSample,
  wassersteinDistance,
  welchTest,
} from './sample-distances.ts';

// Made with numpy 1.24.2 and scipy 1.10.1; the conventions are stated in the file.
interface Summary {
  readonly n: number;
  readonly mean: number;
  readonly std_pop: number;
  readonly std_sample: number;
  readonly [name: string]: number;
}
interface NumericVector {
  readonly name: string;
  readonly type: 'numerical';
  readonly ref: readonly number[];
  readonly cur: readonly number[];
  readonly expected: { readonly ref: Summary; readonly cur: Summary } & Record<string, number | null>;
  readonly edges: readonly number[];
}
interface CategoryVector {
  readonly name: string;
  readonly type: 'categorical';
  readonly ref_counts: Readonly<Record<string, number>>;
  readonly cur_counts: Readonly<Record<string, number>>;
  readonly expected: Readonly<Record<string, number>>;
}
const file: { vectors: readonly (NumericVector | CategoryVector)[] } = JSON.parse(
  readFileSync(new URL('./drift-vectors.json', import.meta.url), 'utf8'),
);
const numeric = file.vectors.filter((v) => v.type === 'numerical');
const categorical = file.vectors.filter((v) => v.type === 'categorical');

function close(actual: number, expected: number | null | undefined, what: string): void {
  if (expected === null || expected === undefined) throw new Error(`the file has no ${what}`);
  expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(
    1e-9 * Math.max(1, Math.abs(expected)),
  );
}

function counted(edges: Float64Array, values: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of values) {
    const bin = binOf(edges, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Bins of numpy.histogram_bin_edges over a range: the last one closed. */
function histogram(values: readonly number[], low: number, high: number, bins: number): number[] {
  const from = low === high ? low - 0.5 : low;
  const to = low === high ? high + 0.5 : high;
  const edges = Float64Array.from({ length: bins - 1 }, (_, k) => from + ((k + 1) * (to - from)) / bins);
  return counted(
    edges,
    values.filter((value) => value >= from && value <= to),
  );
}

function perValue(values: readonly number[], among: readonly number[]): number[] {
  return among.map((value) => values.filter((other) => other === value).length);
}

describe.each(numeric)('numeric vector $name', ({ ref, cur, expected }) => {
  const both = [...ref, ...cur];

  it('has numpy’s moments and quantiles', () => {
    for (const [values, side] of [
      [ref, expected.ref],
      [cur, expected.cur],
    ] as const) {
      const { mean, variance, n } = moments(values);
      close(n, side.n, 'n');
      close(mean, side.mean, 'mean');
      close(Math.sqrt(variance), side.std_pop, 'std_pop');
      close(Math.sqrt((variance * n) / (n - 1)), side.std_sample, 'std_sample');
      const sorted = sortedSample(values);
      for (const [name, q] of [
        ['min', 0],
        ['q01', 0.01],
        ['q25', 0.25],
        ['q50', 0.5],
        ['q75', 0.75],
        ['q95', 0.95],
        ['q99', 0.99],
        ['max', 1],
      ] as const) {
        close(quantile(sorted, q), side[name], name);
      }
    }
  });

  it('has the stability index on quantile bins', () => {
    for (const [bins, epsilon, name] of [
      [10, 1e-4, 'psi_quantile10_eps1e-4'],
      [5, 1e-4, 'psi_quantile5_eps1e-4'],
      [10, 1e-6, 'psi_quantile10_eps1e-6'],
    ] as const) {
      const edges = binEdges(ref, bins, 'quantile');
      const zero: ZeroRule = { rule: 'replace', epsilon };
      close(stabilityIndex(counted(edges, ref), counted(edges, cur), zero).raw, expected[name], name);
    }
  });

  it('has the other libraries’ stability index and Jensen–Shannon distance by their parameters', () => {
    const distinct = [...new Set(both)].sort((a, b) => a - b);
    const low = Math.min(...both);
    const high = Math.max(...both);
    const sturges = binCount(both, 'sturges');
    const few = new Set(ref).size <= 20;
    const pair = few
      ? ([perValue(ref, distinct), perValue(cur, distinct)] as const)
      : ([histogram(ref, low, high, sturges), histogram(cur, low, high, sturges)] as const);
    const shareList = [...shares(pair[0]), ...shares(pair[1])].filter((share) => share > 0);
    const smallest = Math.min(...shareList);
    const epsilon = smallest <= 1e-4 ? smallest / 1e6 : 1e-4;
    close(
      stabilityIndex(pair[0], pair[1], { rule: 'replace', epsilon }).raw,
      expected.psi_evidently,
      'psi_evidently',
    );
    close(
      jensenShannonDistance(pair[0], pair[1], Math.E),
      expected.js_distance_evidently_base_e,
      'js base e',
    );
    close(jensenShannonDistance(pair[0], pair[1], 2) ** 2, expected.js_divergence_base2_same_bins, 'jsd');

    const doane = binCount(ref, 'doane');
    const [from, to] = [Math.min(...ref), Math.max(...ref)];
    const [a, b] = [histogram(ref, from, to, doane), histogram(cur, from, to, doane)];
    const outside = cur.length - b.reduce((total, count) => total + count, 0);
    close(jensenShannonDistance([...a, 0], [...b, outside]), expected.js_distance_nannyml_base2, 'js 2');

    if (expected.psi_frouros10 !== null) {
      const zero: ZeroRule = { rule: 'replace', epsilon: 2.2250738585072014e-308 };
      const wide = stabilityIndex(histogram(ref, low, high, 10), histogram(cur, low, high, 10), zero);
      close(wide.raw, expected.psi_frouros10, 'psi_frouros10');
    }
  });

  it('has scipy’s Kolmogorov–Smirnov, Wasserstein and Welch', () => {
    const exact = kolmogorovSmirnov(ref, cur, 'exact');
    close(exact.statistic, expected.ks_statistic, 'ks');
    close(exact.p, expected.ks_p_auto, 'ks p');
    const p = expected.ks_p_auto;
    if (typeof p === 'number') expect(Math.abs(exact.p / p - 1)).toBeLessThan(1e-9);
    const w = wassersteinDistance(ref, cur);
    close(w, expected.wasserstein, 'wasserstein');
    const sd = Math.sqrt(moments(ref).variance);
    close(w / Math.max(sd, 0.001), expected.wasserstein_norm_evidently, 'wasserstein over sd');
    const test = welchTest(ref, cur);
    if (expected.welch_t_p === null) expect(test).toBeUndefined();
    else if (Math.abs(expected.ref.mean) < 1e6) close(test?.p ?? Number.NaN, expected.welch_t_p, 'welch');
    // scipy subtracts two rounded means; in exact fractions the value is 0.023222999115.
    else expect(test?.p).toBeCloseTo(0.023222999115, 9);
  });

  it('has the asymptotic Kolmogorov–Smirnov tail', () => {
    // scipy's "asymp" uses Kolmogorov's distribution at the rounded size, ours the limit: equal to a few thousandths.
    const { p } = kolmogorovSmirnov(ref, cur, 'asymptotic');
    expect(Math.abs(p - (expected.ks_p_asymp ?? Number.NaN))).toBeLessThan(0.03);
  });
});

describe.each(categorical)('categorical vector $name', ({ ref_counts, cur_counts, expected }) => {
  const names = [...new Set([...Object.keys(ref_counts), ...Object.keys(cur_counts)])];
  const ref = names.map((name) => ref_counts[name] ?? 0);
  const cur = names.map((name) => cur_counts[name] ?? 0);

  it('has every figure', () => {
    const test = chiSquareTest(ref, cur);
    const measured: Record<string, number> = {
      'psi_eps1e-4': stabilityIndex(ref, cur, { rule: 'replace', epsilon: 1e-4 }).raw,
      psi_evidently: stabilityIndex(ref, cur, { rule: 'replace', epsilon: 1e-4 }).raw,
      'psi_deepchecks_floor0.01': stabilityIndex(ref, cur, { rule: 'floor', epsilon: 0.01 }).raw,
      psi_add_half: stabilityIndex(ref, cur).raw,
      js_distance_base_e: jensenShannonDistance(ref, cur, Math.E),
      js_distance_base2: jensenShannonDistance(ref, cur),
      js_divergence_base2: jensenShannonDistance(ref, cur) ** 2,
      hellinger: hellingerDistance(ref, cur),
      l_infinity: largestDifference(ref, cur),
      tvd: totalVariation(ref, cur),
      chi2_contingency: test.statistic,
      chi2_p: test.p,
    };
    expect(Object.keys(measured).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, value] of Object.entries(measured)) close(value, expected[name], name);
    expect(Math.abs(test.p / (expected.chi2_p ?? 1) - 1)).toBeLessThan(1e-9);
  });
});

describe('distances', () => {
  const counts = fc.array(fc.nat(1000), { minLength: 2, maxLength: 12 });
  const twice = counts.chain((a) =>
    fc.tuple(fc.constant(a), fc.array(fc.nat(1000), { minLength: a.length, maxLength: a.length })),
  );

  it('are 0 between equals, symmetric where they claim to be, and inside their bounds', () => {
    fc.assert(
      fc.property(twice, ([a, b]) => {
        const some = a.some((count) => count > 0) && b.some((count) => count > 0);
        fc.pre(some);
        for (const distance of [jensenShannonDistance, hellingerDistance, totalVariation] as const) {
          expect(distance(a, a)).toBeLessThan(1e-7);
          expect(distance(a, b)).toBeCloseTo(distance(b, a), 12);
          expect(distance(a, b)).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(stabilityIndex(a, b).raw).toBeGreaterThanOrEqual(0);
        expect(stabilityIndex(a, b).raw).toBeCloseTo(stabilityIndex(b, a).raw, 9);
      }),
    );
  });

  it('corrects the stability index for what chance gives', () => {
    // Expected counts of 100 events in ten bins, off by one standard deviation each: raw 0.1, nothing left after correction.
    const reference = new Array<number>(10).fill(100_000);
    const current = Array.from({ length: 10 }, (_, k) => 10 + (k % 2 === 0 ? 3 : -3));
    const index = stabilityIndex(reference, current);
    expect(index.raw).toBeGreaterThan(0.08);
    expect(Math.abs(index.corrected)).toBeLessThan(0.02);
  });

  it('refuses to compare different numbers of slots', () => {
    expect(() => stabilityIndex([1, 2], [1, 2, 3])).toThrow(/2 slots cannot be compared with 3/);
  });

  it('says that an empty or infinite sample has no distance', () => {
    expect(() => wassersteinDistance([], [1])).toThrow(/without values/);
    expect(() => kolmogorovSmirnov([1, Number.NaN], [1])).toThrow(/not finite/);
    expect(() => kolmogorovSmirnov([1, Number.NEGATIVE_INFINITY], [1])).toThrow(/not finite/);
  });

  it('without events says nothing happened', () => {
    expect(chiSquareTest([0, 0], [5, 5])).toEqual({ statistic: 0, degrees: 0, p: 1 });
    expect(stabilityIndex([0, 0], [0, 0]).raw).toBe(0);
    expect(jensenShannonDistance([0, 0], [0, 0])).toBe(0);
  });
});
