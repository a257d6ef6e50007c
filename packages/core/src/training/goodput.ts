import type { TrainingRun } from './training-run.ts';
import { trainingEnded } from './training-run.ts';

/** A training run as a service: what its objectives are measured on. */
export interface TrainingFigures {
  /**
   * Useful steps × step time / wall: the share of the run's active time that ended up in the model. Undefined before the
   * first step.
   */
  readonly goodput: number | undefined;
  /** The same as counts of milliseconds, for a budget. */
  readonly usefulMs: number;
  readonly activeMs: number;
  /** Age of the newest verified checkpoint, or time since the start while there is none; 0 once the run has ended. */
  readonly checkpointAgeMs: number;
  readonly lostWorkMinutes: number;
  /** Share of resumes that made at least one step. Undefined before the first. */
  readonly resumeSuccess: number | undefined;
  readonly resumes: number;
  readonly resumesGood: number;
  readonly stepsDone: number;
  readonly stepsLost: number;
}

/** @param at wall milliseconds */
export function trainingFigures(record: TrainingRun, at: number): TrainingFigures {
  const { counts, medianStepMs = 0 } = record;
  const useful = Math.max(0, counts.stepsDone - counts.stepsLost);
  const usefulMs = Math.min(counts.activeMs, useful * medianStepMs);
  return {
    goodput: counts.stepsDone === 0 || counts.activeMs <= 0 ? undefined : usefulMs / counts.activeMs,
    usefulMs,
    activeMs: counts.activeMs,
    checkpointAgeMs: trainingEnded(record.phase)
      ? 0
      : Math.max(0, at - (record.lastCheckpointAt ?? record.createdAt)),
    lostWorkMinutes: counts.lostMs / 60_000,
    resumeSuccess: counts.resumes === 0 ? undefined : counts.resumesGood / counts.resumes,
    resumes: counts.resumes,
    resumesGood: counts.resumesGood,
    stepsDone: counts.stepsDone,
    stepsLost: counts.stepsLost,
  };
}
