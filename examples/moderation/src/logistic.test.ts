import { seededRandom } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { fitLogistic, logLoss, logOdds, sigmoid } from './logistic.ts';

describe('fitLogistic', () => {
  const random = seededRandom(3);
  const rows = Array.from({ length: 4_000 }, () => [random() * 4 - 2, random() * 4 - 2]);
  const positive = rows.map(([a = 0, b = 0]) => random() < sigmoid(1.5 * a - 0.8 * b + 0.4));

  it('finds the weights that made the data', () => {
    const { weights, bias } = fitLogistic(rows, positive, { l2: 0.001 });
    expect(weights[0]).toBeCloseTo(1.5, 0);
    expect(weights[1]).toBeCloseTo(-0.8, 0);
    expect(bias).toBeCloseTo(0.4, 0);
  });

  it('ends where the penalised loss is least: every small move from there makes it larger', () => {
    const fitted = fitLogistic(rows, positive, { l2: 2 });
    const loss = (weights: readonly number[], bias: number): number => {
      let sum = weights.reduce((total, w) => total + w * w, 0);
      rows.forEach((row, i) => {
        sum += logLoss(logOdds({ weights, bias }, row), positive[i] === true);
      });
      return sum;
    };
    const best = loss(fitted.weights, fitted.bias);
    const [w0 = 0, w1 = 0] = fitted.weights;
    for (const step of [-0.02, 0.02]) {
      expect(loss([w0 + step, w1], fitted.bias)).toBeGreaterThan(best);
      expect(loss([w0, w1 + step], fitted.bias)).toBeGreaterThan(best);
      expect(loss([w0, w1], fitted.bias + step)).toBeGreaterThan(best);
    }
  });

  it('stays finite where the classes can be divided without a mistake', () => {
    const { weights, bias } = fitLogistic([[1], [2], [-1], [-2]], [true, true, false, false]);
    expect(weights.every(Number.isFinite) && Number.isFinite(bias)).toBe(true);
    expect(weights[0]).toBeGreaterThan(0);
  });
});
