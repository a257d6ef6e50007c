import { describe, expect, it } from 'vitest';
import { reportGaps } from './gaps.ts';

describe('gaps in what replicas report', () => {
  it('are none while somebody reports, whoever it is', () => {
    const gaps = reportGaps();
    expect(gaps.observe({ service: 'a', from: 0, to: 1_000 })).toBeUndefined();
    expect(gaps.observe({ service: 'a', from: 1_000, to: 2_000 })).toBeUndefined();
    expect(gaps.observe({ service: 'a', from: 1_500, to: 2_500 })).toBeUndefined();
    expect(gaps.of('a')).toEqual([]);
  });

  it('are the time from the last word of a killed replica to the first of the next', () => {
    const gaps = reportGaps();
    gaps.observe({ service: 'a', from: 1_000, to: 2_000 });
    expect(gaps.observe({ service: 'a', from: 9_000, to: 10_000 })).toEqual({ start: 2_000, end: 9_000 });
    expect(gaps.within('a', { start: 0, end: 20_000 })).toBe(7_000);
    expect(gaps.within('a', { start: 5_000, end: 8_000 })).toBe(3_000);
    expect(gaps.within('b', { start: 0, end: 20_000 })).toBe(0);
  });

  it('are not made by a flush that comes late', () => {
    const gaps = reportGaps();
    gaps.observe({ service: 'a', from: 1_000, to: 9_000 });
    expect(gaps.observe({ service: 'a', from: 2_000, to: 3_000 })).toBeUndefined();
    expect(gaps.coveredUntil('a')).toBe(9_000);
  });

  it('go on after a restart of the control plane from what was kept', () => {
    const gaps = reportGaps();
    gaps.restore('a', 5_000, [{ start: 1_000, end: 2_000 }]);
    gaps.observe({ service: 'a', from: 9_000, to: 10_000 });
    expect(gaps.of('a')).toEqual([
      { start: 1_000, end: 2_000 },
      { start: 5_000, end: 9_000 },
    ]);
  });
});
