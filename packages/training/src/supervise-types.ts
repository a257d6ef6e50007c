import type { Clock, Random, Timers, TrainingFault, TrainingRun } from '@evenkeel/core';
import type { Fences } from './fence.ts';
import type { RunRecords } from './run-records.ts';
import type { TrainerHost } from './trainer-host.ts';

export interface TrainingIncident {
  readonly type: 'training_failure';
  readonly run: string;
  readonly service: string | undefined;
  readonly fault: TrainingFault;
  readonly summary: string;
}

export interface SuperviseOptions {
  /** The run's directory: checkpoints, log, fence. */
  readonly dir: string;
  readonly run: string;
  readonly host: TrainerHost;
  readonly records: RunRecords;
  readonly fences: Fences;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Where the weights in production are; undefined when nothing is. */
  readonly production?: (() => Promise<string | undefined>) | undefined;
  /** Checkpoints that a registry or an incident holds on to, with who. */
  readonly held?: (() => Promise<ReadonlyMap<string, string>>) | undefined;
  readonly onIncident?: ((incident: TrainingIncident) => void) | undefined;
  /** Called after every change of the record, and after each step with what is newest. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Milliseconds between looks at the trainer (default 200). */
  readonly tickMs?: number | undefined;
}

export interface RunProgress {
  readonly record: TrainingRun;
  readonly step: number;
  readonly loss: number | undefined;
}

export interface Supervision {
  /** Asks the trainer for a final checkpoint and ends it after its grace. */
  stop(by: string): void;
  /** The record when the run has ended. Rejects only when the run cannot be supervised at all. */
  readonly finished: Promise<TrainingRun>;
  record(): TrainingRun;
}
