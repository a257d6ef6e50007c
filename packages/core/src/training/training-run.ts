import { EvenkeelError } from '../kernel/errors.ts';
import type { AnomalyOptions, SkipRange } from './anomaly.ts';
import type { CheckpointNote } from './checkpoint.ts';
import type { ModelGate } from './gate-spec.ts';
import type { ModelGateFinding } from './gates.ts';
import { HANG_DEFAULTS, type HangOptions } from './hang.ts';
import type { LossCurve } from './loss-curve.ts';
import { RETENTION_DEFAULTS, type RetentionPolicy } from './retention.ts';

export type TrainingPhase =
  | 'queued'
  | 'starting'
  | 'running'
  | 'checkpointing'
  | 'validating'
  | 'backing_off'
  /** Failed, and the run's result is its last good checkpoint. */
  | 'rolled_back'
  /** Ended on request; can be resumed. */
  | 'stopped'
  | 'succeeded'
  | 'failed';

export const ENDED: readonly TrainingPhase[] = ['rolled_back', 'stopped', 'succeeded', 'failed'];

export const trainingEnded = (phase: TrainingPhase): boolean => ENDED.includes(phase);

export interface TrainingLimits {
  /** Resident memory of the trainer and its children together. */
  readonly memoryBytes?: number | undefined;
  /** CPU time of the trainer and its children, milliseconds over one attempt. */
  readonly cpuMs?: number | undefined;
  /** Bytes in the run's directory. */
  readonly diskBytes?: number | undefined;
}

/** What was asked for. It is kept with the run, so that whoever resumes it does the same. */
export interface TrainingPlan {
  /** Steps between checkpoints, at least 1 (default 100). */
  readonly checkpointEvery: number;
  /** Checkpoints between gates (default 10); 0: only the final model. */
  readonly gateEvery: number;
  readonly gates: readonly ModelGate[];
  /** Milliseconds that the figures of a gate may come late (default 600 000). */
  readonly evaluationMs: number;
  readonly onGateFailure: 'retry' | 'stop';
  /** Whether a failed run's result is its last good checkpoint (default true). */
  readonly rollbackOnFailure: boolean;
  /** Retries, not attempts: 0 is one attempt (default 3). */
  readonly maxRetries: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  /** Of the run's active time, in milliseconds; undefined for none. */
  readonly timeoutMs?: number | undefined;
  readonly hang: HangOptions;
  /** Milliseconds from TERM to KILL (default 30 000). */
  readonly graceMs: number;
  readonly limits: TrainingLimits;
  readonly anomaly: AnomalyOptions | 'off';
  /** Batches passed over before and after the one to blame (default 2 and 2). */
  readonly skip: { readonly before: number; readonly after: number };
  /** Times that training goes back for an anomaly (default 3); then it fails. */
  readonly maxRollbacks: number;
  readonly retention: RetentionPolicy;
  /** When a checkpoint does not fit on the disk: go on without, or stop (default stop). */
  readonly onDiskFull: 'stop' | 'continue';
  /** Events of one attempt that break the protocol before it fails (default 20). */
  readonly maxViolations: number;
}

export const TRAINING_DEFAULTS: TrainingPlan = {
  checkpointEvery: 100,
  gateEvery: 10,
  gates: [],
  evaluationMs: 600_000,
  onGateFailure: 'retry',
  rollbackOnFailure: true,
  maxRetries: 3,
  backoff: { baseMs: 1_000, maxMs: 60_000 },
  hang: HANG_DEFAULTS,
  graceMs: 30_000,
  limits: {},
  anomaly: {},
  skip: { before: 2, after: 2 },
  maxRollbacks: 3,
  retention: RETENTION_DEFAULTS,
  onDiskFull: 'stop',
  maxViolations: 20,
};

const WHOLE: readonly (keyof TrainingPlan)[] = ['gateEvery', 'maxRetries', 'maxRollbacks', 'maxViolations'];

/** A plan with the defaults filled in. @throws EvenkeelError bad_request naming every value out of its range */
export function trainingPlan(asked: Partial<TrainingPlan> = {}): TrainingPlan {
  const plan: TrainingPlan = { ...TRAINING_DEFAULTS, ...asked };
  const wrong: string[] = [];
  if (!Number.isSafeInteger(plan.checkpointEvery) || plan.checkpointEvery < 1)
    wrong.push(`checkpointEvery is a whole number from 1, not ${plan.checkpointEvery}`);
  for (const key of WHOLE) {
    const value = plan[key];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      wrong.push(`${key} is a whole number from 0, not ${String(value)}`);
  }
  if (!Number.isSafeInteger(plan.retention.last) || plan.retention.last < 1)
    wrong.push(`retention.last is a whole number from 1, not ${plan.retention.last}`);
  const durations: readonly [string, number | undefined, number][] = [
    ['timeoutMs', plan.timeoutMs, 1],
    ['graceMs', plan.graceMs, 0],
    ['evaluationMs', plan.evaluationMs, 0],
    ['hang.floorMs', plan.hang.floorMs, 1],
    ['hang.startMs', plan.hang.startMs, 1],
    ['hang.factor', plan.hang.factor, 1],
    ['backoff.baseMs', plan.backoff.baseMs, 0],
    ['backoff.maxMs', plan.backoff.maxMs, 0],
    ['limits.memoryBytes', plan.limits.memoryBytes, 1],
    ['limits.cpuMs', plan.limits.cpuMs, 1],
    ['limits.diskBytes', plan.limits.diskBytes, 1],
    ['skip.before', plan.skip.before, 0],
    ['skip.after', plan.skip.after, 0],
  ];
  for (const [name, value, least] of durations)
    if (value !== undefined && !(Number.isFinite(value) && value >= least))
      wrong.push(`${name} is at least ${least}, not ${value}`);
  if (wrong.length > 0) throw new EvenkeelError('bad_request', wrong.join('; '));
  return plan;
}

