import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/core/src/kernel/random.ts';
import { createLabelTest } from '../../packages/core/src/quality/estimate/label-test.ts';
import { createPerformanceEstimator } from '../../packages/core/src/quality/estimate/performance-estimator.ts';
import { falseClaims, labelsToFind } from './label-losses.mjs';

// A short look at what run.mjs does in full: few runs, looser bounds, other seeds.
const core = { seededRandom, createLabelTest, createPerformanceEstimator };

describe('estimates held against labels', () => {
  it('a loss of ten points is found within a median of 170 labels', () => {
    const { median, early, runs } = labelsToFind(core, 0.1, { runs: 60, seed: 90_000 });
    expect(median).toBeLessThanOrEqual(170);
    expect(early / runs).toBeLessThan(0.2);
  });

  it('hardly ever without one', () => {
    expect(falseClaims(core, undefined, { runs: 20, labels: 5000, seed: 91_000 }).per10k).toBeLessThan(2);
    expect(falseClaims(core, 200, { runs: 20, labels: 5000, seed: 92_000 }).per10k).toBeLessThan(2);
  });
});
