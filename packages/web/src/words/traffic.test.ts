import { describe, expect, it } from 'vitest';
import { remember, type Sight, shares } from './traffic.ts';

const sight = (at: number, primary: number, simple: number, failed = 0): Sight => ({
  at,
  answered: { primary, simple },
  failed,
});

describe('the live share of each rung', () => {
  it('is what the counts have grown by', () => {
    expect(shares([sight(0, 900, 0), sight(10_000, 930, 60, 10)])).toEqual({
      rungs: { primary: 0.3, simple: 0.6 },
      perSecond: 10,
      overMs: 10_000,
    });
  });

  it('is since the start until there are two sights, and nothing without traffic', () => {
    expect(shares([sight(0, 30, 10)])).toEqual({
      rungs: { primary: 0.75, simple: 0.25 },
      perSecond: undefined,
      overMs: undefined,
    });
    expect(shares([sight(0, 5, 5), sight(5_000, 5, 5)]).rungs).toBeUndefined();
    expect(shares([]).rungs).toBeUndefined();
  });

  it('forgets what a replica before a restart has counted, and what is old', () => {
    const sights = remember([sight(0, 900, 0)], sight(1_000, 3, 0), 60_000);
    expect(sights).toHaveLength(1);
    let kept: readonly Sight[] = [];
    for (let at = 0; at <= 120_000; at += 2_000) kept = remember(kept, sight(at, at, 0), 60_000);
    expect(kept).toHaveLength(31);
    expect(shares(kept).overMs).toBe(60_000);
  });
});
