import { normalQuantile } from '../special-functions.ts';
import type { Interval } from './metric.ts';

/** How many standard errors lie on either side. */
export function standardErrors(confidence: number): number {
  return normalQuantile(0.5 + confidence / 2);
}

/**
 * Wilson's interval for a share (Wilson 1927): right near 0 and 1 and for few samples, where ± 1.96 standard errors is not.
 * @param n effective number of samples, above 0
 */
export function wilsonInterval(share: number, n: number, confidence = 0.95): Interval {
  const z = standardErrors(confidence);
  const zz = (z * z) / n;
  const centre = (share + zz / 2) / (1 + zz);
  const half = (z * Math.sqrt((share * (1 - share)) / n + zz / (4 * n))) / (1 + zz);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** The value ± so many standard errors, cut to the range that it can have. */
export function normalInterval(value: number, error: number, range: Interval, confidence = 0.95): Interval {
  const half = standardErrors(confidence) * error;
  return { low: Math.max(range.low, value - half), high: Math.min(range.high, value + half) };
}
