import {
  type AnomalyWatch,
  addToCurve,
  type HangWatch,
  type LossCurve,
  type TrainingAnomaly,
  type TrainingRun,
} from '@evenkeel/core';
import type { TrainerEvent, TrainerOrders, ValidationEvent } from './protocol.ts';
import type { TrainerHandle } from './trainer-host.ts';

/** One life of a trainer, as its supervisor sees it. Steps come by the thousand: they are counted here, not in the record. */
export interface Attempt {
  readonly handle: TrainerHandle;
  readonly orders: TrainerOrders;
  /** Index of the next batch. */
  next: number;
  stepsDone: number;
  /** Whether a resume has made a step yet. */
  resumed: 'no' | 'not_yet' | 'well' | 'counted';
  violations: number;
  /** We asked it to end. */
  asked: boolean;
  readonly evaluations: Map<number, ValidationEvent>;
  lastLoss: number | undefined;
  curve: LossCurve;
  gnormCurve: LossCurve | undefined;
}

export function newAttempt(handle: TrainerHandle, orders: TrainerOrders, record: TrainingRun): Attempt {
  return {
    handle,
    orders,
    next: orders.resume?.step ?? 0,
    stepsDone: 0,
    resumed: orders.resume === null ? 'no' : 'not_yet',
    violations: 0,
    asked: false,
    evaluations: new Map(),
    lastLoss: undefined,
    curve: record.curve,
    gnormCurve: record.gnormCurve,
  };
}

export type StepVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'violation'; readonly reason: string }
  | { readonly kind: 'anomaly'; readonly anomaly: TrainingAnomaly };

const EMPTY_CURVE: LossCurve = { stride: 1, points: [] };
const FINE: StepVerdict = { kind: 'fine' };

/** Takes one step's figures in. */
export function takeStep(
  attempt: Attempt,
  event: Extract<TrainerEvent, { t: 'step' }>,
  watch: AnomalyWatch | undefined,
): StepVerdict {
  if (event.step < attempt.next)
    return {
      kind: 'violation',
      reason: `step ${event.step}, but ${attempt.next} is next: steps do not go backwards`,
    };
  attempt.next = event.step + 1;
  attempt.stepsDone += 1;
  if (attempt.resumed === 'not_yet') attempt.resumed = 'well';
  attempt.lastLoss = event.loss;
  if (Number.isFinite(event.loss)) attempt.curve = addToCurve(attempt.curve, event.step, event.loss);
  if (event.gnorm !== undefined && Number.isFinite(event.gnorm))
    attempt.gnormCurve = addToCurve(attempt.gnormCurve ?? EMPTY_CURVE, event.step, event.gnorm);
  const anomaly = watch?.observe({ step: event.step, loss: event.loss, gnorm: event.gnorm });
  return anomaly === undefined ? FINE : { kind: 'anomaly', anomaly };
}

/** Puts what an attempt has counted since the last time into the record. */
export function foldProgress(
  record: TrainingRun,
  attempt: Attempt | undefined,
  hang: HangWatch,
  activeMs: number,
): TrainingRun {
  const counts = { ...record.counts, activeMs: record.counts.activeMs + activeMs };
  if (attempt === undefined) return { ...record, counts };
  const { stepsDone } = attempt;
  attempt.stepsDone = 0;
  // Counted once: a resume is good when it made a step.
  const good = attempt.resumed === 'well';
  if (good) attempt.resumed = 'counted';
  return {
    ...record,
    step: Math.max(record.step, attempt.next),
    medianStepMs: hang.medianStepMs() ?? record.medianStepMs,
    curve: attempt.curve,
    gnormCurve: attempt.gnormCurve,
    counts: {
      ...counts,
      stepsDone: counts.stepsDone + stepsDone,
      resumesGood: counts.resumesGood + (good ? 1 : 0),
    },
  };
}
