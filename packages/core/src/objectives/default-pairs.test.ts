import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BURN_PAIRS, burnRules } from './burn-alert.ts';
import { defaultPairs, nominalWindowMs } from './default-pairs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('pairs for any window', () => {
  it('are the workbook for a month, and keep its factors in shorter windows', () => {
    expect(defaultPairs(30 * DAY, 0.999)).toEqual(BURN_PAIRS);
    expect(defaultPairs(28 * DAY, 0.999)).toEqual(BURN_PAIRS);
    const of = (ms: number): unknown =>
      defaultPairs(ms, 0.99).map(({ longMs, shortMs, budgetShare }) => [
        longMs / 60_000,
        shortMs / 60_000,
        Number((100 * budgetShare).toFixed(1)),
      ]);
    expect(of(7 * DAY)).toEqual([
      [60, 5, 8.6],
      [360, 30, 21.4],
      [1_440, 120, 42.9],
      [4_320, 360, 42.9],
    ]);
    expect(of(DAY)).toEqual([
      [50, 4, 50],
      [120, 10, 50],
      [240, 20, 50],
      [720, 60, 50],
    ]);
    expect(of(HOUR)).toEqual([
      [2, 1, 48],
      [5, 1, 50],
      [10, 1, 50],
      [30, 3, 50],
    ]);
  });

  it('can all fire, and their rules have the factors', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 400 * 24 * 60 }),
        fc.double({ min: 0.01, max: 0.9999, noNaN: true }),
        (minutes, target) => {
          const pairs = defaultPairs(minutes * 60_000, target);
          const rules = burnRules(pairs, minutes * 60_000, target);
          for (const { pair, factor } of rules) {
            expect(factor).toBeGreaterThanOrEqual(1);
            expect(pair.longMs).toBeLessThanOrEqual(minutes * 60_000);
            expect(pair.shortMs).toBeLessThanOrEqual(pair.longMs);
          }
        },
      ),
    );
    expect(defaultPairs(30 * DAY, 0.9).map(({ name }) => name)).toEqual([
      'page-slow',
      'ticket-fast',
      'ticket-slow',
    ]);
    expect(defaultPairs(30 * DAY, undefined)).toHaveLength(4);
    expect(nominalWindowMs({ kind: 'calendar', unit: 'quarter' })).toBe(91 * DAY);
  });
});
