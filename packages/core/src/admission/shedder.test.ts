import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIORITIES } from '../kernel/level.ts';
import { createPressure } from './pressure.ts';
import { shed, shedShare } from './shedder.ts';

describe('shedShare', () => {
  it.each([
    [3, 0.55, 0],
    [3, 0.625, 0.5],
    [3, 0.7, 1],
    [2, 0.7, 0],
    [2, 0.775, 0.5],
    [2, 0.85, 1],
    [1, 0.85, 0],
    [1, 0.9, 0.5],
    [1, 0.95, 1],
    [0, 100, 0],
  ] as const)('cuts class %i at pressure %f by %f', (priority, pressure, cut) => {
    expect(shedShare(pressure, priority)).toBeCloseTo(cut, 9);
  });

  it('never cuts a class before the lower one is gone, and never less at more pressure', () => {
    const pressures = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(pressures, pressures, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        for (const priority of PRIORITIES)
          expect(shedShare(low, priority)).toBeLessThanOrEqual(shedShare(high, priority));
        if (shedShare(a, 2) > 0) expect(shedShare(a, 3)).toBe(1);
        if (shedShare(a, 1) > 0) expect(shedShare(a, 2)).toBe(1);
      }),
    );
  });
});

describe('shed', () => {
  it('cuts the same users as long as pressure does not fall', () => {
    const gone = (pressure: number): number[] =>
      [0, 0.1, 0.3, 0.49, 0.51, 0.8, 0.99].filter((cohort) => shed(pressure, 2, cohort).shed);
    expect(gone(0.7)).toEqual([]);
    expect(gone(0.775)).toEqual([0, 0.1, 0.3, 0.49]);
    expect(gone(0.85)).toHaveLength(7);
  });

  it('spares a tenant within its share only below the threshold', () => {
    expect(shed(0.84, 2, 0, 0).shed).toBe(false);
    expect(shed(0.85, 2, 0.999, 0).shed).toBe(true);
    expect(shed(0.72, 2, 0.5, 10).shed).toBe(true);
  });

  it('says why', () => {
    expect(shed(0.775, 2, 0).reason).toBe('pressure 78 %: 50 % of class 2 is refused');
    expect(shed(0.9, 3, 0).reason).toBe('pressure 90 %: class 3 is refused');
    expect(shed(9, 0, 0)).toMatchObject({ shed: false, reason: 'class 0 is not cut by pressure (900 %)' });
  });
});

describe('createPressure', () => {
  it('follows the wait exponentially, no matter in how many steps', () => {
    const once = createPressure(1000, 0);
    const often = createPressure(1000, 0);
    once.update(10, 20, 500);
    for (let t = 10; t <= 500; t += 10) often.update(10, 20, t);
    expect(once.value()).toBeCloseTo(0.5 * (1 - Math.exp(-0.5)), 9);
    expect(often.value()).toBeCloseTo(once.value(), 9);
  });

  it('counts no moment as more than twice the target, and comes to rest', () => {
    const pressure = createPressure(1000, 0);
    pressure.update(1e9, 20, 10_000);
    expect(pressure.value()).toBeCloseTo(2, 3);
    pressure.update(0, 20, 30_000);
    expect(pressure.value()).toBe(0);
    pressure.update(5, 0, 31_000);
    expect(Number.isFinite(pressure.value())).toBe(true);
  });
});
