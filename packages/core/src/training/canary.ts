import { EvenkeelError } from '../kernel/errors.ts';

/** What one side of a canary did: counts of an objective, or the sum and the sum of squares of a score per request. */
export type CanarySample =
  | { readonly kind: 'counts'; readonly good: number; readonly total: number }
  | { readonly kind: 'scores'; readonly n: number; readonly sum: number; readonly squares: number };

export interface CanaryFigure {
  /** An objective's name, or "quality". */
  readonly name: string;
  readonly canary: CanarySample;
  /** Production over the same time: what hurts both is not the canary's fault. */
  readonly production: CanarySample;
  /** How much worse it may be, in the figure's own unit (share of good requests, score); over 0. */
  readonly tolerance: number;
}

export interface CanaryOptions {
  /** Chance of condemning a canary that is within its tolerance, over all figures and all looks together (default 0.05). */
  readonly alpha?: number;
  /** Requests on each side before anything is judged (default 100). */
  readonly minimum?: number;
  /** Milliseconds before it may be promoted, however good it looks (default 600 000). */
  readonly soakMs?: number;
  /** Milliseconds after which what has not been shown to be good is rolled back (default 86 400 000). */
  readonly timeoutMs?: number;
}

export interface CanaryInput {
  readonly elapsedMs: number;
  readonly figures: readonly CanaryFigure[];
  /** Why nothing may be promoted now (budget frozen, regression experiment red); empty when it may. */
  readonly blockedBy: readonly string[];
}

export interface CanaryEvidence {
  readonly name: string;
  /** Canary minus production. */
  readonly difference: number | undefined;
  readonly low: number;
  readonly high: number;
  readonly tolerance: number;
  readonly standing: 'worse' | 'not_worse' | 'open';
}

export interface CanaryVerdict {
  readonly decision: 'continue' | 'promote' | 'roll_back';
  readonly reason: string;
  readonly evidence: readonly CanaryEvidence[];
}

interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Of the mean. */
  readonly variance: number;
}

function momentsOf(sample: CanarySample): Moments {
  if (sample.kind === 'counts') {
    // One more of each: a share of 0 or 1 is not certainty (Agresti & Caffo, The American Statistician 54, 2000).
    const p = (sample.good + 1) / (sample.total + 2);
    return {
      n: sample.total,
      mean: sample.good / sample.total,
      variance: (p * (1 - p)) / (sample.total + 2),
    };
  }
  const { n, sum, squares } = sample;
  const mean = sum / n;
  return { n, mean, variance: Math.max(0, squares / n - mean * mean) / Math.max(1, n - 1) };
}

/**
 * Half the width of a confidence sequence for a mean whose estimate has variance `variance` now: it covers at all times
 * at once with probability 1 − alpha, so that one may look as often as one likes. Normal mixture boundary (Robbins 1970;
 * Howard, Ramdas, McAuliffe & Sekhon 2021, eq. 14), tightest when the standard error is `planned`.
 */
export function sequenceHalfWidth(variance: number, planned: number, alpha: number): number {
  if (!(variance > 0)) return 0;
  const information = 1 / variance;
  const lambda = -2 * Math.log(alpha);
  const rho = 1 / (planned * planned) / (lambda + Math.log(lambda) + 1);
  const grown = information + rho;
  return Math.sqrt((grown * Math.log(grown / (rho * alpha * alpha))) / (information * information));
}

function weigh(figure: CanaryFigure, alpha: number, minimum: number): CanaryEvidence {
  const canary = momentsOf(figure.canary);
  const production = momentsOf(figure.production);
  const { name, tolerance } = figure;
  if (!(tolerance > 0))
    throw new EvenkeelError('bad_request', `${name}: a tolerance is over 0, not ${tolerance}`);
  if (canary.n < minimum || production.n < minimum)
    return { name, difference: undefined, low: -Infinity, high: Infinity, tolerance, standing: 'open' };
  const difference = canary.mean - production.mean;
  const variance = canary.variance + production.variance;
  // One sequence is tight when the tolerance can be told from nothing, the other early, where a catastrophe shows.
  const half = Math.min(
    sequenceHalfWidth(variance, tolerance / 3, alpha / 2),
    sequenceHalfWidth(variance, tolerance * 3, alpha / 2),
  );
  const low = difference - half;
  const high = difference + half;
  const standing = high < -tolerance ? 'worse' : low > -tolerance ? 'not_worse' : 'open';
  return { name, difference, low, high, tolerance, standing };
}

const said = (one: CanaryEvidence): string =>
  one.difference === undefined
    ? `${one.name}: too few requests`
    : `${one.name}: ${one.difference.toFixed(4)} against production (${one.low.toFixed(4)} to ${one.high.toFixed(4)}), may be ${(-one.tolerance).toFixed(4)}`;

/**
 * Judges a canary by the service's own objectives and quality estimate, at any time and as often as wanted: one figure
 * shown to be worse than its tolerance rolls it back, all shown to be within it promote it after the soak.
 * Not deciding is not passing: when the time is up, what is still open is rolled back.
 */
export function judgeCanary(input: CanaryInput, options: CanaryOptions = {}): CanaryVerdict {
  const { alpha = 0.05, minimum = 100, soakMs = 600_000, timeoutMs = 86_400_000 } = options;
  const evidence = input.figures.map((figure) => weigh(figure, alpha / input.figures.length, minimum));
  const verdict = (decision: CanaryVerdict['decision'], reason: string): CanaryVerdict => ({
    decision,
    reason,
    evidence,
  });
  const worse = evidence.find((one) => one.standing === 'worse');
  if (worse !== undefined) return verdict('roll_back', said(worse));
  const open = evidence.find((one) => one.standing === 'open');
  if (open === undefined && evidence.length > 0) {
    if (input.blockedBy.length > 0)
      return verdict('continue', `good, but blocked by ${input.blockedBy.join(', ')}`);
    if (input.elapsedMs >= soakMs) return verdict('promote', evidence.map(said).join('; '));
    return verdict(
      'continue',
      `good so far; ${Math.ceil((soakMs - input.elapsedMs) / 1_000)} s of soak are left`,
    );
  }
  const why = open === undefined ? 'no figures to judge it by' : said(open);
  if (input.elapsedMs >= timeoutMs) return verdict('roll_back', `not shown to be good in time; ${why}`);
  return verdict('continue', why);
}
