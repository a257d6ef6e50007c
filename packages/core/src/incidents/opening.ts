import { type Cause, causeKey, causeOf, parseCauseKey, sameCause } from './cause-key.ts';
import type { Candidate, Diagnosis } from './diagnosis.ts';
import { explained } from './explains.ts';
import type { IncidentStatus } from './incident.ts';
import type { IncidentType } from './incident-type.ts';
import type { Signal, SignalKind, SignalState } from './signal.ts';
import { SIGNATURES } from './signatures.ts';
import { type Silence, silenceFor } from './silence.ts';
import type { RungNeeds } from './snapshot.ts';
import { spell } from './stamp.ts';

export interface OpeningPolicy {
  /** Score from which a type is held to be the case (default 0.5). */
  readonly threshold: number;
  /** Score from which a second type beside a better one is a trouble of its own (default 0.6). */
  readonly secondThreshold: number;
  /** Sightings within `withinMs` until it opens (default 3 within 60 s); what has a hysteresis of its own opens at once. */
  readonly occurrences: number;
  readonly withinMs: number;
  /** Trouble that shows within this time of the first belongs to the same episode, until somebody has acknowledged (default 15 min). */
  readonly episodeMs: number;
  /** All signals gone for this long resolves it (default 5 min). */
  readonly quietMs: number;
  /** The same cause within this time of being resolved is the same incident (default 1 h). */
  readonly rejoinMs: number;
}

export const OPENING_DEFAULTS: OpeningPolicy = {
  threshold: 0.5,
  secondThreshold: 0.6,
  occurrences: 3,
  withinMs: 60_000,
  episodeMs: 900_000,
  quietMs: 300_000,
  rejoinMs: 3_600_000,
};

/** What the decision needs to know of an incident: those that are open, and those resolved less than `rejoinMs` ago. */
export interface IncidentView {
  readonly id: string;
  readonly service: string;
  readonly type: IncidentType;
  /** Whether a person has set the type: then it stays. */
  readonly typeByPerson: boolean;
  readonly dedupKey: string;
  readonly status: IncidentStatus;
  readonly acknowledged: boolean;
  readonly detectedAt: number;
  readonly resolvedAt: number | undefined;
  readonly signals: readonly string[];
}

export type OpeningDecision =
  | {
      readonly do: 'open';
      readonly cause: Cause;
      readonly candidate: Candidate;
      readonly silence: Silence | undefined;
      readonly reason: string;
    }
  | { readonly do: 'join'; readonly incident: string; readonly candidate: Candidate; readonly reason: string }
  | {
      readonly do: 'retype';
      readonly incident: string;
      readonly candidate: Candidate;
      readonly reason: string;
    }
  /** The trouble came back: reopen. */
  | {
      readonly do: 'rejoin';
      readonly incident: string;
      readonly candidate: Candidate;
      readonly reason: string;
    }
  | { readonly do: 'resolve'; readonly incident: string; readonly reason: string }
  /** Nothing is opened, and why. */
  | {
      readonly do: 'hold';
      readonly cause: Cause;
      readonly by: 'sightings' | 'inhibition' | 'maintenance' | 'remainder';
      readonly reason: string;
    };

/** What is remembered between decisions of one service. Plain data. */
export interface OpeningState {
  /** Times at which each cause was seen lately, by key. */
  readonly sightings: Readonly<Record<string, readonly number[]>>;
  /** Wall milliseconds since when each open incident is quiet. */
  readonly quietSince: Readonly<Record<string, number>>;
}

export const NO_SIGHTINGS: OpeningState = { sightings: {}, quietSince: {} };

/** Kinds that come out of a window, a breaker or a hysteresis: they need no second sighting. */
const SETTLED: readonly SignalKind[] = [
  'features_down',
  'model_down',
  'worker_down',
  'breaker_open',
  'zero_tolerance_broken',
  'burn_availability',
  'burn_latency',
  'burn_safety',
  'burn_freshness',
  'training_crash',
  'training_diverged',
  'training_hung',
  'training_gate',
  'training_checkpoint',
];

/** Kinds that go on for long after the trouble is over: they do not keep an incident open. */
const LINGERING: readonly SignalKind[] = ['exhaustion_forecast', 'breaker_half_open'];

