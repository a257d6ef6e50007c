import { EvenkeelError } from '../kernel/errors.ts';
import { jensenShannonDistance } from './distances.ts';
import type { DriftDetector } from './drift-detector.ts';
import type { DriftFinding, DriftLevel } from './drift-finding.ts';
import type { Movement } from './drift-tables.ts';

/** What a monitor looks at. Kept apart in every ranking: an input that moved is a cause, a confidence that moved a symptom. */
export type MonitorRole = 'input' | 'prediction' | 'confidence';

export interface NamedMonitor {
  readonly name: string;
  readonly role: MonitorRole;
  /** The part of the traffic it sees, or undefined for all of it. */
  readonly segment?: string;
  readonly detector: DriftDetector;
}

export interface Moved {
  readonly name: string;
  readonly role: MonitorRole;
  readonly segment: string | undefined;
  readonly level: DriftLevel;
  /** By chance once in so many events of this monitor, all monitors of the budget looked at: evidence divided by their number. */
  readonly onceIn: number;
  /** Jensen–Shannon distance (base 2) from the reference to the recent events: 0 the same, 1 nothing in common. */
  readonly distance: number;
  readonly finding: DriftFinding;
  /** One line for people. */
  readonly summary: string;
}

/**
 * `falseAlarmEvery` for each of several monitors, so that all of them together alarm by chance once in `wantedEvents` events, or less often:
 * by the union bound, which holds however they depend on each other.
 * @throws EvenkeelError `bad_request` for numbers below 1
 */
export function alarmBudget(wantedEvents: number, monitors: number): number {
  if (!(wantedEvents >= 1) || !(monitors >= 1)) {
    throw new EvenkeelError(
      'bad_request',
      `An alarm budget needs at least one event and one monitor, not ${wantedEvents} and ${monitors}.`,
    );
  }
  return wantedEvents * monitors;
}

/**
 * Which of many monitors moved, the surest first; those without a finding are left out.
 * @param role only these; default all
 */
export function whatMoved(monitors: readonly NamedMonitor[], role?: MonitorRole): Moved[] {
  const moved: Moved[] = [];
  for (const { name, role: is, segment, detector } of monitors) {
    const { level, finding } = detector.snapshot();
    if (finding === undefined || (role !== undefined && is !== role)) continue;
    const distance = jensenShannonDistance(finding.before, finding.after);
    moved.push({
      name,
      role: is,
      segment,
      level,
      onceIn: finding.evidence / monitors.length,
      distance,
      finding,
      summary: `${segment === undefined ? name : `${name} (${segment})`}: ${finding.movements
        .map(({ movement }) => describeMovement(movement))
        .slice(0, 2)
        .join(' or ')}, since ${finding.change.latest} to ${finding.change.earliest} events ago`,
    });
  }
  const order: Record<DriftLevel, number> = { drifted: 0, watch: 1, stable: 2 };
  return moved.sort(
    (a, b) => order[a.level] - order[b.level] || b.onceIn - a.onceIn || b.distance - a.distance,
  );
}

/** A movement in words. */
export function describeMovement(movement: Movement): string {
  switch (movement.kind) {
    case 'location':
      return `${movement.by > 0 ? 'higher' : 'lower'} by about ${Math.abs(movement.by)} standard deviations`;
    case 'spread':
      return movement.factor > 1
        ? `wider, about ${movement.factor} times`
        : `narrower, about ${movement.factor} times`;
    case 'tail':
      return `about ${movement.share * 100} % of events far ${movement.side === 'high' ? 'above' : 'below'} the usual`;
    case 'slot':
      return `about ${movement.share * 100} % more events ${SLOTS[movement.slot] ?? `of ${movement.slot}`}`;
    case 'learned':
      return 'another shape';
  }
}

const SLOTS: Readonly<Record<string, string>> = {
  missing: 'without a value',
  non_finite: 'with NaN or an infinity',
  wrong_type: 'with a value of the wrong type',
  unseen: 'of categories the baseline does not have',
  other: 'of rare categories',
};
