import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  describeError,
  EvenkeelError,
  isEvenkeelError,
  nearestName,
  type TrainingPlan,
  type TrainingRun,
  trainingEnded,
  trainingFigures,
} from '@evenkeel/core';
import { holderOf } from './fence.ts';
import { createRun, type LocalSupervision, pause, superviseLocal, systemClock } from './local-run.ts';
import { processHost } from './process-host.ts';
import { isGone } from './processes.ts';
import { progressText, runRow, runText, table } from './run-line.ts';
import { fileRecords, type RunRecords, runDirectory } from './run-records.ts';
import type { RunProgress, TrainingIncident } from './supervise-types.ts';

/** Where output goes, and how. */
export interface TrainOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Redraws one line in place; undefined where that cannot be (no terminal). */
  readonly redraw?: ((text: string) => void) | undefined;
  readonly json: boolean;
}

export interface TrainOptions extends TrainOutput {
  /** Directory of runs. */
  readonly root: string;
  readonly records?: RunRecords | undefined;
  readonly supervision?: LocalSupervision | undefined;
  readonly onIncident?: ((incident: TrainingIncident) => void) | undefined;
}

export interface TrainArgs {
  readonly command: readonly string[];
  readonly name: string;
  readonly service?: string | undefined;
  readonly cwd?: string | undefined;
  readonly plan: Partial<TrainingPlan>;
  readonly id?: string | undefined;
  readonly codeVersion?: string | undefined;
}

/** 0 succeeded, 1 failed, 3 failed but rolled back to a good checkpoint, 143 stopped (resumable). */
export function exitCode(record: TrainingRun): number {
  switch (record.phase) {
    case 'succeeded':
      return 0;
    case 'rolled_back':
      return 3;
    case 'stopped':
      return 143;
    default:
      return 1;
  }
}

const recordsOf = (options: TrainOptions): RunRecords => options.records ?? fileRecords(options.root);

/** Says what is wrong in one line, and gives the exit code. */
async function told(options: TrainOutput, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (options.json)
      options.out(
        JSON.stringify({
          error: isEvenkeelError(error) ? error.code : 'internal',
          detail: describeError(error),
        }),
      );
    else options.err(describeError(error));
    return 1;
  }
}

const REDRAW_MS = 100;
const SAY_MS = 5_000;

function reporter(options: TrainOutput): (progress: RunProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  let phase = '';
  return (progress) => {
    const now = systemClock.now();
    const changed = progress.record.phase !== phase;
    const every = options.redraw === undefined || options.json ? SAY_MS : REDRAW_MS;
    if (now - last < every && !(changed && options.json)) return;
    last = now;
    phase = progress.record.phase;
    if (options.json) {
      const { id, step, totalSteps, medianStepMs, lastCheckpointAt } = progress.record;
      const rate = medianStepMs === undefined || medianStepMs === 0 ? undefined : 1_000 / medianStepMs;
      options.out(
        JSON.stringify({
          run: id,
          phase,
          step: Math.max(step, progress.step),
          totalSteps,
          loss: progress.loss,
          rate,
          lastCheckpointAt,
        }),
      );
    } else (options.redraw ?? options.err)(progressText(progress, systemClock.wall()));
  };
}

async function watchRun(options: TrainOptions, record: TrainingRun): Promise<number> {
  const [command, ...args] = record.trainer;
  if (command === undefined) throw new EvenkeelError('bad_request', `run ${record.id} has no command`);
  const host = processHost({ command: [command, ...args], cwd: record.cwd, limits: record.plan.limits });
  const supervision = await superviseLocal(options.root, record.id, host, {
    ...options.supervision,
    records: recordsOf(options),
    onProgress: reporter(options),
    onIncident: (incident) => {
      if (!options.json) options.err(`incident ${incident.type}: ${incident.summary}`);
      options.onIncident?.(incident);
    },
  });
  const stop = (signal: NodeJS.Signals): void => supervision.stop(signal);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    const ended = await supervision.finished;
    if (options.json)
      options.out(
        JSON.stringify({
          run: ended.id,
          phase: ended.phase,
          reason: ended.reason,
          result: ended.result,
          figures: trainingFigures(ended, systemClock.wall()),
        }),
      );
    else
      options.out(
        `\n${ended.id} ${ended.phase}: ${ended.reason}${ended.result === undefined ? '' : `\nresult ${join(runDirectory(options.root, ended.id), 'checkpoints', ended.result)}`}`,
      );
    return exitCode(ended);
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
  }
}

