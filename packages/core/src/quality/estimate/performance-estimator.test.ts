import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { arrivalBias, countArrival, createArrivalCounts, labelCoverage, mergeArrivals } from './arrival.ts';
import { countLabel, createCalibrationCounts } from './calibration.ts';
import { draw } from './estimate.test.rig.ts';
import { countAnswer, createAnswerCounts } from './expected-performance.ts';
import { createLabelTest } from './label-test.ts';
import {
  createPerformanceEstimator,
  type EstimatorAlarm,
  type PerformanceEstimator,
} from './performance-estimator.ts';
import { probabilityBin } from './probability-bins.ts';

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

describe('label test', () => {
  it('finds a loss of ten points that confidence cannot see within a median of 170 labels', () => {
    const delays: number[] = [];
    for (let run = 0; run < 60; run++) {
      const random = seededRandom(700 + run);
      const test = createLabelTest();
      const confident = (): number => 0.55 + 0.45 * (1 - random() ** 2.2);
      for (let i = 0; i < 500; i++) {
        const c = confident();
        if (test.add(random() < c, c) !== undefined) test.restart();
      }
      let n = 0;
      for (let alarm: unknown; alarm === undefined && n < 5000; n++) {
        const c = confident();
        alarm = test.add(random() < c - 0.1, c);
      }
      delays.push(n);
      expect(test.alarm?.worse).toBe(true);
    }
    expect(median(delays)).toBeLessThanOrEqual(170);
    expect(median(delays)).toBeGreaterThan(40);
  });

  it('is saved and restored in the middle, and refuses what is none', () => {
    const random = seededRandom(8);
    const one = createLabelTest({ calibrationLabels: 500 });
    for (let i = 0; i < 300; i++) one.add(random() < 0.85, 0.85);
    const two = createLabelTest({}, JSON.parse(JSON.stringify(one.save())));
    for (let i = 0; i < 300; i++) {
      const right = random() < 0.7;
      expect(two.add(right, 0.85)).toEqual(one.add(right, 0.85));
    }
    expect(two.alarm).toBeDefined();
    expect(createLabelTest({}, two.save()).alarm).toEqual(two.alarm);
    expect(() => createLabelTest({}, {})).toThrow();
    expect(() => createLabelTest({ falseAlarmEvery: 5 })).toThrow(/100/);
  });

  it('a sure answer that is wrong is no proof by itself', () => {
    const test = createLabelTest();
    expect(test.add(false, 1)).toBeUndefined();
    expect(test.add(true, 0)).toBeUndefined();
  });
});

function feed(
  estimator: PerformanceEstimator,
  labels: number,
  options: { seed: number; loss?: number; segments?: readonly string[]; hurt?: string },
): EstimatorAlarm[] {
  const random = seededRandom(options.seed);
  const alarms: EstimatorAlarm[] = [];
  for (let i = 0; i < labels; i++) {
    const segment = options.segments?.[i % options.segments.length];
    const { score, said, positive } = draw(random, 0, segment === options.hurt ? (options.loss ?? 0) : 0);
    const label = { id: `${options.seed}-${i}`, score, saidPositive: said, positive, segment };
    alarms.push(...estimator.label(label).alarms);
  }
  return alarms;
}

function hourOf(seed: number) {
  const random = seededRandom(seed);
  const counts = createAnswerCounts();
  for (let i = 0; i < 400; i++) {
    const { score, said } = draw(random);
    countAnswer(counts, score, said);
  }
  return counts;
}

