import type { IncidentType, Severity } from './incident-type.ts';
import type { Evidence, SignalKind } from './signal.ts';

export const INCIDENT_STATUSES = [
  'detected',
  'investigating',
  'mitigating',
  'resolved',
  'post_mortem',
  'closed',
] as const;
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];

/** Who acts: a person, or evenkeel by itself. */
export interface Actor {
  readonly name: string;
  readonly automatic: boolean;
}

/** evenkeel's own hand. */
export const EVENKEEL: Actor = { name: 'evenkeel', automatic: true };

export type TimelineKind =
  | 'status'
  | 'acknowledged'
  | 'severity'
  | 'type'
  | 'signal'
  | 'page'
  | 'mitigation'
  | 'note'
  | 'field'
  | 'link'
  | 'experiment';

/** One line of the timeline: appended, never changed. */
export interface TimelineEntry {
  readonly at: number;
  readonly by: string;
  readonly automatic: boolean;
  readonly kind: TimelineKind;
  readonly text: string;
  /** A moment that decided something: what a reader of the review looks for first. */
  readonly decisive: boolean;
  /** Path of the API that proves it, where there is one. */
  readonly link: string | undefined;
}

/** A signal as it is kept with the incident. */
export interface IncidentSignal {
  readonly key: string;
  readonly kind: SignalKind;
  readonly name: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Strongest so far. */
  readonly strength: number;
  readonly role: 'cause' | 'symptom' | 'suspect';
  readonly evidence: Evidence;
}

/** What a mitigation did; kept when it was judged. */
export interface MitigationRecord {
  readonly id: string;
  readonly action: string;
  readonly text: string;
  readonly by: string;
  readonly automatic: boolean;
  readonly at: number;
  readonly state: 'applied' | 'kept' | 'reverted' | 'lifted' | 'failed' | 'done';
  /** The verdict, in words. */
  readonly outcome: string | undefined;
  /** Share of the trouble that it took away, where it was measured; 1 is all of it. */
  readonly effect: number | undefined;
  readonly endedAt: number | undefined;
}

export interface PageRecord {
  readonly at: number;
  readonly to: string;
  readonly role: string;
  /** 0 for the first of the escalation path. */
  readonly step: number;
  /** Whether it was night where that person is. */
  readonly night: boolean;
}

export interface IncidentLink {
  readonly kind: 'related' | 'split_from' | 'split_into' | 'merged_from' | 'merged_into' | 'caused_by';
  readonly incident: string;
}

/** The experiment that reproduces the trigger. */
export interface RegressionExperiment {
  readonly id: string;
  readonly state: 'defined' | 'green' | 'red';
  readonly at: number;
}

/** One incident, whole. Plain data: it is kept as a document and read by people and programs. */
export interface Incident {
  readonly id: string;
  readonly service: string;
  readonly type: IncidentType;
  readonly typeBy: Actor;
  readonly severity: Severity;
  readonly severityReason: string;
  readonly severityBy: Actor;
  readonly status: IncidentStatus;
  readonly title: string;
  readonly description: string;
  /** Wall milliseconds at which the trouble began, as far as it is known. */
  readonly startedAt: number;
  readonly detectedAt: number;
  readonly detectedBy: Actor;
  readonly acknowledgedAt: number | undefined;
  readonly acknowledgedBy: string | undefined;
  /** First time that somebody or something set out to mitigate. */
  readonly mitigatedAt: number | undefined;
  readonly resolvedAt: number | undefined;
  readonly closedAt: number | undefined;
  readonly affectedSystems: readonly string[];
  /** Metric → impact, in the metric's own unit. */
  readonly affectedMetrics: Readonly<Record<string, number>>;
  /** Which cause this is: equal keys are the same trouble. */
  readonly dedupKey: string;
  readonly likelyCause: string;
  readonly rootCause: string | undefined;
  readonly resolution: string | undefined;
  readonly signals: readonly IncidentSignal[];
  /** Times that the trouble came back and was joined. */
  readonly recurrences: number;
  readonly links: readonly IncidentLink[];
  readonly mitigations: readonly MitigationRecord[];
  readonly pages: readonly PageRecord[];
  /** Why nobody is told, where that is so (a silence). */
  readonly silencedBy: string | undefined;
  readonly experiment: RegressionExperiment | undefined;
  readonly waiver: { readonly by: string; readonly reason: string; readonly at: number } | undefined;
  readonly timeline: readonly TimelineEntry[];
  /** Grows with every accepted command. */
  readonly revision: number;
}

/** Open: somebody still has to do something about the trouble itself. */
export function isOpen(incident: Pick<Incident, 'status'>): boolean {
  return (
    incident.status === 'detected' || incident.status === 'investigating' || incident.status === 'mitigating'
  );
}

/** What an incident begins with. */
export interface NewIncident {
  readonly id: string;
  readonly service: string;
  readonly type: IncidentType;
  readonly severity: Severity;
  readonly severityReason: string;
  readonly title: string;
  readonly description: string;
  readonly startedAt?: number | undefined;
  readonly by: Actor;
  readonly affectedSystems?: readonly string[];
  readonly affectedMetrics?: Readonly<Record<string, number>>;
  readonly dedupKey?: string;
  readonly likelyCause?: string;
  readonly signals?: readonly IncidentSignal[];
  readonly silencedBy?: string | undefined;
  readonly link?: string | undefined;
}

/** Opens one, by a person or by evenkeel. */
export function openIncident(from: NewIncident, at: number): Incident {
  const { id, service, type, by } = from;
  return {
    id,
    service,
    type,
    typeBy: by,
    severity: from.severity,
    severityReason: from.severityReason,
    severityBy: by,
    status: 'detected',
    title: from.title,
    description: from.description,
    startedAt: Math.min(from.startedAt ?? at, at),
    detectedAt: at,
    detectedBy: by,
    acknowledgedAt: undefined,
    acknowledgedBy: undefined,
    mitigatedAt: undefined,
    resolvedAt: undefined,
    closedAt: undefined,
    affectedSystems: from.affectedSystems ?? [service],
    affectedMetrics: from.affectedMetrics ?? {},
    dedupKey: from.dedupKey ?? `${service}|${type}|by hand|${id}`,
    likelyCause: from.likelyCause ?? '',
    rootCause: undefined,
    resolution: undefined,
    signals: from.signals ?? [],
    recurrences: 0,
    links: [],
    mitigations: [],
    pages: [],
    silencedBy: from.silencedBy,
    experiment: undefined,
    waiver: undefined,
    timeline: [
      {
        at,
        by: by.name,
        automatic: by.automatic,
        kind: 'status',
        text: `detected: ${from.title} (${from.severity}: ${from.severityReason})`,
        decisive: true,
        link: from.link,
      },
    ],
    revision: 1,
  };
}
