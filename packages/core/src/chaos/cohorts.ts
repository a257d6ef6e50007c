import type { ArmFigures, ArmMetric } from './arm-figures.ts';

/** How two arms are compared. */
export interface CohortOptions {
  /** A difference up to this is accepted: a share of requests, for example 0.01. */
  readonly margin: number;
  /** Chance, over the whole run however often it is looked at, that an interval misses the truth. Default 0.05. */
  readonly alpha?: number;
  /** Requests in each arm before anything is said. Default 400. */
  readonly minRequests?: number;
}

export interface CohortVerdict {
  readonly metric: ArmMetric;
  /**
   * `within`: the experiment is surely no more than `margin` worse; `over`: surely more; `undecided`: goes on;
   * `too_few`: not enough requests to say anything.
   */
  readonly verdict: 'within' | 'over' | 'undecided' | 'too_few';
  /** Whether zero difference can be excluded. */
  readonly differs: boolean;
  /** Share in the experiment minus share in the control. */
  readonly effect: number;
  /** Holds at all times together with probability 1 - alpha. */
  readonly low: number;
  readonly high: number;
  readonly experiment: { readonly requests: number; readonly share: number };
  readonly control: { readonly requests: number; readonly share: number };
  readonly reason: string;
}

const MIN_GROUPS = 8;

/** A share and the variance of its estimate, the requests of one user counted as belonging together. */
function shareOf(arm: ArmFigures, metric: ArmMetric): { share: number; variance: number; groups: number } {
  const events = arm[metric];
  const n = arm.requests;
  const share = n === 0 ? 0 : events / n;
  // Two made-up requests, one of them an event: no count of zero makes a certainty (Agresti and Coull 1998).
  const smooth = (events + 1) / (n + 2);
  const single = (smooth * (1 - smooth)) / Math.max(1, n);
  let squares = 0;
  let groups = 0;
  for (const [i, requests] of arm.groupRequests.entries()) {
    if (requests === 0) continue;
    groups += 1;
    squares += ((arm.groupEvents[metric][i] ?? 0) - share * requests) ** 2;
  }
  // Linearised variance of a ratio of sums over groups (Deng, Knoblich and Lu 2018).
  const clustered = groups < 2 || n === 0 ? 0 : ((groups / (groups - 1)) * squares) / (n * n);
  return { share, variance: Math.max(single, clustered), groups };
}

/**
 * Half the width of an interval for a mean that holds at all times at once: Robbins' normal mixture (1970), in the form of
 * Howard, Ramdas, McAuliffe and Sekhon (2021), with the variance estimated (Waudby-Smith et al. 2021).
 * @param information 1 / variance of the estimate now
 * @param tunedTo information at which the interval shall be narrowest
 */
export function anytimeHalfWidth(information: number, tunedTo: number, alpha: number): number {
  const rho = tunedTo / (2 * Math.log(1 / alpha) + Math.log(1 + 2 * Math.log(1 / alpha)));
  return Math.sqrt((information + rho) * Math.log((information + rho) / (rho * alpha * alpha))) / information;
}

/**
 * Compares the arms of an experiment in one share of requests. May be asked as often as one likes: the chance that the
 * interval ever misses the true difference stays within `alpha`.
 */
export function compareArms(
  metric: ArmMetric,
  experiment: ArmFigures,
  control: ArmFigures,
  options: CohortOptions,
): CohortVerdict {
  const { margin, alpha = 0.05, minRequests = 400 } = options;
  const e = shareOf(experiment, metric);
  const c = shareOf(control, metric);
  const effect = e.share - c.share;
  const base = {
    metric,
    effect,
    experiment: { requests: experiment.requests, share: e.share },
    control: { requests: control.requests, share: c.share },
  };
  const fewest = Math.min(experiment.requests, control.requests);
  const groups = Math.min(e.groups, c.groups);
  if (fewest < minRequests || groups < MIN_GROUPS) {
    const reason =
      fewest < minRequests
        ? `${experiment.requests} requests in the experiment and ${control.requests} in the control; ${minRequests} are needed in each`
        : `requests come from ${groups} groups of users; ${MIN_GROUPS} are needed to tell users from requests`;
    return { ...base, verdict: 'too_few', differs: false, low: -1, high: 1, reason };
  }
  const variance = e.variance + c.variance;
  // Narrowest where the margin can just be told from zero.
  const tunedTo = (3 / Math.max(margin, 0.002)) ** 2;
  const half = anytimeHalfWidth(1 / variance, tunedTo, alpha);
  const low = Math.max(-1, effect - half);
  const high = Math.min(1, effect + half);
  const verdict = low > margin ? 'over' : high < margin ? 'within' : 'undecided';
  const words = (x: number): string => `${(100 * x).toFixed(2)} %`;
  const reason = `${metric}: ${words(e.share)} against ${words(c.share)}, difference ${words(effect)} (${words(low)} to ${words(high)}), accepted up to ${words(margin)}`;
  return { ...base, verdict, differs: low > 0 || high < 0, low, high, reason };
}
