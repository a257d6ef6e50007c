import { EvenkeelError } from '../kernel/errors.ts';
import type { Counts } from './counts.ts';

/** A pair of windows that must both burn too fast (SRE workbook, chapter 5, "multiwindow, multi-burn-rate"). */
export interface BurnPair {
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  /** Share of the whole budget that `longMs` may spend at most, in (0, 1). */
  readonly budgetShare: number;
  readonly longMs: number;
  /** A twelfth of the long window by custom: it makes the alert end soon after the trouble has. */
  readonly shortMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The workbook's pairs for 30 days: factors 14.4, 6, 3 and 1. */
export const BURN_PAIRS: readonly BurnPair[] = [
  { name: 'page-fast', severity: 'page', budgetShare: 0.02, longMs: HOUR, shortMs: 5 * MINUTE },
  { name: 'page-slow', severity: 'page', budgetShare: 0.05, longMs: 6 * HOUR, shortMs: 30 * MINUTE },
  { name: 'ticket-fast', severity: 'ticket', budgetShare: 0.1, longMs: 24 * HOUR, shortMs: 2 * HOUR },
  { name: 'ticket-slow', severity: 'ticket', budgetShare: 0.1, longMs: 72 * HOUR, shortMs: 6 * HOUR },
];

/** Burn rate over the long window that spends `share` of a budget of `windowMs`. */
export function burnFactor(share: number, windowMs: number, longMs: number): number {
  return (share * windowMs) / longMs;
}

/** A pair made ready for one objective. */
export interface BurnRule {
  readonly pair: BurnPair;
  /** Fires when both windows burn faster than this; at least 1, so that keeping the promise never alerts. */
  readonly factor: number;
  /** Bad events in the long window below which it stays silent: one failure at night is not an outage. */
  readonly minimumBad: number;
}

/**
 * The rules of an objective.
 * @param windowMs length of the objective's window
 * @param target promised share of good events
 * @param minimumBad default 2
 * @throws EvenkeelError bad_request naming each pair that could never fire: even an outage burns at most 1/(1−target)
 */
export function burnRules(
  pairs: readonly BurnPair[],
  windowMs: number,
  target: number,
  minimumBad = 2,
): readonly BurnRule[] {
  const unreachable: string[] = [];
  const rules = pairs.map((pair) => {
    const factor = Math.max(1, burnFactor(pair.budgetShare, windowMs, pair.longMs));
    if (!(factor * (1 - target) < 1)) {
      unreachable.push(
        `${pair.name} needs a burn rate over ${factor.toFixed(2)}, but the most is ${(1 / (1 - target)).toFixed(2)}`,
      );
    }
    return { pair, factor, minimumBad };
  });
  if (unreachable.length > 0)
    throw new EvenkeelError('bad_request', `alerts that can never fire: ${unreachable.join('; ')}`);
  return rules;
}

/** Whether one rule fires now, and the figures behind it. */
export interface BurnVerdict {
  readonly firing: boolean;
  readonly longBurn: number | undefined;
  readonly shortBurn: number | undefined;
  readonly reason: string;
}

/**
 * Lower end of the 95 % Wilson interval of a ratio: with few events a high ratio may be chance.
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 */
export function wilsonLower(bad: number, total: number, z = 1.959963984540054): number {
  if (total <= 0) return 0;
  const p = bad / total;
  const z2 = (z * z) / total;
  const centre = p + z2 / 2;
  const spread = z * Math.sqrt((p * (1 - p) + z2 / 4) / total);
  return Math.max(0, (centre - spread) / (1 + z2));
}

/**
 * Judges one rule. It fires when both windows burn strictly faster than the factor, there are enough bad events, and
 * the interval on the long window's ratio lies over the threshold as well.
 */
export function judgeBurn(rule: BurnRule, long: Counts, short: Counts, target: number): BurnVerdict {
  const budget = 1 - target;
  const rate = (counts: Counts): number | undefined =>
    counts.total > 0 ? (counts.total - counts.good) / counts.total / budget : undefined;
  const longBurn = rate(long);
  const shortBurn = rate(short);
  const figures = { longBurn, shortBurn };
  if (longBurn === undefined || shortBurn === undefined)
    return { firing: false, ...figures, reason: 'no events' };
  if (!(longBurn > rule.factor && shortBurn > rule.factor)) {
    return {
      firing: false,
      ...figures,
      reason: `burns ${longBurn.toFixed(2)} and ${shortBurn.toFixed(2)}, not over ${rule.factor.toFixed(2)} in both windows`,
    };
  }
  const bad = long.total - long.good;
  if (bad < rule.minimumBad) {
    return { firing: false, ...figures, reason: `only ${bad} bad: at least ${rule.minimumBad} are needed` };
  }
  const lower = wilsonLower(bad, long.total);
  if (!(lower > rule.factor * budget)) {
    return {
      firing: false,
      ...figures,
      reason: `${bad} bad of ${long.total} may be chance: ${(100 * lower).toFixed(3)} % at the least`,
    };
  }
  return {
    firing: true,
    ...figures,
    reason: `burns ${longBurn.toFixed(1)} times too fast over the long and ${shortBurn.toFixed(1)} over the short window`,
  };
}

/** Milliseconds of a constant error ratio after a clean past until a window of `longMs` burns over `factor`; Infinity: never. */
export function detectionTime(target: number, errorRatio: number, factor: number, longMs: number): number {
  const needed = factor * (1 - target);
  return errorRatio > needed ? (needed / errorRatio) * longMs : Number.POSITIVE_INFINITY;
}

/** Milliseconds after a full outage of at least `factor × budget × shortMs` until its short window no longer burns. */
export function resetTime(target: number, factor: number, shortMs: number): number {
  return shortMs * (1 - factor * (1 - target));
}
