import { sql } from 'kysely';
import { json, number, optionalNumber, optionalText, stamp, text } from './columns.ts';
import {
  changesOf,
  type Database,
  type Dialect,
  type Row,
  rowsOf,
  type Statement,
  statement,
} from './database.ts';
import { builder } from './schema.ts';
import type { Outbox, OutboxPut, OutboxRow } from './store.ts';

/** Puts a message, unless its id is there already. */
export function outboxStatement(dialect: Dialect, message: OutboxPut): Statement {
  const query = builder(dialect)
    .insertInto('outbox')
    .values({
      id: message.id,
      destination: message.destination,
      stream: message.stream,
      body: JSON.stringify(message.body ?? null),
      created_at: stamp(message.createdAt),
      state: 'waiting',
      attempts: 0,
      next_at: stamp(message.createdAt),
      last_error: null,
      sent_at: null,
    })
    .onConflict((conflict) => conflict.doNothing());
  return statement(query);
}

function toMessage(row: Row): OutboxRow {
  const state = text(row, 'state');
  return {
    id: text(row, 'id'),
    destination: text(row, 'destination'),
    stream: text(row, 'stream'),
    body: json(row, 'body'),
    createdAt: number(row, 'created_at'),
    state: state === 'sent' || state === 'dead' ? state : 'waiting',
    attempts: number(row, 'attempts'),
    nextAt: number(row, 'next_at'),
    lastError: optionalText(row, 'last_error'),
    sentAt: optionalNumber(row, 'sent_at'),
  };
}

export function outbox(database: Database): Outbox {
  const db = builder(database.dialect);
  const waiting = (id: string) =>
    db.updateTable('outbox').where('id', '=', id).where('state', '=', 'waiting');

  return {
    async take(now, limit, holdMs) {
      const at = stamp(now);
      const due = db
        .selectFrom('outbox as first')
        .select('first.seq')
        .where('first.state', '=', 'waiting')
        .where('first.next_at', '<=', at)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('outbox as earlier')
                .select('earlier.seq')
                .where('earlier.state', '=', 'waiting')
                .whereRef('earlier.destination', '=', 'first.destination')
                .whereRef('earlier.stream', '=', 'first.stream')
                .whereRef('earlier.seq', '<', 'first.seq'),
            ),
          ),
        )
        .orderBy('first.seq')
        .limit(limit);
      const rows = await rowsOf(
        database,
        db
          .with('due', () => (database.dialect === 'postgres' ? due.forUpdate().skipLocked() : due))
          .updateTable('outbox')
          .set({ next_at: at + stamp(holdMs) })
          .where('seq', 'in', (from) => from.selectFrom('due').select('due.seq'))
          .returningAll(),
      );
      return [...rows].sort((a, b) => number(a, 'seq') - number(b, 'seq')).map(toMessage);
    },
    async sent(id, at) {
      await changesOf(
        database,
        waiting(id).set({ state: 'sent', sent_at: stamp(at), attempts: sql`attempts + 1`, last_error: null }),
        // The next of its stream may go now.
        ['outbox'],
      );
    },
    async failed(id, error, nextAt) {
      await changesOf(
        database,
        waiting(id).set({ attempts: sql`attempts + 1`, last_error: error, next_at: stamp(nextAt) }),
      );
    },
    async dead(id, error) {
      await changesOf(
        database,
        waiting(id).set({ state: 'dead', attempts: sql`attempts + 1`, last_error: error }),
        ['outbox'],
      );
    },
    async revive(id, now) {
      const changed = await changesOf(
        database,
        db
          .updateTable('outbox')
          .set({ state: 'waiting', attempts: 0, next_at: stamp(now) })
          .where('id', '=', id)
          .where('state', '=', 'dead'),
        ['outbox'],
      );
      return changed > 0;
    },
    async list(filter) {
      let query = db.selectFrom('outbox').selectAll().orderBy('seq', 'desc').limit(filter.limit);
      if (filter.state !== undefined) query = query.where('state', '=', filter.state);
      if (filter.destination !== undefined) query = query.where('destination', '=', filter.destination);
      if (filter.stream !== undefined) query = query.where('stream', '=', filter.stream);
      return (await rowsOf(database, query)).map(toMessage);
    },
  };
}
