import type { Clock } from '@evenkeel/core';
import { sql } from 'kysely';
import { inOrderOfArrival } from './arrival.ts';
import { batchStatement, type ColumnType } from './batch.ts';
import { bytes, json, number, stamp, text } from './columns.ts';
import { type Database, type Row, rowsOf, type Statement, statement } from './database.ts';
import { fence } from './leases.ts';
import { builder } from './schema.ts';
import { packMinutes, unpackMinutes } from './series-codec.ts';
import type { Rollups, SeriesBlock } from './store.ts';

const ROLLUP: Readonly<Record<string, ColumnType>> = {
  replica: 'text',
  sequence: 'integer',
  service: 'text',
  from_at: 'integer',
  to_at: 'integer',
  arrived_at: 'integer',
  body: 'text',
};
const BLOCK: Readonly<Record<string, ColumnType>> = {
  service: 'text',
  objective: 'text',
  segment: 'text',
  hour: 'integer',
  good: 'real',
  total: 'real',
  minutes: 'bytes',
};
const STATE: Readonly<Record<string, ColumnType>> = { consumer: 'text', key: 'text', body: 'bytes' };

function toBlock(row: Row): SeriesBlock {
  return {
    service: text(row, 'service'),
    objective: text(row, 'objective'),
    segment: text(row, 'segment'),
    hour: number(row, 'hour'),
    good: number(row, 'good'),
    total: number(row, 'total'),
    minutes: unpackMinutes(bytes(row, 'minutes')),
  };
}

/** Encoding ten thousand blocks takes a tenth of a second: whoever serves on this thread gets a turn in between. */
const CHUNK = 250;
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += CHUNK) yield items.slice(i, i + CHUNK);
}

export function rollups(database: Database, clock: Clock): Rollups {
  const { dialect } = database;
  const db = builder(dialect);

  const insertRollups = batchStatement(
    dialect,
    ROLLUP,
    (rows, names) =>
      sql`insert into rollup (${names}) select ${names} from ${rows} where true on conflict do nothing`,
  );
  const putBlocks = batchStatement(
    dialect,
    BLOCK,
    (rows, names) =>
      sql`insert into series_block (${names}) select ${names} from ${rows} where true
          on conflict (service, objective, segment, hour)
          do update set good = excluded.good, total = excluded.total, minutes = excluded.minutes`,
  );
  const putState = batchStatement(
    dialect,
    STATE,
    (rows, names) =>
      sql`insert into consumer_state (${names}) select ${names} from ${rows} where true
          on conflict (consumer, key) do update set body = excluded.body`,
  );

  function blockStatement(blocks: readonly SeriesBlock[]): Statement {
    const rows = blocks.map((block) => [
      block.service,
      block.objective,
      block.segment,
      stamp(block.hour),
      block.good,
      block.total,
      packMinutes(block.minutes),
    ]);
    return putBlocks(rows);
  }

  return {
    async append(rows) {
      if (rows.length === 0) return;
      const arrivedAt = stamp(clock.wall());
      const cells = rows.map((row) => [
        row.replica,
        row.sequence,
        row.service,
        stamp(row.from),
        stamp(row.to),
        arrivedAt,
        JSON.stringify(row.body ?? null),
      ]);
      await database.run([inOrderOfArrival(dialect, 'rollup'), insertRollups(cells)], ['rollups']);
    },
    async since(cursor, limit) {
      const rows = await rowsOf(
        database,
        db.selectFrom('rollup').selectAll().where('cursor', '>', cursor).orderBy('cursor').limit(limit),
      );
      return rows.map((row) => ({
        cursor: number(row, 'cursor'),
        replica: text(row, 'replica'),
        sequence: number(row, 'sequence'),
        service: text(row, 'service'),
        from: number(row, 'from_at'),
        to: number(row, 'to_at'),
        arrivedAt: number(row, 'arrived_at'),
        body: json(row, 'body'),
      }));
    },
    async apply({ consumer, cursor, blocks, state, lease }) {
      const operation: Statement[] = [];
      if (lease !== undefined) operation.push(fence(dialect, lease));
      operation.push(
        statement(
          db
            .insertInto('consumer')
            .values({ name: consumer, cursor })
            .onConflict((conflict) =>
              conflict
                .column('name')
                .doUpdateSet({ cursor })
                // What was counted once is not counted again, whoever believes to lead.
                .where('consumer.cursor', '<=', cursor),
            ),
          { rows: 1, otherwise: `${consumer} has counted beyond ${cursor} already` },
        ),
      );
      for (const some of chunks(blocks)) {
        operation.push(blockStatement(some));
        await breath();
      }
      for (const some of chunks(state)) {
        operation.push(putState(some.map(({ key, body }) => [consumer, key, body])));
        await breath();
      }
      await database.run(operation);
    },
    async cursor(consumer) {
      const query = db.selectFrom('consumer').select('cursor').where('name', '=', consumer);
      const [row] = await rowsOf(database, query);
      return row === undefined ? 0 : number(row, 'cursor');
    },
    async state(consumer, prefix) {
      const rows = await rowsOf(
        database,
        db
          .selectFrom('consumer_state')
          .select(['key', 'body'])
          .where('consumer', '=', consumer)
          .where('key', '>=', prefix)
          .where(sql<boolean>`substr(key, 1, ${[...prefix].length}) = ${prefix}`)
          .orderBy('key'),
      );
      return rows.map((row) => ({ key: text(row, 'key'), body: bytes(row, 'body') }));
    },
    async blocks(filter) {
      let query = db
        .selectFrom('series_block')
        .selectAll()
        .where('hour', '>=', stamp(filter.from))
        .where('hour', '<', stamp(filter.to))
        .orderBy('hour');
      if (filter.service !== undefined) query = query.where('service', '=', filter.service);
      if (filter.objective !== undefined) query = query.where('objective', '=', filter.objective);
      if (filter.segment !== undefined) query = query.where('segment', '=', filter.segment);
      return (await rowsOf(database, query)).map(toBlock);
    },
    async sum(key, from, to) {
      const [row] = await rowsOf(
        database,
        db
          .selectFrom('series_block')
          .select(({ fn }) => [fn.sum('good').as('good'), fn.sum('total').as('total')])
          .where('service', '=', key.service)
          .where('objective', '=', key.objective)
          .where('segment', '=', key.segment)
          .where('hour', '>=', stamp(from))
          .where('hour', '<', stamp(to)),
      );
      // The sum of no rows is null.
      return {
        good: row?.good == null ? 0 : number(row, 'good'),
        total: row?.total == null ? 0 : number(row, 'total'),
      };
    },
  };
}
