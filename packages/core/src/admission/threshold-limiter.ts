import type { LimitDecision, LimitPolicy, LimitWindow } from './limit-policy.ts';

/** A limit that follows p95 latency against a stated threshold. */
export interface ThresholdLimitOptions {
  /** p95 latency that must not be passed, ms. */
  readonly thresholdMs: number;
  /** Where it begins. Default 20. */
  readonly initialLimit?: number;
  /** The only floor, at least 1. Default 1. */
  readonly minLimit?: number;
  /** Default 1.5 times the initial limit. */
  readonly maxLimit?: number;
  /** A window is at least this long, ms. Default 1000. */
  readonly windowMs?: number;
  /** A window has at least this many samples: a p95 of fewer is noise. Default 100. */
  readonly windowSamples?: number;
}

/** What the limiter knows. Plain data. */
export interface ThresholdLimitState {
  readonly limit: number;
  /** Share of the limit by which it moves next; halves when the direction turns. */
  readonly step: number;
  readonly direction: -1 | 0 | 1;
  /** Windows in a row that moved the same way. */
  readonly run: number;
}

const FULL_STEP = 0.05;
const LEAST_STEP = 0.005;
const SEVERE_FACTOR = 0.8;
/** Between this share of the threshold and the threshold itself nothing moves. */
const CALM = 0.75;

function change(
  before: ThresholdLimitState,
  window: LimitWindow,
  thresholdMs: number,
  minLimit: number,
  maxLimit: number,
): LimitDecision<ThresholdLimitState> {
  const p95 = `p95 ${window.p95Ms.toFixed(0)} ms against ${thresholdMs} ms`;
  const overloaded = window.p95Ms > thresholdMs || window.dropShare > 0.05;
  const keep = (reason: string): LimitDecision<ThresholdLimitState> => ({
    state: before,
    limit: before.limit,
    reason,
    probe: undefined,
  });
  if (window.samples === 0 && window.dropShare === 0) return keep('hold: no answers to judge by');
  let direction: 1 | -1 = -1;
  if (!overloaded) {
    if (window.p95Ms >= CALM * thresholdMs) return keep(`hold: ${p95}`);
    if (!window.reachedLimit)
      return keep(`hold: ${window.meanInflight.toFixed(1)} of ${before.limit.toFixed(1)} in use`);
    direction = 1;
  }
  const turned = before.direction !== 0 && before.direction !== direction;
  const run = turned ? 1 : before.run + 1;
  // A turn means the right limit was passed: smaller steps from here. A long way in one direction: it has moved off.
  const step = turned
    ? Math.max(LEAST_STEP, before.step / 2)
    : run > 3
      ? Math.min(FULL_STEP, before.step * 2)
      : before.step;
  const severe = overloaded && (window.p95Ms > 2 * thresholdMs || window.dropShare > 0.2);
  // Five per cent of a small limit is no permit at all, and would take a minute to become one.
  const move = severe ? (1 - SEVERE_FACTOR) * before.limit : step * Math.max(before.limit, 10);
  const limit =
    direction > 0 ? Math.min(maxLimit, before.limit + move) : Math.max(minLimit, before.limit - move);
  const drops = window.dropShare > 0.05 ? `, ${(100 * window.dropShare).toFixed(0)} % dropped` : '';
  return {
    state: { limit, step, direction, run },
    limit,
    reason: `${direction > 0 ? 'raise' : 'lower'}: ${p95}${drops}`,
    probe: undefined,
  };
}

/**
 * The plain form of SPEC part 14: over the threshold the limit goes down by 5 %, over twice the threshold by 20 %, well
 * under it and in use it goes up by 5 %; once a window, with a dead band, and with steps that halve whenever the direction
 * turns, so it settles. It takes the threshold at its word: when the service itself gets slower than that, it goes to
 * its floor. Use {@link adaptiveLimit} where that is not wanted.
 */
export function thresholdLimit(options: ThresholdLimitOptions): LimitPolicy<ThresholdLimitState> {
  const minLimit = Math.max(1, options.minLimit ?? 1);
  const initial = Math.max(minLimit, options.initialLimit ?? 20);
  const maxLimit = Math.max(minLimit, options.maxLimit ?? 1.5 * initial);
  return {
    start: () => ({
      state: { limit: initial, step: FULL_STEP, direction: 0, run: 0 },
      limit: initial,
      reason: `start at ${initial}`,
      probe: undefined,
    }),
    change: (state, window) => change(state, window, options.thresholdMs, minLimit, maxLimit),
    baselineMs: () => 0,
    windowMs: options.windowMs ?? 1000,
    windowSamples: options.windowSamples ?? 100,
  };
}
