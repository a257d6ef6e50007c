import { type Incident, isOpen } from './incident.ts';
import type { IncidentType, Severity } from './incident-type.ts';
import { type DurationFigures, durationFigures } from './survival.ts';

/** What an incident's metrics need of it: small, so that a hundred thousand can be read. */
export interface IncidentFacts {
  readonly id: string;
  readonly service: string;
  readonly type: IncidentType;
  readonly severity: Severity;
  readonly startedAt: number;
  readonly detectedAt: number;
  readonly acknowledgedAt: number | undefined;
  readonly mitigatedAt: number | undefined;
  readonly resolvedAt: number | undefined;
  readonly open: boolean;
  /** Share of the budget of the worst hit objective that it spent; undefined when not measured. */
  readonly budgetSpent: number | undefined;
  /** Somebody did something about it: a mitigation, a note, a field. */
  readonly acted: boolean;
  readonly pages: readonly { readonly to: string; readonly night: boolean }[];
}

export function factsOf(incident: Incident, budgetSpent: number | undefined): IncidentFacts {
  return {
    id: incident.id,
    service: incident.service,
    type: incident.type,
    severity: incident.severity,
    startedAt: incident.startedAt,
    detectedAt: incident.detectedAt,
    acknowledgedAt: incident.acknowledgedAt,
    mitigatedAt: incident.mitigatedAt,
    resolvedAt: incident.resolvedAt,
    open: isOpen(incident),
    budgetSpent,
    acted:
      incident.mitigations.length > 0 ||
      incident.timeline.some(
        ({ automatic, kind }) =>
          !automatic && kind !== 'acknowledged' && kind !== 'page' && kind !== 'status',
      ),
    pages: incident.pages.map(({ to, night }) => ({ to, night })),
  };
}

export interface IncidentMetrics {
  /** Wall milliseconds; incidents detected in [from, to) are counted. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly byType: Readonly<Record<IncidentType, number>>;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  readonly byService: Readonly<Record<string, number>>;
  /** Open at the end of the window, the oldest first. */
  readonly open: readonly { readonly id: string; readonly ageMs: number }[];
  readonly timeToDetect: DurationFigures;
  readonly timeToAcknowledge: DurationFigures;
  readonly timeToMitigate: DurationFigures;
  readonly timeToResolve: DurationFigures;
  /** Between the beginnings of one incident and the next, of the same service; the time since the last counts as not ended. */
  readonly timeBetween: DurationFigures;
  readonly budgetSpent: {
    readonly measured: number;
    readonly total: number;
    readonly mean: number | undefined;
  };
  /** Incidents that paged somebody and had nothing done about them; and their share of those that paged. */
  readonly noise: { readonly pagesWithoutAction: number; readonly share: number | undefined };
  readonly pages: {
    readonly total: number;
    readonly atNight: number;
    readonly byPerson: Readonly<Record<string, { readonly total: number; readonly atNight: number }>>;
  };
}

/** The window unless another is asked for: 30 days. */
export const METRICS_WINDOW_MS: number = 30 * 86_400_000;

