import { budgetShare } from './budget.ts';
import { BURN_PAIRS, type BurnPair } from './burn-alert.ts';

/** The factors of the workbook's pairs, which are made for 30 days. */
const FACTORS: readonly number[] = [14.4, 6, 3, 1];
/** An alert that comes when more than this of the budget is gone comes late. */
const MOST_SHARE = 0.5;
const MINUTE_MS = 60_000;
const MONTH_MS = 30 * 86_400_000;

/**
 * The workbook's pairs for a window of any length. From 28 days on they are its shares and windows. Shorter windows keep
 * the factors; where a factor's long window would spend more than half of the budget before it tells, it is shortened.
 * Pairs that could never fire for the target, and those whose long window would be under two minutes, are left out.
 * @param target promised share of good events; undefined for an amount, which can burn at any rate
 */
export function defaultPairs(windowMs: number, target: number | undefined): readonly BurnPair[] {
  return BURN_PAIRS.flatMap((pair, i) => {
    const factor = FACTORS[i] ?? 1;
    const most = target === undefined ? Number.POSITIVE_INFINITY : 1 / budgetShare(target);
    if (windowMs >= 28 * 86_400_000) {
      const reached = Math.max(1, (pair.budgetShare * windowMs) / pair.longMs);
      return reached < most ? [pair] : [];
    }
    if (factor >= most) return [];
    const longest = Math.floor((MOST_SHARE * windowMs) / factor / MINUTE_MS) * MINUTE_MS;
    const longMs = Math.min(pair.longMs, longest);
    if (longMs < 2 * MINUTE_MS) return [];
    const shortMs = Math.max(MINUTE_MS, Math.round(longMs / 12 / MINUTE_MS) * MINUTE_MS);
    return [{ ...pair, longMs, shortMs, budgetShare: (factor * longMs) / windowMs }];
  });
}

/** Length that pairs of calendar windows are chosen for; their factors follow the period that is running. */
export function nominalWindowMs(
  window:
    | { readonly kind: 'rolling'; readonly lengthMs: number }
    | { readonly kind: 'calendar'; readonly unit: 'day' | 'week' | 'month' | 'quarter' | 'year' },
): number {
  if (window.kind === 'rolling') return window.lengthMs;
  const days = { day: 1, week: 7, month: 30, quarter: 91, year: 365 } as const;
  return (days[window.unit] * MONTH_MS) / 30;
}
