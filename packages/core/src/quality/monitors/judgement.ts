import type { Reference } from '../bins.ts';
import type { DriftFinding } from '../drift-finding.ts';

/** How a monitor stands, in the words of the reference document. */
export type MonitorStatus =
  | 'no_baseline'
  | 'no_data'
  | 'insufficient_data'
  | 'likely_healthy'
  /** At the watch level. */
  | 'potential_issue'
  /** At the alert level. */
  | 'likely_violated';

/** Events that the recent shares of a finding are worth. */
const RECENT = 400;

/**
 * Whether a change is an improvement: nothing of the distribution went the worse way by more than chance (the one-sided Kolmogorov–Smirnov bound at 5 %),
 * and something went the better way. Always false where any change is bad, and for categories, which have no better way.
 */
export function isImprovement(
  finding: DriftFinding,
  reference: Reference,
  worse: 'any' | 'higher' | 'lower',
): boolean {
  if (worse === 'any' || reference.kind === 'categorical') return false;
  const bound = Math.sqrt(-Math.log(0.05) / 2 / Math.min(RECENT, Math.max(1, finding.change.eventsAgo)));
  let before = 0;
  let after = 0;
  // Largest rise and fall of the distribution function: a rise means that values became smaller.
  let smaller = 0;
  let larger = 0;
  for (let slot = 0; slot < reference.valueSlots; slot++) {
    before += finding.before[slot] ?? 0;
    after += finding.after[slot] ?? 0;
    smaller = Math.max(smaller, after - before);
    larger = Math.max(larger, before - after);
  }
  // What lost its value is nowhere in the order, and no improvement.
  if (1 - after > 1 - before + bound) return false;
  const [bad, good] = worse === 'lower' ? [smaller, larger] : [larger, smaller];
  return bad <= bound && good > bound;
}