/** Metrics of the incidents detected in a window, as they stand at its end or now, whichever is earlier. */
export function incidentMetrics(
  all: readonly IncidentFacts[],
  window: { readonly from: number; readonly to: number },
  now: number,
): IncidentMetrics {
  const until = Math.min(window.to, now);
  const incidents = all
    .filter(({ detectedAt }) => detectedAt >= window.from && detectedAt < window.to)
    .sort((a, b) => a.detectedAt - b.detectedAt);
  const byType: Record<IncidentType, number> = {
    model_degradation: 0,
    data_quality: 0,
    feature_pipeline: 0,
    serving_latency: 0,
    safety_violation: 0,
    drift_detected: 0,
    training_failure: 0,
    feedback_loop: 0,
  };
  const bySeverity: Record<Severity, number> = { SEV1: 0, SEV2: 0, SEV3: 0, SEV4: 0 };
  const byService: Record<string, number> = {};
  const byPerson: Record<string, { total: number; atNight: number }> = {};
  let pages = 0;
  let atNight = 0;
  let paged = 0;
  let idle = 0;
  let measured = 0;
  let spent = 0;
  for (const incident of incidents) {
    byType[incident.type]++;
    bySeverity[incident.severity]++;
    byService[incident.service] = (byService[incident.service] ?? 0) + 1;
    if (incident.budgetSpent !== undefined) {
      measured++;
      spent += incident.budgetSpent;
    }
    if (incident.pages.length > 0) {
      paged++;
      if (!incident.acted) idle++;
    }
    for (const { to, night } of incident.pages) {
      byPerson[to] ??= { total: 0, atNight: 0 };
      const person = byPerson[to];
      person.total++;
      pages++;
      if (night) {
        person.atNight++;
        atNight++;
      }
    }
  }
  const lasting = (from: number, to: number | undefined) =>
    to !== undefined && to <= until ? { ms: to - from, ended: true } : { ms: until - from, ended: false };

  const between: { ms: number; ended: boolean }[] = [];
  const startsOf = new Map<string, number[]>();
  for (const { service, startedAt } of incidents) {
    const starts = startsOf.get(service);
    if (starts === undefined) startsOf.set(service, [startedAt]);
    else starts.push(startedAt);
  }
  for (const starts of startsOf.values()) {
    starts.sort((a, b) => a - b);
    starts.forEach((start, i) => {
      between.push(lasting(start, starts[i + 1]));
    });
  }
  // Nobody was to acknowledge what paged nobody, and what was resolved without it never will be.
  const awaited = incidents.filter(
    ({ pages: sent, acknowledgedAt }) => sent.length > 0 || acknowledgedAt !== undefined,
  );
  const pending = (to: number | undefined, incident: IncidentFacts): boolean =>
    to !== undefined || incident.resolvedAt === undefined;
  return {
    from: window.from,
    to: window.to,
    total: incidents.length,
    byType,
    bySeverity,
    byService,
    open: incidents
      .filter(({ open }) => open)
      .map(({ id, detectedAt }) => ({ id, ageMs: until - detectedAt })),
    timeToDetect: durationFigures(incidents.map((i) => ({ ms: i.detectedAt - i.startedAt, ended: true }))),
    timeToAcknowledge: durationFigures(
      awaited.filter((i) => pending(i.acknowledgedAt, i)).map((i) => lasting(i.detectedAt, i.acknowledgedAt)),
    ),
    timeToMitigate: durationFigures(
      incidents.filter((i) => pending(i.mitigatedAt, i)).map((i) => lasting(i.detectedAt, i.mitigatedAt)),
    ),
    timeToResolve: durationFigures(incidents.map((i) => lasting(i.detectedAt, i.resolvedAt))),
    timeBetween: durationFigures(between),
    budgetSpent: { measured, total: spent, mean: measured === 0 ? undefined : spent / measured },
    noise: { pagesWithoutAction: idle, share: paged === 0 ? undefined : idle / paged },
    pages: { total: pages, atNight, byPerson },
  };
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const tame = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}

/** One line an incident, RFC 4180; times in milliseconds, empty where it has not happened. */
export function incidentsCsv(incidents: readonly IncidentFacts[]): string {
  const columns = [
    'id',
    'service',
    'type',
    'severity',
    'started_at',
    'detected_at',
    'acknowledged_at',
    'mitigated_at',
    'resolved_at',
    'budget_spent',
    'pages',
    'acted',
  ];
  const lines = incidents.map((i) =>
    [
      i.id,
      i.service,
      i.type,
      i.severity,
      i.startedAt,
      i.detectedAt,
      i.acknowledgedAt,
      i.mitigatedAt,
      i.resolvedAt,
      i.budgetSpent,
      i.pages.length,
      i.acted ? 'yes' : 'no',
    ]
      .map(cell)
      .join(','),
  );
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}
