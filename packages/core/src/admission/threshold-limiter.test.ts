import { describe, expect, it } from 'vitest';
import { fixedLimit, type LimitWindow } from './limit-policy.ts';
import { type ThresholdLimitState, thresholdLimit } from './threshold-limiter.ts';

const policy = thresholdLimit({ thresholdMs: 100, initialLimit: 20, maxLimit: 60 });

const window = (p95Ms: number, part: Partial<LimitWindow> = {}): LimitWindow => ({
  durationMs: 1000,
  samples: 100,
  ended: 100,
  throughput: 0.1,
  dropShare: 0,
  levelMs: p95Ms / 2,
  p95Ms,
  meanInflight: 20,
  peakInflight: 20,
  reachedLimit: true,
  jitter: 0.5,
  ...part,
});
const at = (limit: number): ThresholdLimitState => ({ limit, step: 0.05, direction: 0, run: 0 });

describe('thresholdLimit', () => {
  it.each([
    ['over twice the threshold', window(201), 16],
    ['over the threshold', window(101), 19],
    ['in the dead band', window(80), 20],
    ['well under it and in use', window(50), 21],
    ['well under it and not in use', window(50, { reachedLimit: false }), 20],
    ['under it, but dropping', window(50, { dropShare: 0.1 }), 19],
    ['without an answer', window(500, { samples: 0, ended: 0 }), 20],
  ])('moves as told %s', (_name, seen, expected) => {
    const next = policy.change(at(20), seen, 0);
    expect(next.limit).toBeCloseTo(expected, 9);
    expect(next.reason).not.toBe('');
  });

  it('has one floor, and never raises a limit while overloaded', () => {
    let state = at(20);
    for (let i = 0; i < 200; i++) {
      const next = policy.change(state, window(i % 2 === 0 ? 1000 : 110), i);
      expect(next.limit).toBeLessThanOrEqual(state.limit);
      state = next.state;
    }
    expect(state.limit).toBe(1);
  });

  it('rises from the floor within reason, up to its maximum', () => {
    let state = at(1);
    let windows = 0;
    while (state.limit < 20) {
      state = policy.change(state, window(20), 0).state;
      windows += 1;
    }
    expect(windows).toBeLessThan(40);
    for (let i = 0; i < 100; i++) state = policy.change(state, window(20), 0).state;
    expect(state.limit).toBe(60);
  });

  it('converges without oscillating where the dead band is narrower than a step', () => {
    // p95 leaps from calm to overload between 29.5 and 30: no limit is in the band.
    let state = at(20);
    const limits: number[] = [];
    for (let i = 0; i < 200; i++) {
      state = policy.change(state, window(state.limit < 29.5 ? 60 : 110), i * 1000).state;
      limits.push(state.limit);
    }
    const late = limits.slice(100);
    expect(Math.max(...late) - Math.min(...late)).toBeLessThan(1.2);
    expect(Math.abs((late.at(-1) ?? 0) - 29.5)).toBeLessThan(1);
  });
});

describe('fixedLimit', () => {
  it('never moves', () => {
    const fixed = fixedLimit(7);
    expect(fixed.start().limit).toBe(7);
    expect(fixed.change(undefined, window(10_000, { dropShare: 1 }), 0).limit).toBe(7);
  });
});
