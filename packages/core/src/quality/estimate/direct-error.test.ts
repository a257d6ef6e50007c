import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../kernel/random.ts';
import { binOf } from '../bins.ts';
import {
  countError,
  createErrorCounts,
  expectedErrors,
  loadErrors,
  mergeErrors,
  saveErrors,
} from './direct-error.ts';

const EDGES = [0.2, 0.4, 0.6, 0.8];

/** Errors grow with difficulty. */
function draw(random: Random, hard: boolean) {
  const difficulty = hard ? Math.sqrt(random()) : random() ** 2;
  const noise = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return { difficulty, actual: 10 + noise * (0.5 + 2 * difficulty), predicted: 10 };
}

describe('direct error estimation', () => {
  it('sees harder answers without their labels; 95 % intervals hold what comes', () => {
    let mae = 0;
    let rmse = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const random = seededRandom(run);
      const counts = createErrorCounts(EDGES);
      for (let i = 0; i < 1000; i++) {
        const { difficulty, actual, predicted } = draw(random, false);
        countError(counts, difficulty, actual, predicted);
      }
      const answers = new Float64Array(EDGES.length + 1);
      let absolute = 0;
      let squared = 0;
      for (let i = 0; i < 300; i++) {
        const { difficulty, actual, predicted } = draw(random, true);
        const bin = binOf(counts.edges, difficulty);
        answers[bin] = (answers[bin] ?? 0) + 1;
        absolute += Math.abs(actual - predicted) / 300;
        squared += (actual - predicted) ** 2 / 300;
      }
      const expected = expectedErrors(counts, answers);
      if (expected === undefined) throw new Error('no estimate');
      if (expected.mae.interval.low <= absolute && absolute <= expected.mae.interval.high) mae++;
      const root = Math.sqrt(squared);
      if (expected.rmse.interval.low <= root && root <= expected.rmse.interval.high) rmse++;
    }
    expect(mae / runs).toBeGreaterThan(0.9);
    expect(rmse / runs).toBeGreaterThan(0.9);
    expect(mae / runs).toBeLessThan(0.995);
  });

  it('says how much of it is guessed', () => {
    const counts = createErrorCounts([1]);
    for (let i = 0; i < 30; i++) countError(counts, 0, 1, i % 2);
    const expected = expectedErrors(counts, [10, 30]);
    expect(expected).toMatchObject({ answers: 40, covered: 0.25 });
    expect(expected?.mae.value).toBeCloseTo(0.5, 12);
    expect(expectedErrors(counts, [0, 0])).toBeUndefined();
    expect(expectedErrors(createErrorCounts([1]), [1, 1])).toBeUndefined();
  });

  it('refuses what is no number, other bins, and states that are none', () => {
    const counts = createErrorCounts(EDGES);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e308]) {
      expect(countError(counts, 0.1, bad, 0)).toBe(false);
    }
    expect(countError(counts, Number.NaN, 1, 0)).toBe(false);
    expect(countError(counts, 0.1, 2, 1)).toBe(true);
    const back = loadErrors(JSON.parse(JSON.stringify(saveErrors(counts))));
    mergeErrors(back, counts);
    expect([...back.n]).toEqual([2, 0, 0, 0, 0]);
    expect(() => mergeErrors(back, createErrorCounts([0.5]))).toThrow(/same edges/);
    expect(() => createErrorCounts([1, 1])).toThrow(/ascending/);
    expect(() => loadErrors({ edges: [1], n: [1], absolute: [], squared: [], fourth: [] })).toThrow();
  });
});
