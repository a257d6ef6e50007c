import {
  type AlertLogEntry,
  type AlertState,
  alertReason,
  type Clock,
  idMaker,
  observeAlert,
  type Random,
  RESOLVED,
} from '@evenkeel/core';
import type { DocumentRow, Documents, Lease } from '@evenkeel/store';
import { z } from 'zod';
import type { Standing } from './evaluator.ts';

/** One time that an alert fired. */
export interface AlertEpisode {
  readonly id: string;
  readonly service: string;
  readonly objective: string;
  readonly segment: string;
  readonly pair: string;
  readonly severity: 'page' | 'ticket';
  readonly state: AlertState;
  readonly log: readonly AlertLogEntry[];
}

const alertState = z.object({
  state: z.enum(['resolved', 'firing']),
  firedAt: z.number().optional(),
  peakBurn: z.number(),
  held: z.boolean(),
  quietSince: z.number().optional(),
});
const logEntry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fired'), at: z.number(), reason: z.string(), burn: z.number().optional() }),
  z.object({
    kind: z.literal('resolved'),
    at: z.number(),
    firedAt: z.number(),
    reason: z.string(),
    peakBurn: z.number(),
  }),
  z.object({
    kind: z.literal('restated'),
    at: z.number(),
    about: z.number(),
    fired: z.boolean(),
    wouldHaveFired: z.boolean(),
    reason: z.string(),
  }),
]);
const episodeBody = z.object({
  objective: z.string(),
  segment: z.string(),
  pair: z.string(),
  severity: z.enum(['page', 'ticket']),
  state: alertState,
  log: z.array(logEntry),
});

/** An infinite burn has no JSON; it is written as the most that a number can say. */
const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);

function episodeOf(row: DocumentRow): AlertEpisode | undefined {
  const parsed = episodeBody.safeParse(row.body);
  if (!parsed.success) return undefined;
  const { state, log, ...rest } = parsed.data;
  return {
    ...rest,
    id: row.id,
    service: row.service,
    state: { ...state, firedAt: state.firedAt, quietSince: state.quietSince },
    log: log.map((entry): AlertLogEntry => (entry.kind === 'fired' ? { ...entry, burn: entry.burn } : entry)),
  };
}

export interface AlertBook {
  /** Looks at every alert; what began or ended is durable when it resolves. */
  observe(standings: readonly Standing[], lease: Lease | undefined): Promise<readonly AlertEpisode[]>;
  /** What fires is read again before the next look: somebody else may have led meanwhile. */
  forget(): void;
  /** Newest first. */
  list(filter: {
    readonly service?: string | undefined;
    readonly objective?: string | undefined;
    readonly state?: 'firing' | 'resolved' | undefined;
    readonly limit: number;
  }): Promise<readonly AlertEpisode[]>;
}

/** Firing alerts are looked for among this many of the newest when a process starts. */
const RECENT = 1_000;

/** Remembers when alerts fired: what fired, fired, whatever the counts say later. */
export function alertBook(documents: Documents, clock: Clock, random: Random): AlertBook {
  const newId = idMaker('al', clock, random);
  /** Those that fire now, by objective, segment and pair. */
  let firing: Map<string, { readonly episode: AlertEpisode; readonly row: DocumentRow }> | undefined;
  const keyOf = (service: string, objective: string, segment: string, pair: string): string =>
    JSON.stringify([service, objective, segment, pair]);

  async function restore(): Promise<NonNullable<typeof firing>> {
    const found: NonNullable<typeof firing> = new Map();
    for (const row of await documents.list({ kind: 'alert', states: ['firing'], limit: RECENT })) {
      const episode = episodeOf(row);
      if (episode === undefined) continue;
      found.set(keyOf(episode.service, episode.objective, episode.segment, episode.pair), { episode, row });
    }
    return found;
  }

  function rowOf(episode: AlertEpisode, before: DocumentRow | undefined, at: number): DocumentRow {
    const { id, service, ...body } = episode;
    return {
      kind: 'alert',
      id,
      service,
      state: episode.state.state,
      label: episode.objective,
      createdAt: before?.createdAt ?? at,
      updatedAt: at,
      revision: before?.revision ?? 0,
      body: {
        ...body,
        state: { ...episode.state, peakBurn: finite(episode.state.peakBurn) },
      },
    };
  }

  return {
    async observe(standings, lease) {
      firing ??= await restore();
      const at = Math.round(clock.wall());
      const changed: AlertEpisode[] = [];
      const puts: DocumentRow[] = [];
      const after = new Map(firing);
      for (const { status, prepared } of standings) {
        const { service, objective, segment } = status;
        for (const alert of status.alerts) {
          const key = keyOf(service, objective, segment, alert.pair);
          const known = firing.get(key);
          const step = observeAlert(known?.episode.state ?? RESOLVED, alert, at, () =>
            alertReason(alert, status, prepared),
          );
          const { entry } = step;
          if (entry === undefined) {
            // Not worth a write: a restart begins its wait for the end anew.
            if (known !== undefined && step.state !== known.episode.state) {
              after.set(key, { ...known, episode: { ...known.episode, state: step.state } });
            }
            continue;
          }
          const episode: AlertEpisode = {
            id: known?.episode.id ?? newId(),
            service,
            objective,
            segment,
            pair: alert.pair,
            severity: alert.severity,
            state: entry.kind === 'resolved' ? { ...step.state, firedAt: entry.firedAt } : step.state,
            log: [...(known?.episode.log ?? []), entry],
          };
          const row = rowOf(episode, known?.row, at);
          puts.push(row);
          changed.push(episode);
          if (step.state.state === 'resolved') after.delete(key);
          else after.set(key, { episode, row: { ...row, revision: row.revision + 1 } });
        }
      }
      if (puts.length === 0) {
        firing = after;
        return [];
      }
      await documents.commit({ puts, audit: [], outbox: [], lease });
      firing = after;
      return changed;
    },
    forget() {
      firing = undefined;
    },
    async list({ service, objective, state, limit }) {
      const rows = await documents.list({
        kind: 'alert',
        service,
        label: objective,
        states: state === undefined ? undefined : [state],
        limit,
      });
      return rows.map(episodeOf).filter((episode) => episode !== undefined);
    },
  };
}
