import { type Clock, EvenkeelError, isEvenkeelError, trainingEnded } from '@evenkeel/core';
import type { DocumentRow, Documents } from '@evenkeel/store';
import { type RunReport, runReportSchema } from '@evenkeel/training';
import { z } from 'zod';

/** A run as it was last told of. */
export interface KeptRun extends RunReport {
  /** Wall milliseconds at which the last report came. */
  readonly reportedAt: number;
  /** It has not ended and nobody tells of it any more: its supervisor may be gone. */
  readonly silent: boolean;
}

export interface RunBook {
  /** Takes a report in. False: an older one than the last. */
  take(report: RunReport): Promise<boolean>;
  /** @throws EvenkeelError not_found */
  get(id: string): Promise<KeptRun>;
  /** Newest first. */
  list(filter: {
    readonly service?: string | undefined;
    readonly phase?: string | undefined;
    readonly name?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly KeptRun[]>;
}

/** A supervisor tells of its run every 2 s. */
const SILENT_MS = 30_000;
const TRIES = 5;
/** Of runs that belong to no service. */
const NO_SERVICE = '';

const bodyShape = z.object({ report: runReportSchema, reportedAt: z.number() });

export function runBook(documents: Documents, clock: Clock): RunBook {
  const now = (): number => Math.round(clock.wall());

  function readRun(row: DocumentRow): KeptRun | undefined {
    const body = bodyShape.safeParse(row.body);
    if (!body.success) return undefined;
    const { report, reportedAt } = body.data;
    const silent = !trainingEnded(report.record.phase) && now() - reportedAt > SILENT_MS;
    return { ...report, reportedAt, silent };
  }

  return {
    async take(report) {
      const { record } = report;
      for (let tries = 1; ; tries++) {
        const row = await documents.get('run', record.id);
        const known = row === undefined ? undefined : readRun(row);
        if (known !== undefined && known.revision >= report.revision) {
          // Files that were deleted begin again at 1; the same id on another machine is another run.
          if (known.record.createdAt === record.createdAt) return false;
          throw new EvenkeelError('conflict', `there is another run ${record.id}, of ${known.host}`);
        }
        const put: DocumentRow = {
          kind: 'run',
          id: record.id,
          service: record.service ?? NO_SERVICE,
          state: record.phase,
          label: record.name,
          createdAt: record.createdAt,
          updatedAt: now(),
          revision: row?.revision ?? 0,
          body: { report, reportedAt: now() },
        };
        try {
          await documents.commit({ puts: [put], audit: [], outbox: [] });
          return true;
        } catch (error) {
          if (!isEvenkeelError(error) || error.code !== 'conflict' || tries >= TRIES) throw error;
        }
      }
    },
    async get(id) {
      const row = await documents.get('run', id);
      const kept = row === undefined ? undefined : readRun(row);
      if (kept === undefined) throw new EvenkeelError('not_found', `no run ${id} has been told of here`);
      return kept;
    },
    async list({ service, phase, name, after, limit }) {
      const rows = await documents.list({
        kind: 'run',
        service,
        states: phase === undefined ? undefined : [phase],
        label: name,
        after,
        limit,
      });
      return rows.map(readRun).filter((kept) => kept !== undefined);
    },
  };
}
