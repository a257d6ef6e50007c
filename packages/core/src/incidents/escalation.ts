import type { EscalationStep } from './signature.ts';
import { spell } from './stamp.ts';

/** Where a notification cycle stands. Plain data. */
export interface EscalationState {
  /** Index of the step that was told last; −1 before the first. */
  readonly step: number;
  /** How many times the whole path has been gone, from 0. */
  readonly round: number;
  /** Wall milliseconds at which the next step is due. */
  readonly dueAt: number;
  /** Why it stands still, or undefined while it runs. */
  readonly stopped: 'acknowledged' | 'ended' | 'paused' | 'exhausted' | undefined;
}

export interface EscalationInput {
  readonly path: readonly EscalationStep[];
  /** People behind a role now; empty where nobody is on call. */
  readonly whoIs: (role: string) => readonly string[];
  /** The incident still needs somebody. */
  readonly open: boolean;
  /** When somebody acknowledged, and when something was last done about it. */
  readonly acknowledgedAt: number | undefined;
  readonly lastActionAt: number | undefined;
  /** A silence or maintenance is in force. */
  readonly silenced: boolean;
  /** Times that the path is gone through before it is given up (default 3). */
  readonly rounds: number;
  /** An acknowledgement that nothing follows for so long is forgotten, in milliseconds (default 1 h). */
  readonly forgottenMs: number;
}

export const ESCALATION_DEFAULTS: Pick<EscalationInput, 'rounds' | 'forgottenMs'> = {
  rounds: 3,
  forgottenMs: 3_600_000,
};

/** Somebody who must be told now. */
export interface Tell {
  readonly person: string;
  readonly role: string;
  readonly step: number;
  readonly round: number;
  readonly reason: string;
}

export function startEscalation(now: number): EscalationState {
  return { step: -1, round: 0, dueAt: now, stopped: undefined };
}

/**
 * Who must be told now. Everybody of a step at once; the next step after its time-out; a role without anybody is passed over at once and
 * said so. Acknowledging stops it, and an acknowledgement that nothing follows does not stop it for ever.
 */
export function escalate(
  state: EscalationState,
  input: EscalationInput,
  now: number,
): {
  readonly state: EscalationState;
  readonly tell: readonly Tell[];
  readonly passedOver: readonly string[];
} {
  const none = (next: EscalationState) => ({ state: next, tell: [], passedOver: [] });
  if (!input.open) return none({ ...state, stopped: 'ended' });
  if (input.silenced) return none({ ...state, stopped: 'paused' });
  const { acknowledgedAt } = input;
  let forgotten: string | undefined;
  if (acknowledgedAt !== undefined) {
    const quietFor = now - Math.max(acknowledgedAt, input.lastActionAt ?? acknowledgedAt);
    if (quietFor < input.forgottenMs) return none({ ...state, stopped: 'acknowledged' });
    forgotten = `acknowledged, but nothing was done for ${spell(quietFor)}`;
  }
  if (state.stopped === 'exhausted' && forgotten === undefined) return none(state);
  // A pause ends where it began: what fell due meanwhile is due now, once.
  if (forgotten === undefined && now < state.dueAt) return none({ ...state, stopped: undefined });
  if (forgotten !== undefined && state.stopped !== 'acknowledged' && now < state.dueAt) return none(state);

  let { step, round } = state;
  const passedOver: string[] = [];
  for (let tried = 0; tried < input.path.length; tried++) {
    step += 1;
    if (step >= input.path.length) {
      step = 0;
      round += 1;
    }
    if (round >= input.rounds) break;
    const next = input.path[step];
    if (next === undefined) break;
    const people = input.whoIs(next.role);
    if (people.length === 0) {
      passedOver.push(next.role);
      continue;
    }
    const before = input.path[step === 0 ? input.path.length - 1 : step - 1];
    const reason =
      forgotten ??
      (passedOver.length > 0
        ? `nobody is on call as ${passedOver.join(', ')}`
        : state.step < 0
          ? 'the first of the escalation path'
          : `nobody has acknowledged within ${spell(before?.timeoutMs ?? 0)}`);
    return {
      state: { step, round, dueAt: now + next.timeoutMs, stopped: undefined },
      tell: people.map((person) => ({ person, role: next.role, step, round, reason })),
      passedOver,
    };
  }
  return { state: { step: state.step, round, dueAt: now, stopped: 'exhausted' }, tell: [], passedOver };
}