export interface OpeningInput {
  readonly signals: SignalState;
  readonly diagnosis: Diagnosis;
  readonly needs: readonly RungNeeds[];
  /** Of all services: a dependency that two share is one trouble. */
  readonly incidents: readonly IncidentView[];
  /** Components that are one and the same for several services, by name. */
  readonly shared: readonly string[];
  readonly silences: readonly Silence[];
}

/**
 * What to do about what is seen of one service now: open, join, reopen, retype, resolve, or hold. One incident per cause; an
 * acknowledged incident never swallows another cause; a failed dependency silences its symptoms.
 */
export function decideOpening(
  state: OpeningState,
  input: OpeningInput,
  policy: OpeningPolicy,
  now: number,
): { readonly state: OpeningState; readonly decisions: readonly OpeningDecision[] } {
  const { service } = input.signals;
  const decisions: OpeningDecision[] = [];
  const sightings: Record<string, readonly number[]> = {};
  const alive = new Set<string>();

  for (const candidate of standing(input.diagnosis, policy)) {
    const cause = causeOf(candidate);
    const key = causeKey(service, cause);
    const seen = [...(state.sightings[key] ?? []), now].filter((at) => now - at <= policy.withinMs);
    sightings[key] = seen.slice(-policy.occurrences);
    const decision = decideCause(cause, candidate, seen.length, input, policy, now);
    if ('incident' in decision) alive.add(decision.incident);
    decisions.push(decision);
  }

  const quietSince: Record<string, number> = {};
  for (const incident of input.incidents) {
    if (incident.service !== service || !open(incident)) continue;
    if (alive.has(incident.id) || stillShows(incident, input)) continue;
    const since = state.quietSince[incident.id] ?? now;
    quietSince[incident.id] = since;
    if (now - since >= policy.quietMs) {
      decisions.push({
        do: 'resolve',
        incident: incident.id,
        reason: `all its signals have been gone for ${spell(now - since)}`,
      });
    }
  }
  return { state: { sightings, quietSince }, decisions };
}

/** The best candidate, and further ones that nothing about the better ones accounts for. */
function standing(diagnosis: Diagnosis, policy: OpeningPolicy): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const candidate of diagnosis.ranked) {
    if (candidate.score < (found.length === 0 ? policy.threshold : policy.secondThreshold)) break;
    if (found.length > 0) {
      const own = candidate.evidence.find(({ signal }) => signal.key === candidate.root?.key);
      if (own === undefined || own.explainedShare >= 0.5) continue;
      // A cause that already speaks for a better type is not counted twice.
      if (
        found.some(({ evidence }) =>
          evidence.some(
            ({ signal, role, contribution }) =>
              role === 'cause' && contribution > 0.3 && signal.key === own.signal.key,
          ),
        )
      )
        continue;
    }
    found.push(candidate);
  }
  return found;
}

function open(incident: IncidentView): boolean {
  return (
    incident.status === 'detected' || incident.status === 'investigating' || incident.status === 'mitigating'
  );
}

function viewCause(incident: IncidentView): Cause {
  return { type: incident.type, name: parseCauseKey(incident.dedupKey)?.name ?? '*' };
}

