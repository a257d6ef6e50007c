import { type Clock, describeError } from '@evenkeel/core';
import type { Documents, Lease } from '@evenkeel/store';
import { Cron } from 'croner';
import { z } from 'zod';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';

/** Starts experiments when their files say so. */
export interface ExperimentSchedule {
  /** One look. Only where this process leads. */
  step(lease: Lease | undefined): Promise<void>;
  /** When an experiment comes next, wall milliseconds; undefined when it has no schedule, or a wrong one. */
  next(entry: CatalogueEntry): number | undefined;
}

/** The files are looked through this often, in milliseconds. */
const READ_EVERY_MS = 30_000;
/** One that could not start at its time is started up to this much later, and then left out, in milliseconds. */
const GRACE_MS = 3_600_000;
const stateBody = z.object({ since: z.number() });

/**
 * The next time of a cron pattern after a moment. @param after wall milliseconds
 * @throws TypeError when the pattern is none
 */
export function nextTime(
  { cron, timeZone }: { readonly cron: string; readonly timeZone: string },
  after: number,
): number | undefined {
  return new Cron(cron, { timezone: timeZone, paused: true }).nextRun(new Date(after))?.getTime();
}

export function experimentSchedule(parts: {
  readonly catalogue: Pick<Catalogue, 'list'>;
  readonly documents: Documents;
  readonly clock: Clock;
  /** Whether something runs on the service now: then it waits. */
  readonly busy: (service: string) => boolean;
  readonly start: (entry: CatalogueEntry) => Promise<void>;
  readonly tell: (what: string, reason: string) => void;
}): ExperimentSchedule {
  const { catalogue, documents, clock, tell } = parts;
  let entries: readonly CatalogueEntry[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  const told = new Set<string>();

  function next(entry: CatalogueEntry, after = clock.wall()): number | undefined {
    const schedule = entry.experiment?.schedule;
    if (schedule === undefined) return undefined;
    try {
      return nextTime(schedule, after);
    } catch (error) {
      const words = `${entry.name}: the schedule "${schedule.cron}" is none`;
      if (!told.has(words)) tell(words, describeError(error));
      told.add(words);
      return undefined;
    }
  }

  async function one(entry: CatalogueEntry, lease: Lease | undefined): Promise<void> {
    const now = Math.round(clock.wall());
    const id = `schedule/${entry.service}/${entry.name}`;
    const row = await documents.get('state', id);
    const known = stateBody.safeParse(row?.body);
    const keep = (since: number): Promise<void> =>
      documents.commit({
        puts: [
          {
            kind: 'state',
            id,
            service: entry.service,
            state: 'scheduled',
            label: entry.name,
            createdAt: row?.createdAt ?? now,
            updatedAt: now,
            revision: row?.revision ?? 0,
            body: { since },
          },
        ],
        audit: [],
        outbox: [],
        lease,
      });
    // From the first time that it is seen: what would have been before was nobody's to start.
    if (!known.success) {
      await keep(now);
      return;
    }
    const due = next(entry, known.data.since);
    if (due === undefined || due > now) return;
    const late = now - due > GRACE_MS;
    if (!late && parts.busy(entry.service)) return;
    // Kept before it is started: it is rather left out once than started twice.
    await keep(now);
    if (late) tell(`${entry.name} was left out`, `its time was ${new Date(due).toISOString()}`);
    else await parts.start(entry);
  }

  return {
    next: (entry) => next(entry),
    async step(lease) {
      if (clock.now() - readAt >= READ_EVERY_MS) {
        readAt = clock.now();
        entries = (await catalogue.list()).filter(({ experiment }) => experiment?.schedule !== undefined);
      }
      for (const entry of entries)
        await one(entry, lease).catch((error: unknown) =>
          tell(`${entry.name} could not be started on its schedule`, describeError(error)),
        );
    },
  };
}
