import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig, TrainingConfig } from '@evenkeel/config';
import {
  type Clock,
  describeError,
  EvenkeelError,
  idMaker,
  productionModel,
  type Random,
  trainingEnded,
} from '@evenkeel/core';
import {
  createRun,
  fileRecords,
  processHost,
  reportingRecords,
  type Supervision,
  superviseLocal,
} from '@evenkeel/training';
import { FROM_FILE, modelId } from '../models/kept-model.ts';
import type { ModelLifecycle } from '../models/lifecycle.ts';
import type { ModelBook } from '../models/model-book.ts';
import type { RunBook } from './run-book.ts';
import { weightsOfRun } from './run-weights.ts';

/** Training that the control plane starts itself. */
export interface Retraining {
  /**
   * Trains every model of the service anew whose file says how, one run of each at a time.
   * @returns ids of the runs; empty when the file names no trainer
   * @throws EvenkeelError conflict when one of them is being trained
   */
  start(config: ServiceConfig, why: string): Promise<readonly string[]>;
  /** Runs a command of the file, once, and ends it when it takes longer than six hours. Resolves when it has begun. */
  command(config: ServiceConfig, command: string, why: string): Promise<void>;
  /** Starts what is due by schedule. */
  schedule(config: ServiceConfig): Promise<void>;
  /** No run starts by schedule before this time (wall milliseconds). */
  pause(service: string, until: number): void;
  close(): Promise<void>;
}

const COMMAND_MS = 6 * 3_600_000;
const GRACE_MS = 10_000;
/** A look at the schedule, in milliseconds. */
const LOOK_MS = 60_000;

export function retraining(parts: {
  readonly runs: RunBook;
  readonly book: ModelBook;
  readonly lifecycle: ModelLifecycle;
  readonly clock: Clock;
  readonly random: Random;
  /** Runs are kept in `runs` below it. */
  readonly directory: string;
  readonly tell: (what: string, reason: string) => void;
}): Retraining {
  const { runs, book, lifecycle, clock, tell } = parts;
  const newId = idMaker('run', clock, parts.random);
  const root = join(parts.directory, 'runs');
  const live = new Map<string, Supervision | undefined>();
  const commands = new Map<string, () => void>();
  const paused = new Map<string, number>();
  const looked = new Map<string, number>();

  async function train(
    service: string,
    model: string,
    { retrain, gates }: TrainingConfig,
    why: string,
  ): Promise<string | undefined> {
    if (retrain === undefined) return undefined;
    const key = modelId(service, model);
    if (live.has(key)) throw new EvenkeelError('conflict', `${key} is being trained`);
    live.set(key, undefined);
    try {
      const records = reportingRecords(fileRecords(root), {
        root,
        host: hostname(),
        send: async (report) => {
          await runs.take(report);
        },
        onProblem: (problem) => {
          if (problem !== undefined) tell(`${key}: its run cannot be kept`, problem);
        },
      });
      const [first = '', ...rest] = retrain.command;
      const run = await createRun(
        root,
        {
          id: newId(),
          name: model,
          service,
          trainer: retrain.command,
          cwd: retrain.cwd,
          plan: { timeoutMs: retrain.timeoutMs, gates },
        },
        records,
      );
      const { registry } = await book.get(service, model);
      const uri = productionModel(registry)?.artifact.uri;
      const host = processHost({ command: [first, ...rest], cwd: retrain.cwd, limits: {} });
      const supervision = await superviseLocal(root, run.id, host, {
        records,
        production: async () => (uri === FROM_FILE ? undefined : uri),
      });
      live.set(key, supervision);
      tell(`${key}: training ${run.id}`, why);
      void follow(key, service, model, run.id, supervision, records.flush);
      return run.id;
    } catch (error) {
      live.delete(key);
      throw error;
    }
  }

  async function follow(
    key: string,
    service: string,
    model: string,
    id: string,
    supervision: Supervision,
    flush: (ms: number) => Promise<void>,
  ): Promise<void> {
    try {
      const ended = await supervision.finished;
      await flush(GRACE_MS);
      tell(`${key}: ${id} ${ended.phase}`, ended.reason);
      if (ended.phase !== 'succeeded') return;
      const asking = { by: 'evenkeel', reason: `trained by ${id}` };
      const weights = await weightsOfRun(await runs.get(id), lifecycle.settings(service, model).artifact);
      await lifecycle.register(service, model, weights, asking);
    } catch (error) {
      tell(`${key}: ${id} came to nothing`, describeError(error));
    } finally {
      live.delete(key);
    }
  }

  async function start(config: ServiceConfig, why: string): Promise<readonly string[]> {
    const started: string[] = [];
    for (const [model, { training }] of config.models) {
      const id = training === undefined ? undefined : await train(config.name, model, training, why);
      if (id !== undefined) started.push(id);
    }
    return started;
  }

  return {
    start,
    async command(config, command, why) {
      if (commands.has(config.name))
        throw new EvenkeelError('conflict', `${config.name}: the command before it is still running`);
      await new Promise<void>((resolve, reject) => {
        // A group of its own: what it starts ends with it.
        const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: 'ignore' });
        const signal = (name: NodeJS.Signals): void => {
          try {
            if (child.pid !== undefined) process.kill(-child.pid, name);
          } catch {
            // It is gone.
          }
        };
        let killer: NodeJS.Timeout | undefined;
        const end = (): void => {
          signal('SIGTERM');
          killer ??= setTimeout(() => signal('SIGKILL'), GRACE_MS);
        };
        const late = setTimeout(end, COMMAND_MS);
        commands.set(config.name, end);
        child.once('spawn', () => {
          tell(`${config.name}: ${command}`, why);
          resolve();
        });
        const over = (reason: string): void => {
          clearTimeout(late);
          clearTimeout(killer);
          commands.delete(config.name);
          tell(`${config.name}: "${command}" has ended`, reason);
        };
        child.once('error', (error) => {
          over(error.message);
          reject(new EvenkeelError('conflict', `"${command}" cannot be run: ${error.message}`));
        });
        child.once('exit', (code, by) => over(by === null ? `exit ${code}` : `by ${by}`));
      });
    },
    async schedule(config) {
      const now = clock.wall();
      if (clock.now() - (looked.get(config.name) ?? Number.NEGATIVE_INFINITY) < LOOK_MS) return;
      looked.set(config.name, clock.now());
      if (now < (paused.get(config.name) ?? 0)) return;
      for (const [model, { training }] of config.models) {
        const every = training?.retrain?.everyMs;
        if (training === undefined || every === undefined || live.has(modelId(config.name, model))) continue;
        const [last] = await runs.list({ service: config.name, name: model, limit: 1 });
        const running = last !== undefined && !last.silent && !trainingEnded(last.record.phase);
        if (running || (last !== undefined && now - last.record.createdAt < every)) continue;
        await train(config.name, model, training, 'by schedule');
      }
    },
    pause(service, until) {
      paused.set(service, until);
    },
    async close() {
      for (const end of commands.values()) end();
      const running = [...live.values()].filter((one) => one !== undefined);
      for (const supervision of running) supervision.stop('the control plane is ending');
      await Promise.allSettled(running.map(({ finished }) => finished));
    },
  };
}
