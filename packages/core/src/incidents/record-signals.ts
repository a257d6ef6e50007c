import type { Candidate } from './diagnosis.ts';
import type { IncidentSignal } from './incident.ts';
import type { Signal } from './signal.ts';

/** A candidate's evidence as it is kept with the incident: what counts, and the changes under suspicion. */
export function signalsOf(candidate: Candidate): readonly IncidentSignal[] {
  const kept = (signal: Signal, role: IncidentSignal['role']): IncidentSignal => ({
    key: signal.key,
    kind: signal.kind,
    name: signal.subject.name,
    firstSeen: signal.since,
    lastSeen: signal.seen,
    strength: signal.strength,
    role,
    evidence: signal.evidence,
  });
  return [
    ...candidate.evidence.map(({ signal, role }) => kept(signal, role)),
    ...candidate.suspects.map((signal) => kept(signal, 'suspect')),
  ];
}
