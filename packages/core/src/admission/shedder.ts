import type { Priority } from '../kernel/level.ts';

/** Pressure at and above which a whole class is refused. */
export interface ShedThresholds {
  readonly 1: number;
  readonly 2: number;
  readonly 3: number;
}

/** SPEC part 13: class 3 is gone at 70 %, class 2 at 85 %, class 1 at 95 % of the target wait. */
export const SHED_THRESHOLDS: ShedThresholds = { 1: 0.95, 2: 0.85, 3: 0.7 };

/** Why a request was or was not cut. */
export interface ShedVerdict {
  readonly shed: boolean;
  /** Share of the class that is cut at this pressure, in [0, 1]. */
  readonly cut: number;
  readonly reason: string;
}

/**
 * The share of a class to cut: 0 up to the threshold of the class below it, then in proportion up to 1 at its own
 * threshold (the lowest class has the gap between the two thresholds above it). Class 0 is never cut by pressure.
 * @param pressure smoothed queue wait over target wait, 0 or more
 */
export function shedShare(
  pressure: number,
  priority: Priority,
  thresholds: ShedThresholds = SHED_THRESHOLDS,
): number {
  if (priority === 0) return 0;
  const end = thresholds[priority];
  const start =
    priority === 3 ? end - (thresholds[2] - thresholds[3]) : priority === 2 ? thresholds[3] : thresholds[2];
  if (pressure >= end) return 1;
  return pressure <= start ? 0 : (pressure - start) / (end - start);
}

/**
 * Whether a request that would have to wait is cut. Cohorts make the cut fall on the same users as long as it lasts, so
 * nobody's session is split (Zhou et al., "Overload Control for Scaling WeChat Microservices", SoCC 2018, part users by
 * an hourly hash for the same end). Whoever calls must ask only when there is no free capacity: that is what makes it work-conserving.
 * @param cohort stable place of the user in [0, 1)
 * @param tenantFactor how far the tenant is over its share: 0 spares it below the threshold, 1 is neutral, more cuts it more
 */
export function shed(
  pressure: number,
  priority: Priority,
  cohort: number,
  tenantFactor = 1,
  thresholds: ShedThresholds = SHED_THRESHOLDS,
): ShedVerdict {
  const share = shedShare(pressure, priority, thresholds);
  const cut = share >= 1 ? 1 : Math.min(1, share * tenantFactor);
  return { shed: cohort < cut, cut, reason: shedReason(pressure, priority, cut) };
}

/** The words of a verdict. */
export function shedReason(pressure: number, priority: Priority, cut: number): string {
  const percent = (100 * pressure).toFixed(0);
  if (priority === 0) return `class 0 is not cut by pressure (${percent} %)`;
  if (cut >= 1) return `pressure ${percent} %: class ${priority} is refused`;
  return `pressure ${percent} %: ${(100 * cut).toFixed(0)} % of class ${priority} is refused`;
}
