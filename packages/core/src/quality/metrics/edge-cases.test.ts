import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEvenkeelError } from '../../kernel/errors.ts';
import { prAuc, rocAuc } from './areas.ts';
import { calibrationError } from './calibration-error.ts';
import { accuracy, classMetric } from './classification.ts';
import type { Metric } from './metric.ts';
import { ndcg } from './ranking.ts';
import { accumulate, createMetricRegistry } from './registry.ts';
import { mape, rmse } from './regression.ts';
import { scoreBucket } from './score-bucket.ts';
import { bySegment } from './segmented.ts';
import { standardMetrics } from './standard.ts';

const everything = standardMetrics({ positive: 'yes' });

describe('edge cases', () => {
  it('empty: no value, no interval, and merging nothing changes nothing', () => {
    for (const { name } of everything.list()) {
      const empty = everything.accumulator(name);
      empty.merge(everything.accumulator(name).save());
      expect(empty.read()).toEqual({
        value: undefined,
        standardError: undefined,
        interval: undefined,
        bound: 0,
        n: 0,
        invalid: 0,
      });
    }
  });

  it('what is no sample is counted and changes nothing', () => {
    const bad: unknown[] = [
      undefined,
      null,
      7,
      'yes',
      [],
      {},
      { positive: true, score: Number.NaN },
      { positive: true, score: '0.5' },
      { positive: 1, score: 0.5 },
      { actual: Number.NaN, predicted: 1 },
      { actual: {}, predicted: 'a' },
      { relevance: [Number.NaN] },
      { relevance: [-1] },
      { relevance: [1], score: [] },
      { relevance: [1], score: [Number.POSITIVE_INFINITY] },
      { rating: '5' },
      { logProbabilities: [] },
      { logProbabilities: [0.1] },
      ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1'].map((weight) => ({
        actual: 'a',
        predicted: 'a',
        positive: true,
        score: 0.5,
        relevance: [1],
        weight,
      })),
    ];
    for (const { name } of everything.list()) {
      if (name === 'refusal_rate') continue;
      const accumulator = everything.accumulator(name);
      for (const sample of bad) accumulator.add(sample);
      expect([name, accumulator.read().n, accumulator.read().invalid]).toEqual([name, 0, bad.length]);
    }
  });

  it('a probability outside [0, 1] is no probability, but a score for an area', () => {
    const sample = { positive: true, score: 1.5 };
    expect(calibrationError().read(sample)).toBeUndefined();
    expect(rocAuc().read(sample)).toBeDefined();
  });

  it('one class only: what compares classes is undefined, the rest is not', () => {
    const only = (metric: ReturnType<typeof rocAuc>, positive: boolean): number | undefined => {
      const accumulator = accumulate(metric);
      for (const score of [0.2, 0.9]) accumulator.add({ positive, score });
      return accumulator.read().value;
    };
    expect(only(rocAuc(), true)).toBeUndefined();
    expect(only(rocAuc(), false)).toBeUndefined();
    expect(only(prAuc(), true)).toBe(1);
    expect(only(prAuc(), false)).toBeUndefined();
    const binary = { average: 'binary', positive: 'yes' } as const;
    const negatives = (figure: 'precision' | 'recall' | 'f1'): number | undefined => {
      const accumulator = accumulate(classMetric(figure, { averaging: binary }));
      accumulator.add({ actual: 'no', predicted: 'no' });
      return accumulator.read().value;
    };
    expect([negatives('precision'), negatives('recall'), negatives('f1')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('all scores tied: the area is a half, exactly', () => {
    const accumulator = accumulate(rocAuc());
    for (let i = 0; i < 10; i++) accumulator.add({ positive: i < 3, score: 0.7 });
    expect(accumulator.read()).toMatchObject({ value: 0.5, bound: 0 });
  });

  it('an actual 0 is left out of MAPE and counted; 1e308 squared is no number', () => {
    const accumulator = accumulate(mape());
    expect(accumulator.add({ actual: 0, predicted: 1 })).toBe(false);
    expect(accumulator.add({ actual: -2, predicted: -1 })).toBe(true);
    expect(accumulator.read()).toMatchObject({ value: 0.5, n: 1, invalid: 1 });
    const squares = accumulate(rmse);
    expect(squares.add({ actual: 1e308, predicted: -1e308 })).toBe(false);
    expect(squares.read()).toMatchObject({ n: 0, invalid: 1 });
  });

  it('−0 is 0, booleans and numbers are classes', () => {
    const area = accumulate(rocAuc());
    area.add({ positive: true, score: -0 });
    area.add({ positive: false, score: 0 });
    expect(area.read().value).toBe(0.5);
    const share = accumulate(accuracy);
    share.add({ actual: true, predicted: 'true' });
    share.add({ actual: 1, predicted: '1' });
    expect(share.read().value).toBe(1);
  });

  it('a million classes cost no memory, and the average says that it means nothing', () => {
    const metric = classMetric('f1', { maxClasses: 10 });
    const state = metric.init();
    for (let i = 0; i < 10_000; i++) metric.add(state, { actual: `c${i}`, predicted: `c${i}` });
    expect(state.classes.size).toBe(10);
    expect(metric.bound(state)).toBe(1);
    const micro = classMetric('f1', { maxClasses: 10, averaging: { average: 'micro' } });
    expect(micro.value(state)).toBe(1);
    expect(micro.bound(state)).toBe(0);
  });

  it('class names are only names', () => {
    const metric = classMetric('recall');
    const state = metric.init();
    for (const name of ['__proto__', 'constructor', '']) metric.add(state, { actual: name, predicted: name });
    expect(metric.value(metric.load(JSON.parse(JSON.stringify(metric.save(state)))))).toBe(1);
  });

  it('other parameters do not merge', () => {
    const refuses = <State, Sample>(metric: Metric<State, Sample>, other: Metric<State, Sample>): void => {
      const accumulator = accumulate(metric);
      const foreign = accumulate(other);
      foreign.add({ positive: true, score: 0.5, actual: 'a', predicted: 'a' });
      expect(() => accumulator.merge(foreign.save())).toThrow();
      expect(accumulator.read().n).toBe(0);
    };
    refuses(rocAuc(), rocAuc({ exactUpTo: 10 }));
    refuses(calibrationError(), calibrationError({ bins: 5 }));
    refuses(classMetric('f1'), classMetric('f1', { maxClasses: 7 }));
  });

  it('a saved state that is none is refused', () => {
    for (const { name } of everything.list()) {
      for (const raw of [
        undefined,
        null,
        {},
        [],
        { state: {}, invalid: 0 },
        { state: [1, 2, 3], invalid: 0 },
        { state: null, invalid: -1 },
      ]) {
        const error = ((): unknown => {
          try {
            everything.accumulator(name).merge(raw);
            return undefined;
          } catch (thrown) {
            return thrown;
          }
        })();
        expect([name, isEvenkeelError(error) && error.code]).toEqual([name, 'bad_request']);
      }
    }
  });
});

describe('buckets of scores', () => {
  it('keep the order and stay within 0.8 %', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (x, y) => {
          const [low, high] = x < y ? [x, y] : [y, x];
          const order = scoreBucket(high) - scoreBucket(low);
          expect(order).toBeGreaterThanOrEqual(0);
          // Below the smallest normal number there are no steps to keep.
          if (order === 0 && low > 2 ** -1022) {
            const size = low > 0.5 && low < 1 ? 1 - low : low;
            expect(high - low).toBeLessThanOrEqual(size / 127);
          }
        },
      ),
      { numRuns: 2000, seed: 1 },
    );
    const near = [
      0,
      5e-324,
      1e-9,
      0.25,
      0.4999999,
      0.5,
      0.50000001,
      0.75,
      0.999999,
      1 - 2 ** -53,
      1,
      1.0000001,
      2,
      1e308,
    ];
    for (const [i, value] of near.entries()) {
      const next = near[i + 1];
      if (next !== undefined) expect(scoreBucket(next)).toBeGreaterThanOrEqual(scoreBucket(value));
      expect(scoreBucket(-value)).toBeLessThanOrEqual(0);
    }
    expect(scoreBucket(1 - 1e-6)).toBeLessThan(scoreBucket(1 - 1e-7));
  });

  it('the area from buckets is within its own bound of the exact one, in any order of merging', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), fc.integer({ min: 1, max: 3 })),
          { minLength: 30, maxLength: 120 },
        ),
        (rows) => {
          for (const make of [rocAuc, prAuc]) {
            const exact = make();
            const coarse = make({ exactUpTo: 2 });
            const whole = exact.init();
            const parts = [coarse.init(), coarse.init(), coarse.init()];
            const single = coarse.init();
            rows.forEach(([near, positive, weight], i) => {
              const sample = { score: 0.3 + near / 500, positive, weight };
              exact.add(whole, sample);
              coarse.add(single, sample);
              coarse.add(parts[i % 3] ?? single, sample);
            });
            const forth = coarse.init();
            const back = coarse.init();
            for (const part of parts) coarse.merge(forth, part);
            for (const part of parts.toReversed()) coarse.merge(back, part);
            const truth = exact.value(whole);
            for (const state of [single, forth, back]) {
              const value = coarse.value(state);
              expect(value === undefined).toBe(truth === undefined);
              if (value === undefined || truth === undefined) continue;
              expect(Math.abs(value - truth)).toBeLessThanOrEqual(coarse.bound(state) + 1e-12);
              expect(value).toBeCloseTo(coarse.value(single) ?? Number.NaN, 12);
            }
          }
        },
      ),
      { numRuns: 200, seed: 2 },
    );
  });

  it('say a small error for a large stream', () => {
    const metric = rocAuc({ exactUpTo: 1000 });
    const state = metric.init();
    for (let i = 0; i < 50_000; i++) {
      const x = ((i * 7919) % 50_021) / 50_021;
      metric.add(state, { score: x, positive: (i * 104_729) % 101 < 100 * x });
    }
    expect(state.bucketed).toBe(true);
    expect(metric.bound(state)).toBeGreaterThan(0);
    expect(metric.bound(state)).toBeLessThan(0.004);
  });
});

