import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { rocAuc } from '../metrics/areas.ts';
import { accuracy, classMetric } from '../metrics/classification.ts';
import {
  calibrated,
  countLabel,
  createCalibrationCounts,
  fadeCalibration,
  learnCalibration,
  loadCalibration,
  mergeCalibration,
  saveCalibration,
} from './calibration.ts';
import { type Drawn, draw, truth } from './estimate.test.rig.ts';
import {
  countAnswer,
  createAnswerCounts,
  expectedPerformance,
  loadAnswers,
  mergeAnswers,
  saveAnswers,
} from './expected-performance.ts';

function learned(seed: number, labels: number) {
  const random = seededRandom(seed);
  const counts = createCalibrationCounts();
  for (let i = 0; i < labels; i++) {
    const { score, positive } = draw(random);
    countLabel(counts, score, positive);
  }
  const calibration = learnCalibration(counts);
  if (calibration === undefined) throw new Error('no calibration');
  return calibration;
}

const binary = { average: 'binary', positive: 'true' } as const;
const precision = classMetric('precision', { averaging: binary });
const recall = classMetric('recall', { averaging: binary });
const f1 = classMetric('f1', { averaging: binary });
const area = rocAuc();

function realised(rows: readonly Drawn[]) {
  const right = accuracy.init();
  const p = precision.init();
  const r = recall.init();
  const f = f1.init();
  const a = area.init();
  for (const { score, said, positive } of rows) {
    const sample = { actual: String(positive), predicted: String(said) };
    accuracy.add(right, sample);
    precision.add(p, sample);
    recall.add(r, sample);
    f1.add(f, sample);
    area.add(a, { score, positive });
  }
  return {
    accuracy: accuracy.value(right),
    precision: precision.value(p),
    recall: recall.value(r),
    f1: f1.value(f),
    rocAuc: area.value(a),
  };
}

const FIGURES = ['accuracy', 'precision', 'recall', 'f1', 'rocAuc'] as const;

describe('expected performance', () => {
  it.each([
    ['answers like those that the labels were about', 0, 2000],
    ['harder answers', 2, 2000],
    ['harder answers, few labels', 2, 400],
  ] as const)('%s: intervals of 95 in 100 hold what the answers turn out to be', (_, hard, labels) => {
    const held: Record<string, number> = {};
    const runs = 250;
    for (let run = 0; run < runs; run++) {
      const calibration = learned(10_000 + run, labels);
      const random = seededRandom(50_000 + run);
      const rows = Array.from({ length: 500 }, () => draw(random, hard));
      const counts = createAnswerCounts();
      for (const { score, said } of rows) countAnswer(counts, score, said);
      const expected = expectedPerformance(counts, calibration);
      const came = realised(rows);
      for (const figure of FIGURES) {
        const estimate = expected[figure];
        const value = came[figure];
        if (estimate === undefined || value === undefined) throw new Error(`${figure} is undefined`);
        if (estimate.interval.low <= value && value <= estimate.interval.high)
          held[figure] = (held[figure] ?? 0) + 1;
      }
    }
    for (const figure of FIGURES) {
      const coverage = (held[figure] ?? 0) / runs;
      expect([figure, coverage >= 0.9 && coverage <= 0.995, coverage]).toEqual([figure, true, coverage]);
    }
  });

  it('follows the answers: harder ones lower it, without a single label of theirs', () => {
    const calibration = learned(1, 20_000);
    const estimate = (hard: number): number => {
      const random = seededRandom(2);
      const counts = createAnswerCounts();
      for (let i = 0; i < 20_000; i++) {
        const { score, said } = draw(random, hard);
        countAnswer(counts, score, said);
      }
      return expectedPerformance(counts, calibration).accuracy?.value ?? Number.NaN;
    };
    const random = seededRandom(3);
    const hard = realised(Array.from({ length: 20_000 }, () => draw(random, 3))).accuracy ?? Number.NaN;
    expect(estimate(0) - estimate(3)).toBeGreaterThan(0.1);
    expect(Math.abs(estimate(3) - hard)).toBeLessThan(0.015);
  });

  it('is undefined where nothing is there', () => {
    const calibration = learned(1, 500);
    const counts = createAnswerCounts();
    expect(expectedPerformance(counts, calibration)).toMatchObject({
      answers: 0,
      accuracy: undefined,
      precision: undefined,
    });
    countAnswer(counts, 0.1, false);
    expect(expectedPerformance(counts, calibration).precision).toBeUndefined();
    expect(expectedPerformance(counts, calibration).accuracy).toBeDefined();
  });

  it('merges: four replicas count what one would', () => {
    const random = seededRandom(4);
    const one = createAnswerCounts();
    const merged = createAnswerCounts();
    const replicas = Array.from({ length: 4 }, createAnswerCounts);
    for (let i = 0; i < 1000; i++) {
      const { score, said } = draw(random);
      countAnswer(one, score, said);
      countAnswer(replicas[i % 4] ?? one, score, said);
    }
    for (const replica of replicas)
      mergeAnswers(merged, loadAnswers(JSON.parse(JSON.stringify(saveAnswers(replica)))));
    expect(merged).toEqual(one);
    expect(() => loadAnswers({ positive: [1], negative: [] })).toThrow();
  });
});

describe('calibration', () => {
  it('learns what scores mean, and never falls', () => {
    const calibration = learned(5, 30_000);
    for (const score of [0.05, 0.3, 0.7, 0.95]) {
      expect(Math.abs(calibrated(calibration, score) - truth(score))).toBeLessThan(0.03);
    }
    calibration.probability.reduce((last, p) => {
      expect(p).toBeGreaterThanOrEqual(last - 1e-12);
      return p;
    }, 0);
  });

  it('one class only, one label, none', () => {
    const counts = createCalibrationCounts();
    expect(learnCalibration(counts)).toBeUndefined();
    countLabel(counts, 0.9, true);
    expect(learnCalibration(counts)?.probability.every((p) => p === 0.75)).toBe(true);
    for (let i = 0; i < 99; i++) countLabel(counts, i / 100, true);
    for (const p of learnCalibration(counts)?.probability ?? []) expect(p).toBeGreaterThan(0.9);
  });

  it('adds, fades, and comes back from JSON', () => {
    const a = createCalibrationCounts();
    const b = createCalibrationCounts();
    countLabel(a, 0.2, true);
    countLabel(b, 1, true);
    countLabel(b, 0, false);
    mergeCalibration(a, b);
    fadeCalibration(a, 0.5);
    expect(a.labels.reduce((sum, n) => sum + n, 0)).toBe(1.5);
    expect(loadCalibration(JSON.parse(JSON.stringify(saveCalibration(a))))).toEqual(a);
    const saved = JSON.parse(JSON.stringify(saveCalibration(a)));
    expect(() => loadCalibration({ ...saved, positives: saved.labels.map((n: number) => n + 1) })).toThrow(
      /positives/,
    );
  });
});
