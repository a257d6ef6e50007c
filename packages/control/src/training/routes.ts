import { EvenkeelError, trainingFigures } from '@evenkeel/core';
import { runReportSchema } from '@evenkeel/training';
import { z } from 'zod';
import { noQuery, Reply, type Route, read, write } from '../api/route.ts';
import type { KeptRun, RunBook } from './run-book.ts';

const filter = z.strictObject({
  service: z.string().optional(),
  phase: z.string().max(40).optional(),
  name: z.string().max(200).optional(),
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** A whole record: five hundred decisions and two curves of 256 points fit well. */
const MAX_REPORT = 2 * 1024 * 1024;

function shortly({ record, host, reportedAt, silent }: KeptRun): Record<string, unknown> {
  const { id, name, service, phase, reason, step, totalSteps, result, createdAt, endedAt } = record;
  const { retries, rollbacks, lastGates } = record;
  return {
    id,
    name,
    service,
    phase,
    reason,
    step,
    totalSteps,
    retries,
    rollbacks,
    gates: lastGates === undefined ? undefined : { passed: lastGates.passed, reason: lastGates.reason },
    result,
    createdAt,
    endedAt,
    host,
    reportedAt,
    silent,
  };
}

/** Routes of training runs. */
export function trainingRoutes(parts: {
  readonly runs: RunBook;
  readonly now: () => number;
  /** A run has been told of. */
  readonly onReport: (run: string) => void;
}): readonly Route[] {
  const { runs, now } = parts;
  return [
    read({
      path: '/api/v1/runs',
      role: 'viewer',
      tag: 'training',
      summary: 'Training runs, newest first.',
      query: filter,
      handle: async (query) => ({ runs: (await runs.list(query)).map(shortly) }),
    }),
    read({
      path: '/api/v1/runs/{id}',
      role: 'viewer',
      tag: 'training',
      summary:
        'One run: its record with decisions and checkpoints, the curves of loss and gradient norm, its gates, and its figures as a service.',
      query: noQuery,
      async handle(_, { params }) {
        const run = await runs.get(params.id ?? '');
        const { record, directory } = run;
        const { curve, gnormCurve, checkpoints, decisions, lastGates, plan, lastFault } = record;
        return {
          ...shortly(run),
          directory,
          trainer: record.trainer,
          attempt: record.attempt,
          plan,
          loss: curve.points,
          gradientNorm: gnormCurve?.points ?? [],
          checkpoints,
          decisions,
          gates: lastGates,
          lastFault,
          skipped: record.skip,
          lineage: { dataFingerprint: record.dataFingerprint, codeVersion: record.codeVersion },
          figures: trainingFigures(record, now()),
        };
      },
    }),
    write({
      method: 'put',
      path: '/api/v1/runs/{id}',
      role: 'operator',
      tag: 'training',
      summary:
        'Tells of a run: its supervisor sends the whole record with every change. An older one than the last is passed over.',
      status: 204,
      body: runReportSchema,
      maxBody: MAX_REPORT,
      async handle(report, { params }) {
        if (report.record.id !== params.id)
          throw new EvenkeelError(
            'bad_request',
            `this is the record of ${report.record.id}, not of ${params.id}`,
          );
        if (await runs.take(report)) parts.onReport(report.record.id);
        return new Reply(204, undefined);
      },
    }),
  ];
}
