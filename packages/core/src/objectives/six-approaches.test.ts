import { describe, expect, it } from 'vitest';
import { BURN_PAIRS, burnRules, detectionTime, resetTime } from './burn-alert.ts';

const MINUTE = 60;
const HOUR = 3_600;
const MONTH = 30 * 24 * HOUR;
const TARGET = 0.999;
const BUDGET = 0.001;

/** One condition: the error ratio over a window is over `factor` budgets, in the short window too if there is one, for a while. */
interface Condition {
  readonly factor: number;
  readonly long: number;
  readonly short?: number;
  readonly forSeconds?: number;
}

const burn = (factor: number, long: number): Condition => ({ factor, long });
const APPROACHES: readonly (readonly Condition[])[] = [
  [burn(1, 10 * MINUTE)],
  [burn(1, 36 * HOUR)],
  [{ ...burn(1, 10 * MINUTE), forSeconds: HOUR }],
  [burn(36, HOUR)],
  [burn(14.4, HOUR), burn(6, 6 * HOUR), burn(1, 72 * HOUR)],
  burnRules(BURN_PAIRS, MONTH * 1_000, TARGET).map(({ pair, factor }) => ({
    factor,
    long: pair.longMs / 1_000,
    short: pair.shortMs / 1_000,
  })),
];

/**
 * Seconds after the beginning of a constant error ratio until an approach fires, and after its end until it is silent
 * again; by the error seconds in each window, second by second.
 */
function play(
  conditions: readonly Condition[],
  ratio: number,
  lasts: number,
  horizon: number,
): { fires: number; silent: number } {
  let fires = Number.POSITIVE_INFINITY;
  let silent = Number.POSITIVE_INFINITY;
  const since = conditions.map(() => -1);
  const errors = (t: number, window: number): number =>
    Math.max(0, Math.min(t, lasts) - Math.max(0, t - window)) * ratio;
  const over = (t: number, window: number, factor: number): boolean =>
    errors(t, window) / window > factor * BUDGET + 1e-12;
  let firing = false;
  for (let t = 0; t <= horizon; t++) {
    const now = conditions.some(({ factor, long, short, forSeconds = 0 }, i) => {
      const holds = over(t, long, factor) && (short === undefined || over(t, short, factor));
      if (!holds) since[i] = -1;
      else if (since[i] === -1) since[i] = t;
      return holds && t - (since[i] ?? t) >= forSeconds;
    });
    if (now && fires === Number.POSITIVE_INFINITY) fires = t;
    if (firing && !now && t > lasts) silent = t - lasts;
    firing = now;
  }
  return { fires, silent };
}

describe('the six approaches of the SRE workbook, chapter 5', () => {
  it('detect a full outage, a tenth, 35 times the budget and 1.5 times the budget as the table says', () => {
    // Rows of docs/objectives.md: seconds, and -1 for never.
    const table = APPROACHES.map((conditions) =>
      [1, 0.1, 0.035, 0.0015].map((ratio) => {
        const { fires } = play(conditions, ratio, 4 * 24 * HOUR, 4 * 24 * HOUR);
        return Number.isFinite(fires) ? fires : -1;
      }),
    );
    expect(table).toEqual([
      [1, 7, 18, 401],
      [130, 1_297, 3_703, 86_401],
      [3_601, 3_607, 3_618, 4_001],
      [130, 1_297, -1, -1],
      [52, 519, 1_482, 172_801],
      [52, 519, 1_482, 172_801],
    ]);
  });

  it('end after a full outage of ten minutes as the table says', () => {
    const silent = APPROACHES.map((conditions) => play(conditions, 1, 600, 74 * HOUR).silent);
    expect(silent).toEqual([600, 129_471, Number.POSITIVE_INFINITY, 3_471, 258_941, 21_579]);
    // The first page alone ends with its own short window.
    const page = APPROACHES[5]?.slice(0, 1) ?? [];
    expect(play(page, 1, 600, 2 * HOUR).silent).toBe(296);
  });

  it('agree with the formulas', () => {
    expect(detectionTime(TARGET, 1, 14.4, HOUR)).toBeCloseTo(51.84, 9);
    expect(detectionTime(TARGET, 0.035, 36, HOUR)).toBe(Number.POSITIVE_INFINITY);
    expect(resetTime(TARGET, 1, 6 * HOUR)).toBeCloseTo(21_578.4, 6);
  });
});
