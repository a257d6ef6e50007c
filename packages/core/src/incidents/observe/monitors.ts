import { describeMovement } from '../../quality/what-moved.ts';
import { monitorPath } from '../links.ts';
import { rateShift } from '../rate-shift.ts';
import type { Observation, SignalKind } from '../signal.ts';
import type { MonitorSnapshot, SignalSnapshot } from '../snapshot.ts';
import { percent } from '../stamp.ts';

const DRIFT: Readonly<Record<MonitorSnapshot['role'], SignalKind>> = {
  request: 'request_drift',
  feature: 'feature_drift',
  prediction: 'prediction_drift',
  confidence: 'confidence_drift',
};

const INVALID: Partial<Record<MonitorSnapshot['role'], SignalKind>> = {
  request: 'request_invalid',
  feature: 'feature_invalid',
};

/** Slots of a histogram for what is no valid value, and the share of a finding's evidence that says it is them. */
const INVALID_SLOTS: readonly string[] = ['missing', 'non_finite', 'wrong_type', 'unseen'];
const INVALID_SHARE = 0.4;

/** A watched monitor is a hint, not a finding. */
const WATCH = 0.25;

/** Distributions that have moved, values that cannot be right, and quality estimated without labels. */
export function observeMonitors(snapshot: SignalSnapshot): Observation[] {
  const found: Observation[] = [];
  const service = snapshot.service.name;
  for (const monitor of snapshot.monitors) {
    const { name, role, segment, level, distance, onceIn, since } = monitor;
    const link = monitorPath(service, name);
    const where = segment === '' ? name : `${name} (${segment})`;
    if (level !== 'stable') {
      const how = monitor.movements
        .slice(0, 2)
        .map(({ movement }) => describeMovement(movement))
        .join(' or ');
      found.push({
        kind: DRIFT[role],
        name,
        segment,
        strength: level === 'watch' ? WATCH : 0.6 + 0.4 * Math.min(1, distance / 0.4),
        ...(level === 'drifted' ? { since } : {}),
        evidence: {
          text: `${where} has moved: ${how === '' ? 'another shape' : how}; by chance once in ${Math.round(onceIn)} events`,
          figures: { distance, once_in: onceIn },
          link,
        },
      });
    }
    const kind = INVALID[role];
    if (kind === undefined) continue;
    // The detector may know before the share is large that what is new is not valid.
    const slots = monitor.movements.filter(
      ({ movement }) => movement.kind === 'slot' && INVALID_SLOTS.includes(movement.slot),
    );
    const sure = slots.reduce((sum, { share }) => sum + share, 0);
    if (level === 'drifted' && sure >= INVALID_SHARE) {
      found.push({
        kind,
        name,
        segment,
        strength: 0.8,
        since,
        evidence: {
          text: `${where} has values that cannot be right: ${slots.map(({ movement }) => describeMovement(movement)).join(' or ')}`,
          figures: { share: sure, once_in: onceIn },
          link,
        },
      });
    }
    const { invalid } = monitor;
    if (invalid === undefined) continue;
    const reference = Math.max(invalid.total, invalid.reference ?? 0);
    const wrong = rateShift(
      { bad: invalid.recent, total: invalid.total },
      { bad: invalid.usual * reference, total: reference },
      0.01,
    );
    if (wrong !== undefined) {
      found.push({
        kind,
        name,
        segment,
        strength: wrong.strength,
        evidence: {
          text: `${percent(wrong.recent)} of ${where} cannot be right (missing, wrong type, unseen or out of range), usually ${percent(wrong.usual)}`,
          figures: { recent: wrong.recent, usual: wrong.usual, events: invalid.total },
          link,
        },
      });
    }
  }
  for (const estimate of snapshot.estimates) {
    if (estimate.state === 'ok') continue;
    found.push({
      kind: estimate.state === 'low' ? 'estimate_low' : 'estimate_void',
      name: estimate.metric,
      strength: estimate.state === 'low' ? 0.8 : 0.5,
      evidence: {
        text: `${estimate.metric} estimated without labels: ${estimate.reason}`,
        figures: { value: estimate.value ?? 0, usual: estimate.usual ?? 0 },
        link: monitorPath(service, estimate.metric),
      },
    });
  }
  return found;
}
