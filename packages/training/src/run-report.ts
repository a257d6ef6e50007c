import { EvenkeelError, type TrainingRun } from '@evenkeel/core';
import { z } from 'zod';
import { isTrainingRun } from './run-records.ts';

/** A run as its supervisor tells of it: the whole record each time, so that nothing depends on what arrived before. */
export interface RunReport {
  /** Of the record, where the supervisor keeps it: an older report than the last is passed over. */
  readonly revision: number;
  readonly record: TrainingRun;
  /** The run's directory, absolute, on that machine. */
  readonly directory: string;
  /** Name of the machine that it runs on. */
  readonly host: string;
}

const reportShape = z.strictObject({
  revision: z.int().min(1),
  record: z.custom<TrainingRun>(isTrainingRun, 'expected the record of a run, format 1'),
  directory: z.string().min(1).max(4_096),
  host: z.string().min(1).max(255),
});

/** Schema of a report, for whoever takes it in. */
export const runReportSchema: z.ZodType<RunReport> = reportShape;

/** @throws EvenkeelError bad_request */
export function readRunReport(value: unknown): RunReport {
  const parsed = reportShape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EvenkeelError('bad_request', `not a report of a run: ${parsed.error.issues[0]?.message ?? ''}`);
}
