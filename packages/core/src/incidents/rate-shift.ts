/** Bad events among all, of one stretch of time. */
export interface Share {
  readonly bad: number;
  readonly total: number;
}

/**
 * How surprising `k` of `n` is when the rate is `p`, in standard deviations: the signed root of the likelihood ratio of a
 * binomial, right for small counts too (G. A. Young and R. L. Smith, "Essentials of statistical inference", 8.7).
 */
export function surprise(k: number, n: number, p: number): number {
  if (n <= 0) return 0;
  const rate = k / n;
  const part = (x: number, q: number): number => (x > 0 ? x * Math.log(x / (n * q)) : 0);
  const twice = 2 * (part(k, p) + part(n - k, 1 - p));
  return (rate >= p ? 1 : -1) * Math.sqrt(Math.max(0, twice));
}

export interface Shift {
  /** 0.5 at the least excess that matters, 1 at an excess of half of all events. */
  readonly strength: number;
  readonly recent: number;
  readonly usual: number;
  readonly deviations: number;
}

/** Standard errors that the usual rate itself may be off by: every young service has one such a day. */
const USUAL_ERRORS = 3;
/** Deviations from the usual rate below which a shift may be one of many looks' chance. */
export const LEAST_DEVIATIONS = 5;

/**
 * Whether a rate is clearly over what is usual: surprising, by at least `least` in absolute terms, and at least twice as
 * much. The usual rate is taken at the upper end of what its own sample allows, so that a young service alarms late and not falsely.
 * @param least smallest excess that matters, as a share in (0, 0.5)
 * @param deviations least surprise, default {@link LEAST_DEVIATIONS}; less where something else has said already that all is not well
 */
export function rateShift(
  recent: Share,
  usual: Share,
  least: number,
  deviations: number = LEAST_DEVIATIONS,
): Shift | undefined {
  if (recent.total <= 0) return undefined;
  const rate = recent.bad / recent.total;
  const centre = (usual.bad + 1) / (usual.total + 2);
  const upper = Math.min(
    0.999,
    centre + USUAL_ERRORS * Math.sqrt((centre * (1 - centre)) / (usual.total + 2)),
  );
  const excess = rate - upper;
  if (!(excess >= least) || rate < 2 * upper) return undefined;
  const surprising = surprise(recent.bad, recent.total, upper);
  if (surprising < deviations) return undefined;
  return {
    strength: Math.min(1, 0.5 + (0.5 * (excess - least)) / (0.5 - least)),
    recent: rate,
    usual: usual.total > 0 ? usual.bad / usual.total : 0,
    deviations: surprising,
  };
}

/** Usual events below which a drop from them says nothing. */
const LEAST_USUAL = 200;

/**
 * Whether a rate of good events is clearly under what is usual: surprising, and by at least a share `least` of it. The usual rate is
 * taken at the lower end of what its own sample allows.
 */
export function rateDrop(
  recent: { readonly good: number; readonly total: number },
  usual: { readonly good: number; readonly total: number },
  least: number,
): Shift | undefined {
  if (recent.total <= 0 || usual.total < LEAST_USUAL) return undefined;
  const rate = recent.good / recent.total;
  const centre = (usual.good + 1) / (usual.total + 2);
  const lower = Math.max(
    0.001,
    centre - USUAL_ERRORS * Math.sqrt((centre * (1 - centre)) / (usual.total + 2)),
  );
  const lost = (lower - rate) / lower;
  if (!(lost >= least)) return undefined;
  const deviations = -surprise(recent.good, recent.total, lower);
  if (deviations < LEAST_DEVIATIONS) return undefined;
  return {
    strength: Math.min(1, 0.5 + (0.5 * (lost - least)) / (1 - least)),
    recent: rate,
    usual: usual.good / usual.total,
    deviations,
  };
}

/**
 * How surprising `k` events are where `expected` are usual, in standard deviations: the signed root of the likelihood ratio of a
 * Poisson count. Half an event is granted to a source that has none.
 */
export function countSurprise(k: number, expected: number): number {
  const e = expected + 0.5;
  const twice = 2 * ((k > 0 ? k * Math.log(k / e) : 0) - (k - e));
  return (k >= e ? 1 : -1) * Math.sqrt(Math.max(0, twice));
}
