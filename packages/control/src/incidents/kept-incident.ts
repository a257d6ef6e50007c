import {
  ACTION_KINDS,
  type ActionKind,
  type EscalationState,
  INCIDENT_STATUSES,
  INCIDENT_TYPES,
  type Incident,
  SEVERITIES,
  SIGNAL_KINDS,
} from '@evenkeel/core';
import type { DocumentRow } from '@evenkeel/store';
import { z } from 'zod';

/** A mitigation that evenkeel carries out, with what is needed to judge and to undo it. */
export interface RunningAction {
  readonly id: string;
  readonly action: ActionKind;
  readonly at: number;
  readonly by: string;
  readonly automatic: boolean;
  readonly state: 'running' | 'kept' | 'reverted' | 'overruled' | 'ended';
  readonly directives: readonly string[];
}

/** An incident with what the engine remembers of it. */
export interface KeptIncident {
  readonly incident: Incident;
  readonly escalation: EscalationState;
  /** Wall milliseconds since when it looks less grave than it is set. */
  readonly lowerSince: number | undefined;
  readonly actions: readonly RunningAction[];
  /** Revision of the document. */
  readonly revision: number;
}

const actor = z.object({ name: z.string(), automatic: z.boolean() });
const number = z.number();
const text = z.string();
const optionalNumber = number.optional();
const optionalText = text.optional();
const evidence = z.object({ text, figures: z.record(text, number), link: text });
const timelineEntry = z.object({
  at: number,
  by: text,
  automatic: z.boolean(),
  kind: z.enum([
    'status',
    'acknowledged',
    'severity',
    'type',
    'signal',
    'page',
    'mitigation',
    'note',
    'field',
    'link',
    'experiment',
  ]),
  text,
  decisive: z.boolean(),
  link: optionalText,
});

const incidentShape = z.object({
  id: text,
  service: text,
  type: z.enum(INCIDENT_TYPES),
  typeBy: actor,
  severity: z.enum(SEVERITIES),
  severityReason: text,
  severityBy: actor,
  status: z.enum(INCIDENT_STATUSES),
  title: text,
  description: text,
  startedAt: number,
  detectedAt: number,
  detectedBy: actor,
  acknowledgedAt: optionalNumber,
  acknowledgedBy: optionalText,
  mitigatedAt: optionalNumber,
  resolvedAt: optionalNumber,
  closedAt: optionalNumber,
  affectedSystems: z.array(text),
  affectedMetrics: z.record(text, number),
  dedupKey: text,
  likelyCause: text,
  rootCause: optionalText,
  resolution: optionalText,
  signals: z.array(
    z.object({
      key: text,
      kind: z.enum(SIGNAL_KINDS),
      name: text,
      firstSeen: number,
      lastSeen: number,
      strength: number,
      role: z.enum(['cause', 'symptom', 'suspect']),
      evidence,
    }),
  ),
  recurrences: number,
  links: z.array(
    z.object({
      kind: z.enum(['related', 'split_from', 'split_into', 'merged_from', 'merged_into', 'caused_by']),
      incident: text,
    }),
  ),
  mitigations: z.array(
    z.object({
      id: text,
      action: text,
      text,
      by: text,
      automatic: z.boolean(),
      at: number,
      state: z.enum(['applied', 'kept', 'reverted', 'lifted', 'failed', 'done']),
      outcome: optionalText,
      effect: optionalNumber,
      endedAt: optionalNumber,
    }),
  ),
  pages: z.array(z.object({ at: number, to: text, role: text, step: number, night: z.boolean() })),
  silencedBy: optionalText,
  experiment: z.object({ id: text, state: z.enum(['defined', 'green', 'red']), at: number }).optional(),
  waiver: z.object({ by: text, reason: text, at: number }).optional(),
  timeline: z.array(timelineEntry),
  revision: number,
});

const escalationShape = z.object({
  step: number,
  round: number,
  dueAt: number,
  stopped: z.enum(['acknowledged', 'ended', 'paused', 'exhausted']).optional(),
});

const actionShape = z.object({
  id: text,
  action: z.enum(ACTION_KINDS),
  at: number,
  by: text,
  automatic: z.boolean(),
  state: z.enum(['running', 'kept', 'reverted', 'overruled', 'ended']),
  directives: z.array(text),
});

const bodyShape = z.object({
  incident: z.unknown(),
  escalation: z.unknown(),
  lowerSince: optionalNumber,
  actions: z.array(actionShape),
});

// Fields that were undefined are not in the JSON; reading them gives undefined again, so the shape is the type.
const isIncident = (value: unknown): value is Incident => incidentShape.safeParse(value).success;
const isEscalation = (value: unknown): value is EscalationState => escalationShape.safeParse(value).success;

/** Reads a stored incident; undefined when it is none that this version knows. */
export function readKept(row: DocumentRow): KeptIncident | undefined {
  const body = bodyShape.safeParse(row.body);
  if (!body.success) return undefined;
  const { incident, escalation, lowerSince, actions } = body.data;
  if (!isIncident(incident) || !isEscalation(escalation)) return undefined;
  return { incident, escalation, lowerSince, actions, revision: row.revision };
}

export function keptRow(kept: KeptIncident, at: number): DocumentRow {
  const { incident, escalation, lowerSince, actions, revision } = kept;
  return {
    kind: 'incident',
    id: incident.id,
    service: incident.service,
    state: incident.status,
    label: incident.type,
    createdAt: incident.detectedAt,
    updatedAt: at,
    revision,
    body: { incident, escalation, lowerSince, actions },
  };
}