describe('performance estimator', () => {
  it('learns, is valid, is void when labels contradict it, and learns again', () => {
    const estimator = createPerformanceEstimator();
    expect(estimator.estimate(hourOf(1))).toMatchObject({ state: 'learning', performance: undefined });
    feed(estimator, 2000, { seed: 1 });
    const valid = estimator.estimate(hourOf(1));
    expect(valid.state).toBe('valid');
    expect(valid.performance?.accuracy?.value).toBeGreaterThan(0.75);
    const alarms: EstimatorAlarm[] = [];
    for (let batch = 0; batch < 40 && alarms.length === 0; batch++) {
      alarms.push(...feed(estimator, 10, { seed: 100 + batch, loss: 0.4 }));
    }
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.alarm.loss).toBeGreaterThan(0.1);
    const gone = estimator.estimate(hourOf(1));
    expect(gone).toMatchObject({ state: 'void', performance: undefined });
    expect(gone.reason).toMatch(/^void: answers are \d+ points worse/);
    expect(feed(estimator, 1000, { seed: 3, loss: 0.4 })).toEqual([]);
    const again = estimator.estimate(hourOf(1));
    expect(again.state).toBe('valid');
    expect(
      (valid.performance?.accuracy?.value ?? 0) - (again.performance?.accuracy?.value ?? 1),
    ).toBeGreaterThan(0.15);
  });

  it('names the segment that got worse, and goes on for the others', () => {
    const estimator = createPerformanceEstimator({ maxSegments: 4 });
    const segments = ['web', 'app', 'partner', 'api'];
    feed(estimator, 6000, { seed: 4, segments });
    const alarms = feed(estimator, 1200, { seed: 5, segments, hurt: 'partner', loss: 0.5 });
    expect(alarms.some((alarm) => alarm.segment === 'partner')).toBe(true);
    expect(alarms.every((alarm) => alarm.segment === 'partner' || alarm.segment === undefined)).toBe(true);
    expect(estimator.estimate(hourOf(1), 'app').state).toBe('valid');
    expect(estimator.estimate(hourOf(1), 'nobody')).toMatchObject({ state: 'learning', labels: 0 });
  });

  it('counts labels that come twice, contradict, are of nobody, or are none', () => {
    const estimator = createPerformanceEstimator({ maxSegments: 1 });
    const label = { id: 'a', score: 0.8, saidPositive: true, positive: true };
    expect(estimator.label(label).fate).toBe('counted');
    expect(estimator.label(label).fate).toBe('repeated');
    expect(estimator.label({ ...label, positive: false }).fate).toBe('contradicting');
    expect(estimator.label({ ...label, id: 'b', score: Number.NaN }).fate).toBe('invalid');
    expect(estimator.label({ ...label, id: 'c', propensity: 0 }).fate).toBe('invalid');
    estimator.unknownLabel();
    expect(estimator.fates).toEqual({ counted: 1, repeated: 1, contradicting: 1, unknown: 1, invalid: 2 });
    for (const segment of ['x', 'y']) estimator.label({ ...label, id: segment, segment });
    expect(estimator.beyondSegments).toBe(1);
  });

  it('comes back from JSON and says the same', () => {
    const estimator = createPerformanceEstimator({ maxSegments: 2 });
    feed(estimator, 900, { seed: 6, segments: ['web', 'app'] });
    const back = createPerformanceEstimator({ maxSegments: 2 }, JSON.parse(JSON.stringify(estimator.save())));
    for (const segment of [undefined, 'web', 'app']) {
      const a = estimator.estimate(hourOf(2), segment);
      const b = back.estimate(hourOf(2), segment);
      expect(b.state).toBe(a.state);
      expect(
        Math.abs((b.performance?.accuracy?.value ?? 2) - (a.performance?.accuracy?.value ?? 3)),
      ).toBeLessThan(0.02);
    }
    expect(() => createPerformanceEstimator({}, { all: {} })).toThrow();
    expect(() => createPerformanceEstimator({ calibrateAfter: 1 })).toThrow(/50/);
  });
});

describe('label arrival', () => {
  it('is declared biased when early labels tell of other outcomes than late ones at equal confidence', () => {
    const random = seededRandom(9);
    const biased = createArrivalCounts();
    const sound = createArrivalCounts();
    for (let i = 0; i < 4000; i++) {
      const confidence = 0.5 + random() / 2;
      const right = random() < confidence;
      // Sure answers are labelled sooner in both; wrong ones are, on top of that, in one.
      const delay = 60_000 * (1 + 50 * random()) * (confidence > 0.75 ? 0.3 : 1);
      countArrival(sound, delay, confidence, right);
      countArrival(biased, right ? delay : delay / 6, confidence, right);
    }
    expect(arrivalBias(sound)?.declared).toBe(false);
    const found = arrivalBias(biased);
    expect(found?.declared).toBe(true);
    expect(found?.difference).toBeLessThan(-0.05);
    expect(arrivalBias(createArrivalCounts())).toBeUndefined();
    const both = createArrivalCounts();
    mergeArrivals(both, sound);
    mergeArrivals(both, sound);
    expect(arrivalBias(both)?.difference).toBeCloseTo(arrivalBias(sound)?.difference ?? 9, 2);
  });

  it('is weighed by its propensity where it depends on the score', () => {
    const random = seededRandom(10);
    const answers = createAnswerCounts();
    const labels = createCalibrationCounts();
    let rightOfAll = 0;
    let labelled = 0;
    let rightOfLabelled = 0;
    const kept: { score: number; right: boolean }[] = [];
    const n = 40_000;
    for (let i = 0; i < n; i++) {
      const { score, said, positive } = draw(random);
      countAnswer(answers, score, said);
      if (said === positive) rightOfAll++;
      // Doubtful answers are looked at ten times as often.
      if (random() > (Math.abs(score - 0.5) < 0.2 ? 0.5 : 0.05)) continue;
      countLabel(labels, score, positive);
      labelled++;
      if (said === positive) rightOfLabelled++;
      kept.push({ score, right: said === positive });
    }
    const coverage = labelCoverage(answers, labels);
    const { weights } = coverage;
    let top = 0;
    let bottom = 0;
    for (const { score, right } of kept) {
      const weight = weights[probabilityBin(score)] ?? 0;
      bottom += weight;
      if (right) top += weight;
    }
    expect(Math.abs(rightOfLabelled / labelled - rightOfAll / n)).toBeGreaterThan(0.05);
    expect(Math.abs(top / bottom - rightOfAll / n)).toBeLessThan(0.02);
    expect(coverage.covered).toBeGreaterThan(0.99);
    expect(coverage.commonest / coverage.rarest).toBeGreaterThan(5);
  });
});
