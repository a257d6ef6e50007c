import type { Clock } from '@evenkeel/core';
import { EvenkeelError } from '@evenkeel/core';
import type { Sqlite } from './sqlite.ts';
import type { SqlValue } from './sqlite-messages.ts';

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

const COLUMNS =
  'id, service, kind, request_id, tenant, created_at, reason, content, label, score, state, verdict, decided_by, decided_at, note';

function text(value: SqlValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: SqlValue | undefined): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function parsed(content: string | undefined): unknown {
  return content === undefined ? undefined : JSON.parse(content);
}

function toItem(row: Readonly<Record<string, SqlValue>>): QueueItem {
  return {
    id: text(row.id) ?? '',
    service: text(row.service) ?? '',
    kind: row.kind === 'review' ? 'review' : 'hold',
    requestId: text(row.request_id) ?? '',
    tenant: text(row.tenant) ?? '',
    createdAt: number(row.created_at) ?? 0,
    reason: text(row.reason) ?? '',
    content: parsed(text(row.content)),
    label: text(row.label),
    score: number(row.score),
    state: row.state === 'decided' ? 'decided' : 'waiting',
    verdict: text(row.verdict),
    decidedBy: text(row.decided_by),
    decidedAt: number(row.decided_at),
    note: text(row.note),
  };
}

export function queues(sqlite: Sqlite, clock: Clock): Queues {
  const get = async (id: string): Promise<QueueItem | undefined> => {
    const { rows } = await sqlite.run([
      { sql: `select ${COLUMNS} from queue_item where id = ?`, params: [id] },
    ]);
    const row = rows[0];
    return row === undefined ? undefined : toItem(row);
  };
  return {
    async put(item, capacity) {
      // One statement: two requests cannot both take the last place.
      const { changes } = await sqlite.run([
        {
          sql: `insert into queue_item (id, service, kind, request_id, tenant, created_at, reason, content, label, score, state)
                select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting'
                where (select count(*) from queue_item where service = ? and state = 'waiting') < ?`,
          params: [
            item.id,
            item.service,
            item.kind,
            item.requestId,
            item.tenant,
            Math.round(clock.wall()),
            item.reason,
            JSON.stringify(item.content ?? null),
            item.label ?? null,
            item.score ?? null,
            item.service,
            capacity,
          ],
        },
      ]);
      if (changes === 0) {
        throw new EvenkeelError('queue_full', `the queue of ${item.service} holds ${capacity} items already`);
      }
    },
    async list(filter) {
      const where: string[] = [];
      const params: SqlValue[] = [];
      const add = (condition: string, value: SqlValue | undefined): void => {
        if (value === undefined) return;
        where.push(condition);
        params.push(value);
      };
      add('service = ?', filter.service);
      add('kind = ?', filter.kind);
      add('state = ?', filter.state);
      add('id > ?', filter.after);
      const condition = where.length === 0 ? '' : `where ${where.join(' and ')}`;
      const { rows } = await sqlite.run([
        {
          sql: `select ${COLUMNS} from queue_item ${condition} order by id limit ?`,
          params: [...params, filter.limit],
        },
      ]);
      return rows.map(toItem);
    },
    get,
    async decide(id, verdict, by, note, keepContentMs) {
      const now = Math.round(clock.wall());
      const { rows } = await sqlite.run([
        {
          sql: `update queue_item set state = 'decided', verdict = ?, decided_by = ?, decided_at = ?, note = ?, content_until = ?
                where id = ? and state = 'waiting' returning ${COLUMNS}`,
          params: [verdict, by, now, note ?? null, now + keepContentMs, id],
        },
      ]);
      const row = rows[0];
      if (row !== undefined) return toItem(row);
      const known = await get(id);
      if (known === undefined) throw new EvenkeelError('not_found', `no queue item ${id}`);
      throw new EvenkeelError(
        'conflict',
        `${known.decidedBy ?? 'somebody'} decided ${id} already: ${known.verdict}`,
      );
    },
    async figures(service) {
      const { rows } = await sqlite.run([
        {
          sql: `select count(*) as waiting, min(created_at) as oldest from queue_item where service = ? and state = 'waiting'`,
          params: [service],
        },
      ]);
      return { waiting: number(rows[0]?.waiting) ?? 0, oldestWaitingAt: number(rows[0]?.oldest) };
    },
    async sweep() {
      const { changes } = await sqlite.run([
        {
          sql: 'update queue_item set content = null, content_until = null where content_until <= ?',
          params: [Math.round(clock.wall())],
        },
      ]);
      return changes;
    },
  };
}
