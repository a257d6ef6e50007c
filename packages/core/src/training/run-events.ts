import type { ModelGateFinding } from './gates.ts';
import type { TrainingFault } from './training-run.ts';

/** How a trainer ended, told apart. */
export type ExitKind =
  /** Exit 0. */
  | 'clean'
  /** Exit 143, or ended by the TERM that we sent: it stopped because it was asked to. */
  | 'terminated'
  /** Exit 77: it found an anomaly itself. */
  | 'anomaly'
  /** Exit 64 or 78 (sysexits: usage, config): another attempt would fail alike. */
  | 'misconfigured'
  /** Exit 126 or 127, or it could not be spawned. */
  | 'not_startable'
  /** SIGKILL that we did not send: the kernel out of memory, or an operator. */
  | 'killed'
  /** Anything else. */
  | 'crashed';

export interface TrainerExit {
  readonly kind: ExitKind;
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly reason: string;
}

export function exitKind(code: number | undefined, signal: string | undefined, asked: boolean): TrainerExit {
  const exit = (kind: ExitKind, reason: string): TrainerExit => ({ kind, code, signal, reason });
  if (signal !== undefined) {
    if (signal === 'SIGTERM' || signal === 'SIGINT')
      return exit('terminated', `ended by ${signal}${asked ? '' : ', which we did not send'}`);
    if (signal === 'SIGKILL')
      return exit(
        'killed',
        asked ? 'ended by our SIGKILL' : 'ended by SIGKILL: out of memory, or somebody killed it',
      );
    return exit('crashed', `ended by ${signal}`);
  }
  switch (code) {
    case 0:
      return exit('clean', 'exit 0');
    case 143:
    case 130:
      return exit('terminated', `exit ${code}: it stopped as asked`);
    case 77:
      return exit('anomaly', 'exit 77: the trainer found an anomaly');
    case 64:
    case 78:
      return exit('misconfigured', `exit ${code}: the trainer says that its settings are wrong`);
    case 126:
    case 127:
      return exit('not_startable', `exit ${code}: the command cannot be run`);
    case 137:
      return exit('killed', 'exit 137: out of memory, or somebody killed it');
    default:
      return exit('crashed', `exit ${code ?? 'unknown'}`);
  }
}

/** What happens to a run. All times are wall milliseconds. */
export type TrainingRunEvent =
  /** A supervisor has the run now. `tookOver`: an earlier one had it and is gone. */
  | { readonly type: 'supervised'; readonly tookOver: boolean }
  | {
      readonly type: 'spawned';
      readonly pid: number | undefined;
      readonly step: number;
      readonly from: string | undefined;
    }
  | {
      readonly type: 'started';
      readonly totalSteps: number | undefined;
      readonly dataFingerprint?: string | undefined;
    }
  | { readonly type: 'checkpoint_seen'; readonly name: string }
  | {
      readonly type: 'checkpoint_verified';
      readonly name: string;
      readonly step: number;
      readonly bytes: number;
    }
  | { readonly type: 'checkpoint_refused'; readonly name: string; readonly reason: string }
  /** A checkpoint that was noted turned out to be damaged. */
  | {
      readonly type: 'checkpoint_corrupt';
      readonly name: string;
      readonly reason: string;
      readonly asideAs: string;
    }
  | { readonly type: 'checkpoint_deleted'; readonly name: string }
  | {
      readonly type: 'judged';
      readonly name: string;
      readonly passed: boolean;
      readonly reason: string;
      readonly metrics: Readonly<Record<string, number>>;
      readonly findings?: readonly ModelGateFinding[] | undefined;
    }
  /** The trainer says that it is done; `name` is its final checkpoint, undefined when it is missing or bad. */
  | { readonly type: 'done'; readonly name: string | undefined; readonly step: number }
  | { readonly type: 'fault'; readonly fault: TrainingFault }
  | { readonly type: 'stop'; readonly by: string }
  | { readonly type: 'exited'; readonly exit: TrainerExit; readonly step: number }
  | { readonly type: 'retry_due' };

/** What the supervisor has to do now. */
export type TrainingOrder =
  /** Find the newest valid checkpoint (not after `before`, if given) and start the trainer from it. */
  | { readonly type: 'start'; readonly before?: number | undefined }
  /** Ask for a final checkpoint, wait for the grace, then kill the group. */
  | { readonly type: 'terminate'; readonly why: string }
  /** Kill the group at once: what it would still save is damaged, or it does not answer. */
  | { readonly type: 'kill'; readonly why: string }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'judge'; readonly name: string; readonly final: boolean }
  | { readonly type: 'retain' }
  /** Open an incident of type training_failure. */
  | { readonly type: 'incident'; readonly fault: TrainingFault; readonly summary: string }
  | { readonly type: 'ended' };
