import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { type CanaryInput, judgeCanary } from './canary.ts';

const counts = (good: number, total: number) => ({ kind: 'counts', good, total }) as const;
const one = (
  canary: [number, number],
  production: [number, number],
  more: Partial<CanaryInput> = {},
): CanaryInput => ({
  elapsedMs: 3_600_000,
  figures: [
    { name: 'availability', canary: counts(...canary), production: counts(...production), tolerance: 0.01 },
  ],
  blockedBy: [],
  ...more,
});

/** Looks every 50 requests of the canary, which gets a tenth of the traffic; undefined when it never decides. */
function live(
  seed: number,
  canaryBad: number,
  productionBad: number,
  most: number,
): { decision: string; requests: number } {
  const random = seededRandom(seed);
  let good = 0;
  let goodOther = 0;
  for (let n = 1; n <= most; n++) {
    if (random() >= canaryBad) good++;
    for (let i = 0; i < 9; i++) if (random() >= productionBad) goodOther++;
    if (n % 50 !== 0) continue;
    const verdict = judgeCanary(one([good, n], [goodOther, 9 * n]));
    if (verdict.decision !== 'continue') return { decision: verdict.decision, requests: n };
  }
  return { decision: 'continue', requests: most };
}

describe('judgeCanary', () => {
  it('condemns what is equal, or worse by just its tolerance, in under 5 % of canaries, although it looks 100 times', () => {
    for (const worse of [0, 0.01]) {
      let wrong = 0;
      for (let seed = 1; seed <= 200; seed++)
        if (live(seed, 0.02 + worse, 0.02, 5_000).decision === 'roll_back') wrong++;
      expect(wrong).toBeLessThanOrEqual(10);
    }
  });

  it('promotes in under 5 % of canaries what is worse by more than its tolerance', () => {
    let wrong = 0;
    for (let seed = 1; seed <= 200; seed++) if (live(seed, 0.04, 0.02, 5_000).decision === 'promote') wrong++;
    expect(wrong).toBeLessThanOrEqual(10);
  });

  it('rolls back a catastrophe at the first look, and promotes an equal one within some thousands of requests', () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect(live(seed, 0.5, 0.02, 5_000)).toEqual({ decision: 'roll_back', requests: 100 });
      const equal = live(seed, 0.01, 0.01, 20_000);
      expect(equal.decision).toBe('promote');
    }
  });

  it('does not blame the canary for what hurts production as well', () => {
    expect(judgeCanary(one([500, 1_000], [4_500, 9_000])).decision).toBe('continue');
  });

  it('waits for the soak and for what blocks it, but rolls back under a block', () => {
    const good: [[number, number], [number, number]] = [
      [9_990, 10_000],
      [89_900, 90_000],
    ];
    expect(judgeCanary(one(...good)).decision).toBe('promote');
    expect(judgeCanary(one(...good, { elapsedMs: 1_000 })).reason).toMatch(/599 s of soak/);
    expect(judgeCanary(one(...good, { blockedBy: ['budget latency-p99 is frozen'] })).reason).toMatch(
      /blocked by budget/,
    );
    expect(judgeCanary(one([50, 100], [900, 900], { blockedBy: ['x'] })).decision).toBe('roll_back');
  });

  it('rolls back what is not shown to be good in time, and judges nothing by no figures', () => {
    expect(judgeCanary(one([10, 10], [90, 90])).reason).toMatch(/too few/);
    expect(judgeCanary(one([10, 10], [90, 90], { elapsedMs: 86_400_000 })).decision).toBe('roll_back');
    expect(judgeCanary({ elapsedMs: 1e6, figures: [], blockedBy: [] }).decision).toBe('continue');
  });

  it('judges scores per request as well', () => {
    const scores = (n: number, mean: number) =>
      ({ kind: 'scores', n, sum: n * mean, squares: n * (mean * mean + 0.04) }) as const;
    const input = (mean: number): CanaryInput => ({
      elapsedMs: 3_600_000,
      figures: [
        { name: 'quality', canary: scores(5_000, mean), production: scores(45_000, 0.9), tolerance: 0.02 },
      ],
      blockedBy: [],
    });
    expect(judgeCanary(input(0.9)).decision).toBe('promote');
    expect(judgeCanary(input(0.8)).decision).toBe('roll_back');
  });
});