export type TrainingFaultKind =
  | 'crash'
  | 'hang'
  | 'anomaly'
  | 'gate'
  | 'memory'
  | 'cpu'
  | 'disk'
  | 'timeout'
  | 'protocol'
  | 'not_startable'
  | 'misconfigured';

export interface TrainingFault {
  readonly kind: TrainingFaultKind;
  readonly reason: string;
  /** The step to go back before; undefined: the newest checkpoint will do. */
  readonly before?: number | undefined;
  /** Where the figures that condemned it stand, to see that a retry came to the very same. */
  readonly evidence?: Readonly<Record<string, number | string>> | undefined;
}

/** One decision, with its reason: the record of the run. */
export interface TrainingDecision {
  readonly at: number;
  readonly step: number;
  readonly what: string;
  readonly why: string;
}

/** Counts behind the run's own objectives; see `trainingFigures`. */
export interface TrainingCounts {
  /** Steps done, those done twice included. */
  readonly stepsDone: number;
  /** Steps that had to be done again, or were thrown away. */
  readonly stepsLost: number;
  /** Milliseconds of work thrown away: lost steps at the median step time of their attempt. */
  readonly lostMs: number;
  readonly resumes: number;
  /** Resumes after which at least one step was made. */
  readonly resumesGood: number;
  /** Milliseconds that somebody supervised it, back-off included; not while it was stopped. */
  readonly activeMs: number;
}

/** Everything that is known of one run; JSON. */
export interface TrainingRun {
  readonly format: 1;
  readonly id: string;
  readonly name: string;
  readonly service?: string | undefined;
  /** Command and arguments, or the name of a trainer in process. */
  readonly trainer: readonly string[];
  /** Where the command runs. */
  readonly cwd?: string | undefined;
  readonly plan: TrainingPlan;
  readonly phase: TrainingPhase;
  readonly reason: string;
  /** Batches consumed: the furthest that is known of the present attempt. */
  readonly step: number;
  /** Steps in all, where the trainer said so. */
  readonly totalSteps?: number | undefined;
  /** Attempts begun. */
  readonly attempt: number;
  readonly retries: number;
  readonly rollbacks: number;
  /** Retries since the last verified checkpoint: what the back-off grows with. */
  readonly setbacks: number;
  readonly skip: readonly SkipRange[];
  readonly checkpoints: readonly CheckpointNote[];
  /** Checkpoints verified so far, deleted ones included. */
  readonly checkpointCount: number;
  readonly decisions: readonly TrainingDecision[];
  readonly counts: TrainingCounts;
  readonly medianStepMs?: number | undefined;
  readonly curve: LossCurve;
  /** Norm of the gradient, where the trainer tells it. */
  readonly gnormCurve?: LossCurve | undefined;
  /** Of the data, where the trainer tells it. */
  readonly dataFingerprint?: string | undefined;
  /** Of the code that trained. */
  readonly codeVersion?: string | undefined;
  /** What happens when the trainer has gone. */
  readonly pending?: TrainingFault | undefined;
  readonly lastFault?: TrainingFault | undefined;
  /** The next attempt goes on from a checkpoint of at most this step, whatever else is on the disk. */
  readonly resumeBefore?: number | undefined;
  /** Wall milliseconds at which the next attempt begins. */
  readonly retryAt?: number | undefined;
  /** The gate verdict is waited for of this checkpoint; `final`: of the final model. */
  readonly judging?: { readonly name: string; readonly final: boolean } | undefined;
  /** The checkpoint that is the run's result. */
  readonly result?: string | undefined;
  readonly lastGates?:
    | {
        readonly name: string;
        readonly passed: boolean;
        readonly reason: string;
        readonly findings?: readonly ModelGateFinding[] | undefined;
      }
    | undefined;
  /** ModelActor asked it to stop. */
  readonly stopRequested?: string | undefined;
  readonly pid?: number | undefined;
  /** The step that the present attempt began at. */
  readonly resumedFrom: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt?: number | undefined;
  readonly lastCheckpointAt?: number | undefined;
}

/** Decisions kept; the oldest go first. */
export const DECISIONS_KEPT = 500;

export interface NewTrainingRun {
  readonly id: string;
  readonly name: string;
  readonly service?: string | undefined;
  readonly trainer: readonly string[];
  readonly cwd?: string | undefined;
  readonly plan: TrainingPlan;
  readonly codeVersion?: string | undefined;
  readonly at: number;
}

export function newTrainingRun(run: NewTrainingRun): TrainingRun {
  return {
    format: 1,
    id: run.id,
    name: run.name,
    ...(run.service === undefined ? {} : { service: run.service }),
    trainer: run.trainer,
    ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
    ...(run.codeVersion === undefined ? {} : { codeVersion: run.codeVersion }),
    plan: run.plan,
    phase: 'queued',
    reason: 'waiting for a supervisor',
    step: 0,
    attempt: 0,
    retries: 0,
    rollbacks: 0,
    setbacks: 0,
    skip: [],
    checkpoints: [],
    checkpointCount: 0,
    decisions: [],
    counts: { stepsDone: 0, stepsLost: 0, lostMs: 0, resumes: 0, resumesGood: 0, activeMs: 0 },
    curve: { stride: 1, points: [] },
    resumedFrom: 0,
    createdAt: run.at,
    updatedAt: run.at,
  };
}
