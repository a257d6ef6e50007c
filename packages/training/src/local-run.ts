import { join } from 'node:path';
import {
  type Clock,
  idMaker,
  newTrainingRun,
  type Timers,
  type TrainingPlan,
  type TrainingRun,
  trainingPlan,
} from '@evenkeel/core';
import { fileFences } from './fence.ts';
import { fileRecords, type RunRecords, runDirectory } from './run-records.ts';
import { supervise } from './supervise.ts';
import type { SuperviseOptions, Supervision } from './supervise-types.ts';
import type { TrainerHost } from './trainer-host.ts';

export const systemClock: Clock & Timers = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface NewLocalRun {
  readonly name: string;
  readonly service?: string | undefined;
  readonly trainer: readonly string[];
  readonly cwd?: string | undefined;
  readonly plan?: Partial<TrainingPlan> | undefined;
  readonly id?: string | undefined;
  /** Of the code that trains: a commit. */
  readonly codeVersion?: string | undefined;
}

/** Writes a queued run below `root`. @throws EvenkeelError bad_request naming every value of the plan that is out of range */
export async function createRun(
  root: string,
  run: NewLocalRun,
  records: RunRecords = fileRecords(root),
): Promise<TrainingRun> {
  const id = run.id ?? idMaker('run', systemClock, Math.random)();
  const record = newTrainingRun({
    id,
    name: run.name,
    service: run.service,
    trainer: run.trainer,
    cwd: run.cwd,
    plan: trainingPlan(run.plan),
    codeVersion: run.codeVersion,
    at: systemClock.wall(),
  });
  await records.save(record, 0);
  return record;
}

export type LocalSupervision = Partial<
  Pick<
    SuperviseOptions,
    'production' | 'held' | 'onIncident' | 'onProgress' | 'tickMs' | 'records' | 'fences' | 'random'
  >
>;

/** Supervises a run below `root` with the clock of this machine, and, unless told otherwise, files for records and fence. */
export function superviseLocal(
  root: string,
  id: string,
  host: TrainerHost,
  more: LocalSupervision = {},
): Promise<Supervision> {
  const dir = runDirectory(root, id);
  return supervise({
    dir,
    run: id,
    host,
    records: fileRecords(root),
    fences: fileFences(join(dir, 'fence'), { wall: systemClock.wall, pause }),
    clock: systemClock,
    timers: systemClock,
    random: Math.random,
    ...more,
  });
}
