import { studentTail } from '../quality/special-functions.ts';
import { percent } from './stamp.ts';

/** Events of one stretch of equal length. Bad is what the mitigation is to make less of. */
export interface Stretch {
  /** Wall milliseconds of its beginning. */
  readonly at: number;
  readonly bad: number;
  readonly total: number;
}

export interface VerificationOptions {
  /** How long after the mitigation the judgement is final, in milliseconds (default 10 min). */
  readonly windowMs: number;
  /** What comes in the first moments is left out: requests in flight, caches (default 30 s). */
  readonly settleMs: number;
  /** Share of the trouble that must be gone (default 0.3). */
  readonly leastEffect: number;
  /** Chance at most of keeping one that does nothing, in (0, 0.5) (default 0.01). */
  readonly falseKeep: number;
}

export const VERIFICATION_DEFAULTS: VerificationOptions = {
  windowMs: 600_000,
  settleMs: 30_000,
  leastEffect: 0.3,
  falseKeep: 0.01,
};

export interface VerificationInput {
  /** Stretches of the trouble before the mitigation, in order of time. */
  readonly before: readonly Stretch[];
  /** From the moment that it took effect. */
  readonly after: readonly Stretch[];
  /** Share of bad events when all is well. */
  readonly usual: number;
  /** Wall milliseconds of the mitigation. */
  readonly at: number;
}

export type Verification =
  | { readonly verdict: 'wait'; readonly reason: string }
  | {
      readonly verdict: 'keep' | 'revert';
      /** Share of the trouble that is gone; negative when it grew. */
      readonly effect: number;
      readonly observed: number;
      /** What would have happened without it. */
      readonly expected: number;
      /** Chance of such an improvement if the mitigation did nothing. */
      readonly chance: number;
      readonly reason: string;
    };

/** Fewer stretches with traffic than this, on either side, say nothing. */
const LEAST_STRETCHES = 4;
/** A downward trend before the mitigation counts from this many standard errors: a trend missed is credit undeserved. */
const TREND = 0.6;
/** The uncertainty of a trend is counted twice, in its line and in the noise: the chance may be larger by this. */
const FALLING_KEEP = 5;
/** Stretches after the mitigation that a trend is extended over. */
const NEAR = 6;
/** Chance under which growing trouble is not watched to the end. */
const WORSE = 0.001;

/**
 * Judges a mitigation against what would have happened without it: the level of the trouble before, or its trend where it was
 * already going down by itself (interrupted time series; Bernal, Cummins, Gasparrini, Int. J. Epidemiology 46, 2017). The noise is
 * measured between stretches, with its correlation in time, not assumed to be that of independent requests.
 */
