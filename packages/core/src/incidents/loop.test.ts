import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concentration, pullTowardServed, selfCausedShare, spreadOf } from './loop.ts';

describe('feedback loops', () => {
  it('concentration is 0 for even, 1 for all on one, and in between otherwise', () => {
    expect(concentration({ a: 1000, b: 1000, c: 1000, d: 1000 })).toBeCloseTo(0, 2);
    expect(concentration({ a: 1000 }, 4)).toBe(1);
    expect(concentration({})).toBe(0);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.nat({ max: 1000 })), (exposure) => {
        const c = concentration(exposure);
        expect(c).toBeGreaterThanOrEqual(0);
        expect(c).toBeLessThanOrEqual(1);
      }),
    );
    expect(spreadOf([1, 1, 1])).toBe(0);
  });

  it('a new version that goes on in the direction of what was served pulls; a world or version that moved does not', () => {
    const base = { a: 500, b: 500 };
    const served = { a: 600, b: 400 };
    // The version goes half as far again.
    expect(pullTowardServed(base, served, { a: 600, b: 400 }, { a: 650, b: 350 })).toBeCloseTo(0.5, 9);
    expect(pullTowardServed(base, served, { a: 600, b: 400 }, { a: 600, b: 400 })).toBe(0);
    expect(pullTowardServed(base, served, { a: 600, b: 400 }, { a: 550, b: 450 })).toBeCloseTo(-0.5, 9);
    // Nothing was served otherwise than at the baseline: there is no direction.
    expect(pullTowardServed(base, { a: 505, b: 495 }, base, { a: 900, b: 100 })).toBeUndefined();
    expect(pullTowardServed(base, {}, base, base)).toBeUndefined();
  });

  it('labels of its own are those that nothing else would have brought', () => {
    expect(selfCausedShare({ own: 90, independent: 10 })).toBe(0.9);
    expect(selfCausedShare({ own: 0, independent: 0 })).toBe(0);
  });
});
