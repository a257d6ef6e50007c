import type { Clock } from '@evenkeel/core';
import { type RawBuilder, sql } from 'kysely';
import { number, optionalNumber, stamp, text } from './columns.ts';
import { changesOf, type Database, rowsOf, statement } from './database.ts';
import { builder } from './schema.ts';
import type { Retention } from './store.ts';

/** Rows per transaction: a few milliseconds, so that whoever writes meanwhile hardly waits. */
const BATCH = 2_000;
/** Raw rollups stay at least so long: their numbers are what makes a retry harmless. */
const LEAST_ROLLUPS_MS = 3_600_000;
/** Pages that are given back to the file system at a time. */
const PAGES = 1_000;

/** Deletes rows of `table` by its `key`, as long as the selection of keys finds any. */
async function deleteBatches(
  database: Database,
  table: string,
  key: string,
  where: RawBuilder<unknown>,
): Promise<number> {
  const query = sql`delete from ${sql.table(table)} where ${sql.ref(key)} in
    (select ${sql.ref(key)} from ${sql.table(table)} where ${where} limit ${sql.lit(BATCH)})`;
  let deleted = 0;
  for (;;) {
    const changes = await changesOf(database, query.compile(builder(database.dialect)));
    deleted += changes;
    if (changes < BATCH) return deleted;
  }
}

/** The services of a table, found by jumping through its index on (service, at). */
async function services(database: Database, table: string): Promise<readonly string[]> {
  const rows = await rowsOf(
    database,
    sql`with recursive found(service) as (
          select min(service) from ${sql.table(table)}
          union all
          select (select min(next.service) from ${sql.table(table)} as next where next.service > found.service)
          from found where found.service is not null
        ) select service from found where service is not null`.compile(builder(database.dialect)),
  );
  return rows.map((row) => text(row, 'service'));
}

async function sweepRequests(database: Database, table: string, before: number): Promise<number> {
  let deleted = 0;
  for (const service of await services(database, table)) {
    deleted += await deleteBatches(database, table, 'seq', sql`service = ${service} and at < ${before}`);
  }
  return deleted;
}

/** The highest number of a row less the most rows that may stay is what has to go; numbers grow with arrival. */
async function sweepOverflow(database: Database, most: number): Promise<number> {
  const [row] = await rowsOf(
    database,
    builder(database.dialect)
      .selectFrom('prediction')
      .select(({ fn }) => fn.max('seq').as('newest')),
  );
  const newest = row === undefined ? undefined : optionalNumber(row, 'newest');
  if (newest === undefined || newest <= most) return 0;
  return deleteBatches(database, 'prediction', 'seq', sql`seq <= ${newest - most}`);
}

/** Raw rollups that every consumer has counted; those that nobody ever counts go when series would. */
async function sweepRollups(database: Database, now: number, retention: Retention): Promise<number> {
  const [row] = await rowsOf(
    database,
    builder(database.dialect)
      .selectFrom('consumer')
      .select(({ fn }) => fn.min('cursor').as('counted')),
  );
  const counted = (row === undefined ? undefined : optionalNumber(row, 'counted')) ?? 0;
  const before = now - Math.max(LEAST_ROLLUPS_MS, retention.rollupsMs);
  const swept = await deleteBatches(
    database,
    'rollup',
    'cursor',
    sql`cursor <= ${counted} and arrived_at < ${before}`,
  );
  const lost = stamp(now - Math.max(retention.seriesMs, retention.rollupsMs, LEAST_ROLLUPS_MS));
  return swept + (await deleteBatches(database, 'rollup', 'cursor', sql`arrived_at < ${lost}`));
}

/** Series have a key of four columns; hours go one after the other. */
async function sweepSeries(database: Database, before: number): Promise<number> {
  const db = builder(database.dialect);
  let deleted = 0;
  for (;;) {
    const [row] = await rowsOf(
      database,
      db.selectFrom('series_block').select(({ fn }) => fn.min('hour').as('oldest')),
    );
    const oldest = row === undefined ? undefined : optionalNumber(row, 'oldest');
    if (oldest === undefined || oldest >= before) return deleted;
    deleted += await changesOf(database, db.deleteFrom('series_block').where('hour', '=', oldest));
  }
}

/** The oldest entries leave the audit log, and the chain begins at the last of them from then on: one transaction each time. */
async function sweepAudit(database: Database, before: number): Promise<number> {
  const db = builder(database.dialect);
  let deleted = 0;
  for (;;) {
    const [row] = await rowsOf(
      database,
      sql`select id, hash from audit_entry as last where id < (
            select coalesce(min(young.id), (select last_id + 1 from audit_head)) from audit_entry as young where young.at >= ${before}
          ) and id <= (select base_id from audit_head) + ${sql.lit(BATCH)} order by id desc limit 1`.compile(
        db,
      ),
    );
    if (row === undefined) return deleted;
    const id = number(row, 'id');
    const [, gone] = await database.run([
      statement(
        db
          .updateTable('audit_head')
          .set({ base_id: id, base_hash: text(row, 'hash') })
          .where('base_id', '<', id),
        {
          rows: 1,
          otherwise: 'somebody else sweeps the audit log',
        },
      ),
      statement(db.deleteFrom('audit_entry').where('id', '<=', id)),
    ]);
    deleted += gone?.changes ?? 0;
  }
}

/** See `Store.sweep`. */
export async function sweep(
  database: Database,
  clock: Clock,
  retention: Retention,
): Promise<Readonly<Record<string, number>>> {
  const now = stamp(clock.wall());
  const before = (ms: number): number => stamp(now - ms);
  const facts = before(retention.factsMs);
  const swept = {
    rollups: await sweepRollups(database, now, retention),
    series: await sweepSeries(database, before(retention.seriesMs)),
    predictions:
      (await sweepRequests(database, 'prediction', before(retention.predictionsMs))) +
      (await sweepOverflow(database, retention.predictionsMax)),
    records: await sweepRequests(database, 'request_record', before(retention.recordsMs)),
    facts: await deleteBatches(database, 'fact', 'cursor', sql`arrived_at < ${facts}`),
    audit: await sweepAudit(database, before(retention.auditMs)),
    directives: await deleteBatches(
      database,
      'directive',
      'id',
      sql`expires_at < ${before(retention.recordsMs)}`,
    ),
    // Who was told what is kept as long as who did what.
    outbox: await deleteBatches(
      database,
      'outbox',
      'seq',
      sql`state = 'sent' and sent_at < ${before(retention.auditMs)}`,
    ),
  };
  await changesOf(
    database,
    builder(database.dialect).deleteFrom('fact_aside').where('arrived_at', '<', facts),
  );
  await giveBack(database);
  return swept;
}

/** SQLite keeps freed pages for new rows; they go back to the file system some at a time, so that a full disk can recover. */
async function giveBack(database: Database): Promise<void> {
  if (database.dialect !== 'sqlite') return;
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const [, free] = await database.run([
      { sql: `pragma incremental_vacuum(${PAGES})`, params: [] },
      { sql: 'pragma freelist_count', params: [] },
    ]);
    // A file of the first release was made without this ability: then nothing changes.
    const left = Number(free?.rows[0]?.freelist_count ?? 0);
    if (left === 0 || left >= before) return;
    before = left;
  }
}
