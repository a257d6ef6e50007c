import { LEVELS } from '../kernel/level.ts';
import { wilsonLower } from '../objectives/burn-alert.ts';
import type { IncidentType, Severity } from './incident-type.ts';
import type { Signal } from './signal.ts';
import type { SignalSnapshot } from './snapshot.ts';
import { percent, spell } from './stamp.ts';
import { peopleIn } from './traffic.ts';

/** How much of the service is hit. Shares are at the lower end of their 95 % interval. */
export interface Reach {
  /** Share of requests that got no answer, in [0, 1]. */
  readonly failed: number;
  /** Share of requests that got less than full service. */
  readonly degraded: number;
  /** About how many people, and their share of all; 0 of 0 without traffic. */
  readonly people: number;
  readonly peopleShare: number;
}

/** A deploy restarts things, and that stutters; what is still there after this time is no stutter. Milliseconds. */
const DEPLOY_SETTLES_MS = 180_000;

/**
 * From recent traffic, and from where requests enter now: that is known before the traffic shows it. Right after a deploy only what
 * traffic shows counts.
 * @param now wall milliseconds; without it deploys are not looked at
 */
export function reachOf(snapshot: SignalSnapshot, now?: number): Reach {
  const { recent } = snapshot.traffic;
  // The lower end of what the counts allow: two failures in a quiet night are no outage.
  const share = (levels: readonly string[]): number =>
    wilsonLower(
      levels.reduce((sum, level) => sum + (recent.byLevel[level] ?? 0), 0),
      recent.total,
    );
  const { level, directives } = snapshot.service;
  // What somebody ordered is no damage.
  const pinned = directives.some(({ order }) => order.kind === 'pin');
  const deployed = snapshot.changes.some(
    ({ kind, at }) => now !== undefined && kind === 'deploy' && at <= now && now - at < DEPLOY_SETTLES_MS,
  );
  const entersBelow = level !== 'full_service' && !pinned && !deployed;
  const failed = share(['failed']);
  const degraded = share([...LEVELS.slice(1), 'failed']);
  const all = peopleIn(recent.users.all);
  const affected = peopleIn(recent.users.affected);
  return {
    failed: level === 'failed' && !deployed ? Math.max(failed, 0.5) : failed,
    degraded: entersBelow ? Math.max(degraded, 0.9) : degraded,
    people: Math.round(affected),
    peopleShare: all > 0 ? Math.min(1, affected / all) : 0,
  };
}

/** Of all that holds now, what is kept with an incident. */
export function ownSignals(keys: readonly string[], active: readonly Signal[]): readonly Signal[] {
  return active.filter(({ key }) => keys.includes(key));
}

export interface SeverityVerdict {
  readonly severity: Severity;
  readonly reason: string;
}

/** Share of failed requests that makes it critical, and high; share of degraded ones that makes it high, and medium. */
const CRITICAL_FAILED = 0.2;
const HIGH_FAILED = 0.05;
const HIGH_DEGRADED = 0.5;
const MEDIUM_DEGRADED = 0.05;

/** Types that keep requests from full service: others are not to blame for what is served meanwhile. */
const SERVING: readonly IncidentType[] = [
  'model_degradation',
  'data_quality',
  'feature_pipeline',
  'serving_latency',
];
const NO_REACH: Reach = { failed: 0, degraded: 0, people: 0, peopleShare: 0 };

/**
 * How grave it is: by harm, by budgets (a page-worthy burn, a forecast of exhaustion within six hours, even while users notice
 * nothing), by the share of users. The first rule that holds decides; the graver ones come first.
 * @param active signals of this incident that hold now (see {@link ownSignals}): what else goes wrong is another's
 */
export function judgeSeverity(
  type: IncidentType,
  active: readonly Signal[],
  serviceReach: Reach,
): SeverityVerdict {
  const reach = SERVING.includes(type) ? serviceReach : NO_REACH;
  const find = (...kinds: readonly string[]): Signal | undefined =>
    active.find(({ kind }) => kinds.includes(kind));
  const paging = (kind: string): Signal | undefined =>
    active.find((signal) => signal.kind === kind && signal.evidence.figures.page === 1);

  if (type === 'safety_violation') {
    const broken = find('zero_tolerance_broken') ?? paging('burn_safety');
    if (broken !== undefined) return { severity: 'SEV1', reason: broken.evidence.text };
    const reported = find('harm_reports');
    if (reported !== undefined) return { severity: 'SEV1', reason: reported.evidence.text };
  }
  if (reach.failed >= CRITICAL_FAILED)
    return { severity: 'SEV1', reason: `${percent(reach.failed)} of requests get no answer` };
  const burning = active.find(
    ({ kind, evidence }) => kind.startsWith('burn_') && evidence.figures.page === 1,
  );
  if (burning !== undefined) return { severity: 'SEV2', reason: burning.evidence.text };
  const forecast = find('exhaustion_forecast');
  if (forecast !== undefined) return { severity: 'SEV2', reason: forecast.evidence.text };
  if (reach.failed >= HIGH_FAILED)
    return { severity: 'SEV2', reason: `${percent(reach.failed)} of requests get no answer` };
  if (reach.degraded >= HIGH_DEGRADED)
    return { severity: 'SEV2', reason: `${percent(reach.degraded)} of requests get less than full service` };
  if (type === 'safety_violation') {
    const flagged = find('safety_flags');
    if (flagged !== undefined) return { severity: 'SEV2', reason: flagged.evidence.text };
  }
  if (type === 'model_degradation') {
    const worse = find('labels_disagree', 'experiment_loses');
    if (worse !== undefined && worse.strength >= 0.9)
      return { severity: 'SEV2', reason: worse.evidence.text };
  }
  const ticket = active.find(({ kind }) => kind.startsWith('burn_'));
  if (ticket !== undefined) return { severity: 'SEV3', reason: ticket.evidence.text };
  if (reach.degraded >= MEDIUM_DEGRADED)
    return { severity: 'SEV3', reason: `${percent(reach.degraded)} of requests get less than full service` };
  const worst = [...active].filter(({ kind }) => !kind.startsWith('change_'))[0];
  if (worst !== undefined && worst.strength >= 0.7)
    return { severity: 'SEV3', reason: `users notice nothing yet; ${worst.evidence.text}` };
  return {
    severity: 'SEV4',
    reason: worst === undefined ? 'nothing is known of its impact' : worst.evidence.text,
  };
}

/** Lowering waits this long, so that a severity does not flicker with the figures; raising is immediate. Milliseconds. */
export const LOWER_AFTER_MS = 600_000;

/** What to do about the severity now. */
export function severityChange(
  current: Severity,
  verdict: SeverityVerdict,
  /** Wall milliseconds since when the verdict has been lower without a pause; undefined when it is not. */
  lowerSince: number | undefined,
  now: number,
): { readonly severity: Severity; readonly reason: string } | undefined {
  if (verdict.severity < current) return verdict;
  if (verdict.severity > current && lowerSince !== undefined && now - lowerSince >= LOWER_AFTER_MS)
    return { severity: verdict.severity, reason: `for ${spell(now - lowerSince)}: ${verdict.reason}` };
  return undefined;
}
