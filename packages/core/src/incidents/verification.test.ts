import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../kernel/random.ts';
import { judgeMitigation, type Stretch, VERIFICATION_DEFAULTS } from './verification.ts';

const STRETCH_MS = 30_000;
const USUAL = 0.01;

function binomial(n: number, p: number, random: Random): number {
  let k = 0;
  for (let i = 0; i < n; i++) if (random() < p) k++;
  return k;
}

/**
 * Trouble as it comes: a level, a wandering around it that is correlated in time, a trend of its own, traffic that varies; after the
 * mitigation a share of it is gone.
 */
function trouble(
  seed: number,
  effect: number,
  trend = 0,
): { before: Stretch[]; after: Stretch[]; at: number } {
  const random = seededRandom(seed);
  const level = 0.1 + 0.4 * random();
  let wander = 0;
  const stretch = (i: number, factor: number): Stretch => {
    wander = 0.6 * wander + 0.06 * (random() + random() - 1);
    const p = Math.min(0.95, Math.max(USUAL, USUAL + (level * Math.max(0, 1 + trend * i) + wander) * factor));
    const total = 30 + Math.floor(60 * random());
    return { at: i * STRETCH_MS, bad: binomial(total, p, random), total };
  };
  const before = Array.from({ length: 16 }, (_, i) => stretch(i, 1));
  const after = Array.from({ length: 20 }, (_, i) => stretch(16 + i, 1 - effect));
  return { before, after, at: 16 * STRETCH_MS };
}

function kept(effects: (i: number) => number, trend: number, seeds: number, from = 0): number {
  let keep = 0;
  for (let i = 0; i < seeds; i++) {
    const { before, after, at } = trouble(from + i, effects(i), trend);
    const result = judgeMitigation({ before, after, usual: USUAL, at }, at + VERIFICATION_DEFAULTS.windowMs);
    if (result.verdict === 'keep') keep++;
  }
  return keep;
}

describe('verification of mitigations', () => {
  it('of 20 that do nothing at least 18 are reverted, of 20 that help at least 18 kept', () => {
    expect(20 - kept(() => 0, 0, 20, 1)).toBeGreaterThanOrEqual(18);
    expect(kept((i) => 0.7 + 0.015 * i, 0, 20, 501)).toBeGreaterThanOrEqual(18);
  });

  it('and so for 500 seeds, with room', () => {
    expect(kept(() => 0, 0, 500, 10_000)).toBeLessThanOrEqual(10);
    expect(kept((i) => 0.7 + 0.0006 * i, 0, 500, 20_000)).toBeGreaterThanOrEqual(465);
  });

  it('does not take the credit for trouble that ends by itself', () => {
    // Linearly down to nothing within the window or some time after it, with no help.
    expect(kept(() => 0, -1 / 36, 500, 30_000)).toBeLessThanOrEqual(70);
    expect(kept(() => 0, -1 / 60, 500, 40_000)).toBeLessThanOrEqual(80);
  });

  it('does not keep what makes things worse, and does not wait for the end with it', () => {
    const { before, at } = trouble(7, 0);
    const after = Array.from({ length: 8 }, (_, i) => ({
      at: at + 30_000 + i * STRETCH_MS,
      bad: 58,
      total: 60,
    }));
    const early = judgeMitigation({ before, after, usual: USUAL, at }, at + 300_000);
    expect(early).toMatchObject({ verdict: 'revert' });
    expect(early.reason).toContain('worse');
  });

  it('reverts what cannot be judged, and says so', () => {
    const { before, at } = trouble(8, 0);
    const result = judgeMitigation({ before, after: [], usual: USUAL, at }, at + 600_000);
    expect(result).toMatchObject({ verdict: 'revert' });
    expect(result.reason).toContain('too little traffic');
    expect(judgeMitigation({ before, after: [], usual: USUAL, at }, at + 1000).verdict).toBe('wait');
  });
});