describe('segments and registries', () => {
  it('name the worst segment by the direction of the metric, and bound their number', () => {
    const byTenant = bySegment(accuracy, 2);
    const one = byTenant.init();
    const other = byTenant.init();
    for (let i = 0; i < 10; i++) {
      byTenant.add(one, { segment: 'a', sample: { actual: 'x', predicted: 'x' } });
      byTenant.add(other, { segment: 'b', sample: { actual: 'x', predicted: i < 5 ? 'x' : 'y' } });
      byTenant.add(other, { segment: 'c', sample: { actual: 'x', predicted: 'x' } });
    }
    byTenant.merge(one, byTenant.load(JSON.parse(JSON.stringify(byTenant.save(other)))));
    expect(byTenant.ranked(one)).toEqual([
      { segment: 'b', value: 0.5, n: 10 },
      { segment: 'a', value: 1, n: 10 },
    ]);
    expect(one.beyond).toBe(10);
    expect(accuracy.value(one.all)).toBeCloseTo(25 / 30, 12);
  });

  it('take metrics of your own, once', () => {
    const registry = createMetricRegistry();
    registry.register(ndcg(3));
    registry.register({ ...accuracy, name: 'agreement' });
    expect(registry.list().map((facts) => facts.name)).toEqual(['ndcg_at_3', 'agreement']);
    expect(() => registry.register(ndcg(3))).toThrow(/already/);
    expect(() => registry.register({ ...accuracy, name: 'A b' })).toThrow(/no name/);
    expect(() => registry.accumulator('agrement')).toThrow(/did you mean "agreement"/);
  });

  it('every metric of ours states what it is', () => {
    for (const facts of everything.list()) {
      expect(facts.meaning.length).toBeGreaterThan(20);
      expect(facts.needsLabels || facts.realTime).toBe(true);
      if (facts.needsLabels) expect(facts.proxy).toBeDefined();
    }
  });
});
