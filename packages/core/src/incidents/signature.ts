import type { RunbookAction } from './action.ts';
import type { IncidentType } from './incident-type.ts';
import type { SignalKind } from './signal.ts';

/** What a signal says about a type. */
export interface SignatureSignal {
  readonly kind: SignalKind;
  /** How likely the type is by this signal alone at full strength, in (0, 1). */
  readonly weight: number;
  /** `cause`: the trouble itself; `symptom`: what it does to others, and other trouble does too. */
  readonly role: 'cause' | 'symptom';
  /** The signal in the words of the field. */
  readonly text: string;
}

/** Where an incident of a type goes when nobody answers. Names of roles; the file says who they are. */
export interface EscalationStep {
  readonly role: string;
  /** Milliseconds until the next step is told as well, if nobody has acknowledged. */
  readonly timeoutMs: number;
}

/** One type of incident of an AI service: how it is recognised, and what is done about it. */
export interface Signature {
  readonly type: IncidentType;
  readonly title: string;
  /** One sentence for somebody who was just woken. */
  readonly summary: string;
  readonly signals: readonly SignatureSignal[];
  readonly typicalCauses: readonly string[];
  readonly immediateActions: readonly RunbookAction[];
  readonly investigationSteps: readonly string[];
  readonly rootCauseQuestions: readonly string[];
  readonly prevention: readonly string[];
  readonly escalationPath: readonly EscalationStep[];
}

const MINUTE = 60_000;

/** A path by role; the first has five minutes, the others fifteen. */
export function path(...roles: readonly string[]): readonly EscalationStep[] {
  return roles.map((role, i) => ({ role, timeoutMs: (i === 0 ? 5 : 15) * MINUTE }));
}
