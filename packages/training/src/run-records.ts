import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EvenkeelError, type TrainingRun } from '@evenkeel/core';
import { z } from 'zod';
import { errorCode, writeWhole } from './whole-file.ts';

export interface KeptRun {
  readonly record: TrainingRun;
  /** 1 after the first write. */
  readonly revision: number;
}

/** Where records of runs are kept: files in the runs' directories, or the documents of a store. */
export interface RunRecords {
  load(id: string): Promise<KeptRun | undefined>;
  /**
   * Durable when it resolves.
   * @param revision the one that was read, 0 for a new run
   * @returns the new revision
   * @throws EvenkeelError conflict when somebody else wrote it since
   */
  save(record: TrainingRun, revision: number): Promise<number>;
  /** Newest first. */
  list(): Promise<readonly KeptRun[]>;
}

const RECORD_FORMAT = 1;

/** The parts that a reader relies on; the rest is ours, and of the same version. */
const recordShape = z.looseObject({
  format: z.literal(RECORD_FORMAT),
  id: z.string(),
  name: z.string(),
  trainer: z.array(z.string()),
  phase: z.enum([
    'queued',
    'starting',
    'running',
    'checkpointing',
    'validating',
    'backing_off',
    'rolled_back',
    'stopped',
    'succeeded',
    'failed',
  ]),
  plan: z.looseObject({
    checkpointEvery: z.number(),
    maxRetries: z.number(),
    gates: z.array(z.looseObject({ kind: z.string() })),
  }),
  step: z.number(),
  attempt: z.number(),
  retries: z.number(),
  rollbacks: z.number(),
  skip: z.array(z.object({ from: z.number(), to: z.number() })),
  checkpoints: z.array(z.looseObject({ name: z.string(), step: z.number(), standing: z.string() })),
  decisions: z.array(z.looseObject({ at: z.number(), what: z.string(), why: z.string() })),
  counts: z.looseObject({ activeMs: z.number(), stepsDone: z.number() }),
  curve: z.object({ stride: z.number(), points: z.array(z.tuple([z.number(), z.number()])) }),
});
/** Whether a value is the record of a run, as far as a reader relies on it. */
export const isTrainingRun = (value: unknown): value is TrainingRun => recordShape.safeParse(value).success;
const keptShape = z.object({ revision: z.int().min(1), record: z.custom<TrainingRun>(isTrainingRun) });
const formatOf = z.object({ record: z.object({ format: z.number() }) });

/** @throws EvenkeelError bad_request: damaged, or written by a later version */
export function readRecord(text: string, where: string): KeptRun {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EvenkeelError('bad_request', `${where}: not JSON`);
  }
  const format = formatOf.safeParse(value);
  if (format.success && format.data.record.format > RECORD_FORMAT)
    throw new EvenkeelError(
      'bad_request',
      `${where}: written by a later version (format ${format.data.record.format}, this one reads ${RECORD_FORMAT}): upgrade evenkeel`,
    );
  const parsed = keptShape.safeParse(value);
  if (!parsed.success) throw new EvenkeelError('bad_request', `${where}: not the record of a run`);
  return parsed.data;
}

/** A run's id as the name of its directory. @throws EvenkeelError bad_request */
export function runDirectory(root: string, id: string): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,99}$/i.test(id))
    throw new EvenkeelError('bad_request', `${JSON.stringify(id)} is not the id of a run`);
  return join(root, id);
}

/** Records as one file per run, `run.json` in its directory: a supervisor needs no database. */
export function fileRecords(root: string): RunRecords {
  const fileOf = (id: string): string => join(runDirectory(root, id), 'run.json');
  async function load(id: string): Promise<KeptRun | undefined> {
    const file = fileOf(id);
    try {
      return readRecord(await readFile(file, 'utf8'), file);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
  return {
    load,
    async save(record, revision) {
      const now = (await load(record.id))?.revision ?? 0;
      if (now !== revision)
        throw new EvenkeelError(
          'conflict',
          `run ${record.id} is at revision ${now}, not ${revision}: another supervisor has it`,
        );
      await writeWhole(fileOf(record.id), JSON.stringify({ revision: revision + 1, record }));
      return revision + 1;
    },
    async list() {
      await mkdir(root, { recursive: true });
      const found: KeptRun[] = [];
      for (const entry of await readdir(root, { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        try {
          const kept = await load(entry.name);
          if (kept !== undefined) found.push(kept);
        } catch {
          // One damaged record must not hide the others; `show` says what is wrong with it.
        }
      }
      return found.sort((a, b) => b.record.createdAt - a.record.createdAt);
    },
  };
}
