import { describe, expect, it } from 'vitest';
import { normalisedScore, probation, rawScore, sigmoid } from './nab-scorer.mjs';

describe('NAB scoring', () => {
  const n = 4000;
  const windows = [
    [1000, 1199],
    [3000, 3199],
  ];
  const score = (alarms: readonly number[]): number => normalisedScore(rawScore(n, windows, alarms), 2);

  it('gives 0 to silence and 100 to one alarm at the beginning of each window', () => {
    expect(score([])).toBe(0);
    expect(score([1000, 3000])).toBe(100);
  });

  it('counts the first alarm of a window only, and an early one for more', () => {
    expect(score([1000, 1001, 1100, 3000])).toBe(100);
    expect(score([1100, 3000])).toBeLessThan(100);
    expect(score([1190, 3000])).toBeLessThan(score([1100, 3000]));
  });

  it('takes 0.11 for a false alarm, less just after a window', () => {
    expect(rawScore(n, [], [700, 800])).toBeCloseTo(-0.22, 12);
    expect(rawScore(n, windows, [1201]) + 2).toBeGreaterThan(-0.01);
    expect(rawScore(n, windows, [2900]) + 2).toBeCloseTo(-0.11, 6);
  });

  it('does not count the beginning of a series', () => {
    expect(probation(4000)).toBe(600);
    expect(probation(100_000)).toBe(750);
    expect(rawScore(n, windows, [5, 599])).toBe(-2);
  });

  it('has the sigmoid of the paper', () => {
    expect(sigmoid(-1)).toBeCloseTo(0.98661, 5);
    expect(sigmoid(0)).toBe(0);
    expect(sigmoid(1)).toBeCloseTo(-0.98661, 5);
    expect(sigmoid(4)).toBe(-1);
  });
});