export function judgeMitigation(
  input: VerificationInput,
  now: number,
  options: VerificationOptions = VERIFICATION_DEFAULTS,
): Verification {
  const { at, usual } = input;
  const before = input.before.filter(({ total }) => total > 0);
  const after = input.after.filter(({ at: from, total }) => total > 0 && from >= at + options.settleMs);
  const over = now >= at + options.windowMs;
  if (before.length < LEAST_STRETCHES || after.length < LEAST_STRETCHES) {
    if (!over)
      return { verdict: 'wait', reason: `${after.length} stretches since, ${LEAST_STRETCHES} are needed` };
    return {
      verdict: 'revert',
      effect: 0,
      observed: rate(after),
      expected: rate(before),
      chance: 1,
      reason: 'there was too little traffic to see whether it helps: what is not known to help does not stay',
    };
  }

  const y = before.map(({ bad, total }) => bad / total);
  const line = trendOf(before, y);
  const falling = line.slope < 0 && line.slope < -TREND * line.slopeError;
  // A trend is only known near where it was measured: there the mitigation must show as a step.
  const judged = falling ? after.slice(0, NEAR) : after;
  const z = judged.map(({ bad, total }) => bad / total);
  const times = judged.map(({ at: from }) => from);
  const middle = mean(times);
  const expected = Math.max(usual, falling ? line.at(middle) : mean(y));
  const observed = mean(z);
  const spreadBefore = falling ? line.residual : variance(y);
  const binomial = (stretches: readonly Stretch[], p: number): number =>
    mean(stretches.map(({ total }) => (Math.max(p, 0.5 / Math.max(1, total)) * (1 - p)) / total));
  const u =
    (Math.max(spreadBefore, binomial(before, expected)) * inflation(y, falling ? line : undefined, before)) /
      before.length +
    (falling ? (line.slopeError * (middle - line.centre)) ** 2 : 0);
  const v =
    (Math.max(variance(z), binomial(judged, observed)) * inflation(z, undefined, judged)) / judged.length;
  const error = Math.sqrt(u + v);
  const degrees = (u + v) ** 2 / (u ** 2 / (before.length - 1) + v ** 2 / (judged.length - 1));
  const t = (expected - observed) / error;
  const twoSided = studentTail(t, degrees);
  const chance = t >= 0 ? twoSided / 2 : 1 - twoSided / 2;
  const trouble = expected - usual;
  const effect = trouble > 0 ? (expected - observed) / trouble : 0;
  const figures = { effect, observed, expected, chance };
  const said = `${percent(observed)} bad since, ${percent(expected)} expected without it`;

  if (!over) {
    if (chance > 1 - WORSE) return { verdict: 'revert', ...figures, reason: `it made things worse: ${said}` };
    return { verdict: 'wait', reason: said };
  }
  if (trouble <= 2 * Math.sqrt(u))
    return { verdict: 'revert', ...figures, reason: `the trouble was ending by itself: ${said}` };
  if (chance > (falling ? FALLING_KEEP : 1) * options.falseKeep)
    return { verdict: 'revert', ...figures, reason: `no better than chance: ${said}` };
  if (effect < options.leastEffect)
    return {
      verdict: 'revert',
      ...figures,
      reason: `it helps too little, ${percent(effect)} of the trouble: ${said}`,
    };
  return { verdict: 'keep', ...figures, reason: `it took away ${percent(effect)} of the trouble: ${said}` };
}

function rate(stretches: readonly Stretch[]): number {
  const total = stretches.reduce((sum, stretch) => sum + stretch.total, 0);
  return total > 0 ? stretches.reduce((sum, stretch) => sum + stretch.bad, 0) / total : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

interface Trend {
  readonly slope: number;
  readonly slopeError: number;
  readonly centre: number;
  /** Variance around the line. */
  readonly residual: number;
  at(time: number): number;
}

function trendOf(stretches: readonly Stretch[], y: readonly number[]): Trend {
  const x = stretches.map(({ at }) => at);
  const centre = mean(x);
  const level = mean(y);
  let sxx = 0;
  let sxy = 0;
  x.forEach((at, i) => {
    sxx += (at - centre) ** 2;
    sxy += (at - centre) * ((y[i] ?? 0) - level);
  });
  const slope = sxx > 0 ? sxy / sxx : 0;
  const line = (time: number): number => level + slope * (time - centre);
  const squares = x.reduce((sum, at, i) => sum + ((y[i] ?? 0) - line(at)) ** 2, 0);
  const residual = squares / Math.max(1, x.length - 2);
  return { slope, slopeError: sxx > 0 ? Math.sqrt(residual / sxx) : Infinity, centre, residual, at: line };
}

/** How much more the mean of correlated stretches varies than that of independent ones: (1 + r) / (1 − r), r of lag one. */
function inflation(
  values: readonly number[],
  trend: Trend | undefined,
  stretches: readonly Stretch[],
): number {
  const centre = mean(values);
  const off = values.map((value, i) => value - (trend?.at(stretches[i]?.at ?? 0) ?? centre));
  let cross = 0;
  let squares = 0;
  off.forEach((value, i) => {
    squares += value * value;
    if (i > 0) cross += value * (off[i - 1] ?? 0);
  });
  // The estimate from n values is low by about (1 + 4 r) / n (Marriott and Pope 1954).
  const r = squares > 0 ? cross / squares + 1 / values.length : 0;
  const bounded = Math.min(0.8, Math.max(0, r));
  return (1 + bounded) / (1 - bounded);
}
