import type { Clock } from '@evenkeel/core';
import { type RawBuilder, sql } from 'kysely';
import { number } from './columns.ts';
import { type Database, type Dialect, rowsOf, type Statement, statement } from './database.ts';
import { builder } from './schema.ts';
import type { Lease, Leases } from './store.ts';

/**
 * A statement that an operation is bound to: it fails with `conflict` unless the lease is the newest of its name. The row stays
 * locked until the operation ends, so nobody takes the lead in the middle of it.
 */
export function fence(dialect: Dialect, lease: Lease): Statement {
  const query = builder(dialect)
    .selectFrom('lease')
    .select('token')
    .where('name', '=', lease.name)
    .where('holder', '=', lease.holder)
    .where('token', '=', lease.token);
  return statement(dialect === 'postgres' ? query.forShare() : query, {
    rows: 1,
    otherwise: `${lease.holder} does not lead ${lease.name} any more`,
  });
}

/** Now, in wall milliseconds: of the database where many machines share it, so that their clocks do not have to agree. */
function wallNow(dialect: Dialect, clock: Clock): RawBuilder<number> {
  return dialect === 'sqlite'
    ? sql<number>`${Math.round(clock.wall())}`
    : sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;
}

export function leases(database: Database, clock: Clock): Leases {
  const db = builder(database.dialect);
  return {
    async take(name, holder, ttlMs) {
      const now = wallNow(database.dialect, clock);
      const until = sql<number>`${now} + ${Math.round(ttlMs)}`;
      const ours = sql<boolean>`lease.holder = excluded.holder and lease.expires_at > ${now}`;
      const [row] = await rowsOf(
        database,
        db
          .insertInto('lease')
          .values({ name, holder, token: 1, expires_at: until })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({
                holder: sql`excluded.holder`,
                token: sql`case when ${ours} then lease.token else lease.token + 1 end`,
                expires_at: sql`excluded.expires_at`,
              })
              .where(sql<boolean>`lease.holder = excluded.holder or lease.expires_at <= ${now}`),
          )
          .returning('token'),
      );
      return row === undefined ? undefined : { name, holder, token: number(row, 'token') };
    },
    async release(lease) {
      // The row stays, so that the next token is higher than this one.
      await rowsOf(
        database,
        db
          .updateTable('lease')
          .set({ expires_at: 0 })
          .where('name', '=', lease.name)
          .where('holder', '=', lease.holder)
          .where('token', '=', lease.token),
      );
    },
  };
}
