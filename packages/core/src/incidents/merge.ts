import type { CommandResult, RefusalCode } from './command.ts';
import { type Actor, type Incident, type IncidentLink, isOpen, openIncident } from './incident.ts';
import { graver } from './incident-type.ts';
import { applyCommand } from './lifecycle.ts';

/** Two incidents after they became one, or one after it became two; or why not. */
export type PairResult =
  | { readonly ok: true; readonly kept: Incident; readonly other: Incident }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string };

function linked(incident: Incident, link: IncidentLink, by: Actor, at: number): Incident {
  const result = applyCommand(incident, { by, at, intent: { do: 'link', link } });
  return result.ok ? result.incident : incident;
}

/**
 * Two records of one trouble: `other` is closed as a duplicate, and what it knew goes to `kept`. Nothing of its timeline is lost: it
 * stays where it is, and the link leads there. Both must be open.
 */
export function mergeIncidents(kept: Incident, other: Incident, by: Actor, at: number): PairResult {
  if (kept.id === other.id) return refusal('nothing_to_do', 'an incident does not merge with itself');
  for (const incident of [kept, other]) {
    if (!isOpen(incident))
      return refusal('illegal_transition', `${incident.id} is ${incident.status}: only open ones merge`);
  }
  const signals = new Map(other.signals.map((signal) => [signal.key, signal]));
  for (const signal of kept.signals) {
    const twin = signals.get(signal.key);
    signals.set(
      signal.key,
      twin === undefined
        ? signal
        : {
            ...signal,
            firstSeen: Math.min(signal.firstSeen, twin.firstSeen),
            lastSeen: Math.max(signal.lastSeen, twin.lastSeen),
            strength: Math.max(signal.strength, twin.strength),
          },
    );
  }
  const severity = graver(kept.severity, other.severity);
  const joined: Incident = {
    ...linked(kept, { kind: 'merged_from', incident: other.id }, by, at),
    severity,
    severityReason: severity === kept.severity ? kept.severityReason : other.severityReason,
    startedAt: Math.min(kept.startedAt, other.startedAt),
    detectedAt: Math.min(kept.detectedAt, other.detectedAt),
    acknowledgedAt: kept.acknowledgedAt ?? other.acknowledgedAt,
    acknowledgedBy: kept.acknowledgedBy ?? other.acknowledgedBy,
    mitigatedAt: earlier(kept.mitigatedAt, other.mitigatedAt),
    affectedSystems: [...new Set([...kept.affectedSystems, ...other.affectedSystems])],
    affectedMetrics: { ...other.affectedMetrics, ...kept.affectedMetrics },
    signals: [...signals.values()],
    mitigations: [...kept.mitigations, ...other.mitigations],
    recurrences: kept.recurrences + other.recurrences,
  };
  const gone = linked(other, { kind: 'merged_into', incident: kept.id }, by, at);
  return {
    ok: true,
    kept: joined,
    other: {
      ...gone,
      status: 'closed',
      resolvedAt: at,
      closedAt: at,
      resolution: `a duplicate of ${kept.id}`,
      timeline: [
        ...gone.timeline,
        {
          at,
          by: by.name,
          automatic: by.automatic,
          kind: 'status',
          text: `closed: a duplicate of ${kept.id}`,
          decisive: true,
          link: undefined,
        },
      ],
      revision: gone.revision + 1,
    },
  };
}

/**
 * One record of two troubles: the signals named go to a new incident, which begins when the first of them did.
 * @param keys at least one signal, and not all
 */
export function splitIncident(
  incident: Incident,
  keys: readonly string[],
  into: Pick<Incident, 'id' | 'type' | 'title'>,
  by: Actor,
  at: number,
): PairResult {
  if (!isOpen(incident))
    return refusal('illegal_transition', `${incident.id} is ${incident.status}: only an open one is split`);
  const moved = incident.signals.filter(({ key }) => keys.includes(key));
  const stay = incident.signals.filter(({ key }) => !keys.includes(key));
  if (moved.length === 0) return refusal('nothing_to_do', 'none of its signals has one of these keys');
  if (stay.length === 0) return refusal('nothing_to_do', 'a split leaves at least one signal behind');
  const fresh = openIncident(
    {
      id: into.id,
      service: incident.service,
      type: into.type,
      severity: incident.severity,
      severityReason: `as ${incident.id}, which it was part of`,
      title: into.title,
      description: `Split from ${incident.id}.`,
      startedAt: Math.min(...moved.map(({ firstSeen }) => firstSeen)),
      by,
      affectedSystems: incident.affectedSystems,
      signals: moved,
    },
    at,
  );
  return {
    ok: true,
    kept: linked({ ...incident, signals: stay }, { kind: 'split_into', incident: into.id }, by, at),
    other: linked(fresh, { kind: 'split_from', incident: incident.id }, by, at),
  };
}

/** Links two ways: each knows of the other. */
export function relateIncidents(
  a: Incident,
  b: Incident,
  by: Actor,
  at: number,
): { readonly a: CommandResult; readonly b: CommandResult } {
  return {
    a: applyCommand(a, { by, at, intent: { do: 'link', link: { kind: 'related', incident: b.id } } }),
    b: applyCommand(b, { by, at, intent: { do: 'link', link: { kind: 'related', incident: a.id } } }),
  };
}

function refusal(code: RefusalCode, message: string): PairResult {
  return { ok: false, code, message };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
