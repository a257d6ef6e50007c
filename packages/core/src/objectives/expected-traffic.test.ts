import { describe, expect, it } from 'vitest';
import { learnedRate, sameHours } from './expected-traffic.ts';

describe('learned traffic', () => {
  it('is the least of the same hours, from two weeks on', () => {
    expect(learnedRate([100])).toBeUndefined();
    expect(learnedRate([100, undefined, undefined])).toBeUndefined();
    expect(learnedRate([100, 80, 120, undefined])).toBe(80);
    // A holiday among them: silence on the next one is no alert.
    expect(learnedRate([100, 0])).toBe(0);
  });

  it('looks at whole hours of the same weekday', () => {
    const now = Date.UTC(2026, 0, 29, 12, 34);
    expect(sameHours(now, 2)).toEqual([Date.UTC(2026, 0, 22, 12), Date.UTC(2026, 0, 15, 12)]);
  });
});