function decideCause(
  cause: Cause,
  candidate: Candidate,
  seen: number,
  input: OpeningInput,
  policy: OpeningPolicy,
  now: number,
): OpeningDecision {
  const { service } = input.signals;
  const mine = input.incidents.filter((incident) => incident.service === service);

  for (const incident of mine) {
    if (open(incident) && sameCause(cause, viewCause(incident)) && !otherNamed(cause, incident, mine))
      return { do: 'join', incident: incident.id, candidate, reason: 'the same cause' };
  }
  for (const incident of input.incidents) {
    if (incident.service === service || !open(incident) || !sameCause(cause, viewCause(incident))) continue;
    if (cause.name !== '*' && input.shared.includes(cause.name) && viewCause(incident).name === cause.name)
      return {
        do: 'join',
        incident: incident.id,
        candidate,
        reason: `${cause.name} is the same for both services`,
      };
  }
  for (const incident of mine) {
    if (!open(incident)) continue;
    const by = inhibitor(candidate, incident, input);
    if (by !== undefined)
      return { do: 'join', incident: incident.id, candidate, reason: `a consequence: ${by.evidence.text}` };
    if (incident.acknowledged) {
      if (known(candidate, incident) > 0.7)
        return { do: 'join', incident: incident.id, candidate, reason: 'the same signals, seen differently' };
      continue;
    }
    if (now - incident.detectedAt > policy.episodeMs && known(candidate, incident) <= 0.5) continue;
    const first = input.diagnosis.ranked[0];
    const current = input.diagnosis.ranked.find(({ type }) => type === incident.type)?.score ?? 0;
    if (
      first === candidate &&
      !incident.typeByPerson &&
      candidate.score > current + 0.1 &&
      now - incident.detectedAt <= policy.episodeMs
    )
      return {
        do: 'retype',
        incident: incident.id,
        candidate,
        reason: `as more is known, ${candidate.likelyCause}`,
      };
    return { do: 'join', incident: incident.id, candidate, reason: 'the same episode' };
  }
  for (const incident of mine) {
    if (incident.status !== 'resolved' || now - (incident.resolvedAt ?? 0) > policy.rejoinMs) continue;
    if (sameCause(cause, viewCause(incident))) {
      if (seen < needed(candidate, policy)) return waits(cause, seen, policy);
      return {
        do: 'rejoin',
        incident: incident.id,
        candidate,
        reason: `it is back: ${candidate.likelyCause}`,
      };
    }
    // What the resolved trouble left behind and is still fading away.
    if (known(candidate, incident) > 0.7)
      return { do: 'hold', cause, by: 'remainder', reason: `left over from ${incident.id}` };
  }
  const silence = silenceFor(input.silences, service, cause.type, now);
  if (silence?.kind === 'maintenance')
    return { do: 'hold', cause, by: 'maintenance', reason: `${silence.by}: ${silence.reason}` };
  if (seen < needed(candidate, policy)) return waits(cause, seen, policy);
  return { do: 'open', cause, candidate, silence, reason: candidate.likelyCause };
}

/** A cause with a name of its own does not join the incident of another name while one of its own name is open. */
function otherNamed(cause: Cause, incident: IncidentView, mine: readonly IncidentView[]): boolean {
  if (cause.name === '*' || viewCause(incident).name === cause.name) return false;
  return (
    incident.acknowledged ||
    mine.some((other) => open(other) && other.type === cause.type && viewCause(other).name === cause.name)
  );
}

function needed(candidate: Candidate, policy: OpeningPolicy): number {
  const settled = candidate.evidence.some(
    ({ signal, contribution }) =>
      SETTLED.includes(signal.kind) &&
      contribution >= 0.25 &&
      (!signal.kind.startsWith('burn_') || signal.strength >= 1),
  );
  return settled ? 1 : policy.occurrences;
}

function waits(cause: Cause, seen: number, policy: OpeningPolicy): OpeningDecision {
  return {
    do: 'hold',
    cause,
    by: 'sightings',
    reason: `seen ${seen} of ${policy.occurrences} times within ${spell(policy.withinMs)}`,
  };
}

/** The active cause of the incident that accounts for the candidate's root, if one does. */
function inhibitor(candidate: Candidate, incident: IncidentView, input: OpeningInput): Signal | undefined {
  const { root } = candidate;
  if (root === undefined) return undefined;
  const causes = new Set(
    SIGNATURES[incident.type].signals.filter(({ role }) => role === 'cause').map(({ kind }) => kind),
  );
  return [...input.signals.active, ...input.signals.fading].find(
    (signal) =>
      causes.has(signal.kind) &&
      incident.signals.includes(signal.key) &&
      explained(signal, root, input.needs) >= 0.5,
  );
}

/** Share of the candidate's evidence that the incident already has, in [0, 1]. */
function known(candidate: Candidate, incident: IncidentView): number {
  let all = 0;
  let shared = 0;
  for (const { signal, contribution } of candidate.evidence) {
    all += contribution;
    if (incident.signals.includes(signal.key)) shared += contribution;
  }
  return all > 0 ? shared / all : 0;
}

/** Whether a signal of the incident's type is still there. */
function stillShows(incident: IncidentView, input: OpeningInput): boolean {
  const kinds = new Set(SIGNATURES[incident.type].signals.map(({ kind }) => kind));
  return input.signals.active.some(
    (signal) =>
      incident.signals.includes(signal.key) &&
      kinds.has(signal.kind) &&
      !signal.kind.startsWith('change_') &&
      !LINGERING.includes(signal.kind) &&
      // A ticket's windows are hours long: a page's reset within minutes of the end.
      (!signal.kind.startsWith('burn_') || signal.strength >= 1),
  );
}
