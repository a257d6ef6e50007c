import type { Clock } from '@evenkeel/core';
import { EvenkeelError } from '@evenkeel/core';
import { sql } from 'kysely';
import { inOrderOfArrival } from './arrival.ts';
import { json, number, optionalNumber, optionalText, stamp, text } from './columns.ts';
import { changesOf, type Database, type Row, rowsOf, type Statement, statement } from './database.ts';
import { builder } from './schema.ts';

/** `hold`: the answer waits for a person; `review`: a person looks at an answer that was given. */
export type QueueKind = 'hold' | 'review';

export interface NewQueueItem {
  readonly id: string;
  readonly service: string;
  readonly kind: QueueKind;
  readonly requestId: string;
  readonly tenant: string;
  readonly reason: string;
  /** What the person has to see; kept until the verdict and a stated time after. */
  readonly content: unknown;
  readonly label?: string | undefined;
  readonly score?: number | undefined;
}

export interface QueueItem extends NewQueueItem {
  readonly createdAt: number;
  readonly state: 'waiting' | 'decided';
  readonly verdict: string | undefined;
  readonly decidedBy: string | undefined;
  readonly decidedAt: number | undefined;
  readonly note: string | undefined;
}

export interface QueueFigures {
  readonly waiting: number;
  readonly oldestWaitingAt: number | undefined;
}

/** Queues of held and reviewable items: durable before `put` and `decide` resolve. */
export interface Queues {
  /** @throws EvenkeelError queue_full when `capacity` items of the service wait already */
  put(item: NewQueueItem, capacity: number): Promise<void>;
  list(filter: {
    service?: string | undefined;
    kind?: QueueKind | undefined;
    state?: 'waiting' | 'decided' | undefined;
    limit: number;
    after?: string | undefined;
  }): Promise<readonly QueueItem[]>;
  get(id: string): Promise<QueueItem | undefined>;
  /**
   * @throws EvenkeelError not_found, or conflict when somebody else has decided it already
   */
  decide(
    id: string,
    verdict: string,
    by: string,
    note: string | undefined,
    keepContentMs: number,
  ): Promise<QueueItem>;
  figures(service: string): Promise<QueueFigures>;
  /** Forgets contents whose time is up; returns how many. */
  sweep(): Promise<number>;
}

function toItem(row: Row): QueueItem {
  return {
    id: text(row, 'id'),
    service: text(row, 'service'),
    kind: row.kind === 'review' ? 'review' : 'hold',
    requestId: text(row, 'request_id'),
    tenant: text(row, 'tenant'),
    createdAt: number(row, 'created_at'),
    reason: text(row, 'reason'),
    content: json(row, 'content'),
    label: optionalText(row, 'label'),
    score: optionalNumber(row, 'score'),
    state: row.state === 'decided' ? 'decided' : 'waiting',
    verdict: optionalText(row, 'verdict'),
    decidedBy: optionalText(row, 'decided_by'),
    decidedAt: optionalNumber(row, 'decided_at'),
    note: optionalText(row, 'note'),
  };
}

export function queues(database: Database, clock: Clock): Queues {
  const { dialect } = database;
  const db = builder(dialect);
  const get = async (id: string): Promise<QueueItem | undefined> => {
    const [row] = await rowsOf(database, db.selectFrom('queue_item').selectAll().where('id', '=', id));
    return row === undefined ? undefined : toItem(row);
  };

  /** Written only while there is room: two requests cannot both take the last place. */
  function putStatement(item: NewQueueItem, capacity: number): Statement {
    const content = JSON.stringify(item.content ?? null);
    return statement(
      sql`insert into queue_item (id, service, kind, request_id, tenant, created_at, reason, content, label, score, state)
          select cast(${item.id} as text), cast(${item.service} as text), cast(${item.kind} as text),
            cast(${item.requestId} as text), cast(${item.tenant} as text), cast(${stamp(clock.wall())} as bigint),
            cast(${item.reason} as text), cast(${content} as text), cast(${item.label ?? null} as text),
            cast(${item.score ?? null} as double precision), 'waiting'
          where (select count(*) from queue_item where service = ${item.service} and state = 'waiting') < ${capacity}`.compile(
        db,
      ),
    );
  }

  return {
    async put(item, capacity) {
      const [, written] = await database.run([
        inOrderOfArrival(dialect, 'queue_item'),
        putStatement(item, capacity),
      ]);
      if (written?.changes === 0) {
        throw new EvenkeelError('queue_full', `the queue of ${item.service} holds ${capacity} items already`);
      }
    },
    async list(filter) {
      let query = db.selectFrom('queue_item').selectAll().orderBy('id').limit(filter.limit);
      if (filter.service !== undefined) query = query.where('service', '=', filter.service);
      if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
      if (filter.state !== undefined) query = query.where('state', '=', filter.state);
      if (filter.after !== undefined) query = query.where('id', '>', filter.after);
      return (await rowsOf(database, query)).map(toItem);
    },
    get,
    async decide(id, verdict, by, note, keepContentMs) {
      const now = stamp(clock.wall());
      const query = db
        .updateTable('queue_item')
        .set({
          state: 'decided',
          verdict,
          decided_by: by,
          decided_at: now,
          note: note ?? null,
          content_until: now + stamp(keepContentMs),
        })
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .returningAll();
      const [row] = await rowsOf(database, query);
      if (row !== undefined) return toItem(row);
      const known = await get(id);
      if (known === undefined) throw new EvenkeelError('not_found', `no queue item ${id}`);
      throw new EvenkeelError(
        'conflict',
        `${known.decidedBy ?? 'somebody'} decided ${id} already: ${known.verdict}`,
      );
    },
    async figures(service) {
      const query = db
        .selectFrom('queue_item')
        .select(({ fn }) => [fn.countAll().as('waiting'), fn.min('created_at').as('oldest')])
        .where('service', '=', service)
        .where('state', '=', 'waiting');
      const [row] = await rowsOf(database, query);
      return row === undefined
        ? { waiting: 0, oldestWaitingAt: undefined }
        : { waiting: number(row, 'waiting'), oldestWaitingAt: optionalNumber(row, 'oldest') };
    },
    sweep() {
      const query = db
        .updateTable('queue_item')
        .set({ content: null, content_until: null })
        .where('content_until', '<=', stamp(clock.wall()));
      return changesOf(database, query);
    },
  };
}