/** `evenkeel train -- COMMAND…`: makes a run and supervises it to its end. */
export function trainCommand(args: TrainArgs, options: TrainOptions): Promise<number> {
  return told(options, async () => {
    if (args.command.length === 0)
      throw new EvenkeelError(
        'bad_request',
        'name the trainer after --, for example: evenkeel train -- python3 train.py',
      );
    const record = await createRun(
      options.root,
      {
        name: args.name,
        service: args.service,
        trainer: args.command,
        cwd: args.cwd ?? process.cwd(),
        plan: args.plan,
        ...(args.id === undefined ? {} : { id: args.id }),
        codeVersion: args.codeVersion,
      },
      recordsOf(options),
    );
    if (!options.json) options.err(`${record.id}: ${args.command.join(' ')}`);
    return watchRun(options, record);
  });
}

async function find(options: TrainOptions, id: string): Promise<TrainingRun> {
  const kept = await recordsOf(options).load(id);
  if (kept !== undefined) return kept.record;
  const names = (await recordsOf(options).list()).map(({ record }) => record.id);
  const near = nearestName(id, names);
  throw new EvenkeelError(
    'not_found',
    `there is no run ${id}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

export function trainListCommand(options: TrainOptions): Promise<number> {
  return told(options, async () => {
    const runs = (await recordsOf(options).list()).map(({ record }) => record);
    if (options.json)
      options.out(
        JSON.stringify(
          runs.map(({ id, name, service, phase, reason, step, totalSteps, result, createdAt }) => ({
            id,
            name,
            service,
            phase,
            reason,
            step,
            totalSteps,
            result,
            createdAt,
          })),
        ),
      );
    else options.out(runs.length === 0 ? 'no runs' : table(runs.map(runRow)));
    return 0;
  });
}

export function trainShowCommand(id: string, options: TrainOptions): Promise<number> {
  return told(options, async () => {
    const record = await find(options, id);
    const at = systemClock.wall();
    options.out(
      options.json
        ? JSON.stringify({ ...record, figures: trainingFigures(record, at) })
        : runText(record, at),
    );
    return 0;
  });
}

/** The end of what the trainer printed. */
export function trainLogsCommand(id: string, options: TrainOptions, lines: number = 200): Promise<number> {
  return told(options, async () => {
    const record = await find(options, id);
    const file = join(runDirectory(options.root, record.id), 'trainer.log');
    const read = async (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
    const text = `${await read(`${file}.1`)}${await read(file)}`;
    const last = text.trimEnd().split('\n').slice(-lines);
    options.out(options.json ? JSON.stringify({ run: record.id, lines: last }) : last.join('\n'));
    return 0;
  });
}

/** Asks the supervisor of a run to stop it, and waits until it has. */
export function trainStopCommand(id: string, options: TrainOptions): Promise<number> {
  return told(options, async () => {
    const record = await find(options, id);
    if (trainingEnded(record.phase)) {
      options.out(
        options.json ? JSON.stringify({ run: id, phase: record.phase }) : `${id} has ended: ${record.phase}`,
      );
      return 0;
    }
    const holder = await holderOf(join(runDirectory(options.root, id), 'fence'));
    if (holder === undefined || isGone(holder.pid, holder.startTicks))
      throw new EvenkeelError(
        'conflict',
        `nobody supervises ${id} on this machine: resume it, or leave it as it is`,
      );
    process.kill(holder.pid, 'SIGTERM');
    const until = systemClock.now() + record.plan.graceMs + 5_000;
    while (systemClock.now() < until) {
      const now = await find(options, id);
      if (trainingEnded(now.phase)) {
        options.out(
          options.json ? JSON.stringify({ run: id, phase: now.phase }) : `${id} ${now.phase}: ${now.reason}`,
        );
        return 0;
      }
      await pause(50);
    }
    throw new EvenkeelError('conflict', `${id} has not stopped in its grace`);
  });
}

/** Goes on with a run that was stopped, or whose supervisor died. */
export function trainResumeCommand(id: string, options: TrainOptions): Promise<number> {
  return told(options, async () => watchRun(options, await find(options, id)));
}
