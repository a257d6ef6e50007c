import type { Candidate } from './diagnosis.ts';
import type { IncidentType } from './incident-type.ts';
import type { SignalKind } from './signal.ts';

/** Kinds whose subject tells one trouble from another: two dead models are two causes, two drifting features are one. */
const TELLING: readonly SignalKind[] = [
  'features_down',
  'model_down',
  'worker_down',
  'training_crash',
  'training_diverged',
  'training_hung',
  'training_gate',
  'training_checkpoint',
];

/** Which cause a candidate is, apart from its service. `name` is '*' where the type alone says it. */
export interface Cause {
  readonly type: IncidentType;
  readonly name: string;
}

export function causeOf(candidate: Candidate): Cause {
  const { root } = candidate;
  const name = root !== undefined && TELLING.includes(root.kind) ? root.subject.name : '*';
  return { type: candidate.type, name };
}

/** The deduplication key: equal keys are the same trouble. */
export function causeKey(service: string, cause: Cause): string {
  return `${service}|${cause.type}|${cause.name}`;
}

export function parseCauseKey(key: string): { readonly service: string; readonly name: string } | undefined {
  const parts = key.split('|');
  const [service, , name] = parts;
  return parts.length === 3 && service !== undefined && name !== undefined ? { service, name } : undefined;
}

/** Whether two causes of one type may be the same: they are, unless both have names and the names differ. */
export function sameCause(a: Cause, b: Cause): boolean {
  return a.type === b.type && (a.name === b.name || a.name === '*' || b.name === '*');
}
