import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { batch, type Cell, type ColumnType, columnList } from './batch.ts';
import { canonical, json, number, optionalText, stamp, text } from './columns.ts';
import { type Database, plainText, type Row, rowsOf, statement } from './database.ts';
import { inOrderOfArrival } from './arrival.ts';
import { builder } from './schema.ts';
import type { FactKind, FactRow, Facts } from './store.ts';

const KEY = { kind: 'text', service: 'text', id: 'text' } as const;
const COLUMNS: Readonly<Record<string, ColumnType>> = {
  ...KEY,
  at: 'integer',
  arrived_at: 'integer',
  sent_by: 'text',
  request: 'text',
  digest: 'text',
  body: 'text',
};

interface Encoded {
  readonly key: string;
  readonly digest: string;
  readonly cells: readonly Cell[];
}

/** The key of a row as the database has it. */
const keyOf = (kind: string, service: string, id: string): string =>
  JSON.stringify([kind, plainText(service), plainText(id)]);

function encode(row: FactRow): Encoded {
  const body = canonical(row.body);
  const digest = createHash('sha256').update(body).digest('hex');
  return {
    key: keyOf(row.kind, row.service, row.id),
    digest,
    cells: [
      row.kind,
      row.service,
      row.id,
      stamp(row.at),
      stamp(row.arrivedAt),
      row.by,
      row.request,
      digest,
      body,
    ],
  };
}

function toFact(kind: FactKind, row: Row): FactRow & { readonly cursor: number } {
  return {
    cursor: number(row, 'cursor'),
    kind,
    service: text(row, 'service'),
    id: text(row, 'id'),
    at: number(row, 'at'),
    arrivedAt: number(row, 'arrived_at'),
    by: text(row, 'sent_by'),
    request: optionalText(row, 'request'),
    body: json(row, 'body'),
  };
}

export function facts(database: Database): Facts {
  const { dialect } = database;
  const db = builder(dialect);
  const rowsIn = (table: string, rows: readonly Encoded[], ending: RawBuilder<unknown>) =>
    statement(
      sql`insert into ${sql.table(table)} (${columnList(COLUMNS)}) select ${columnList(COLUMNS)} from ${batch(
        dialect,
        COLUMNS,
        rows.map(({ cells }) => cells),
      )} where true on conflict do nothing ${ending}`.compile(db),
    );

  return {
    async add(rows) {
      if (rows.length === 0) return [];
      const encoded = rows.map(encode);
      // The first of each key speaks for it; what follows in the same batch is compared with it.
      const firsts = [...new Map(encoded.toReversed().map((row) => [row.key, row])).values()];
      const keys = firsts.map(({ cells }) => cells.slice(0, 3));
      const [, inserted, stored] = await database.run(
        [
          inOrderOfArrival(dialect, 'fact'),
          rowsIn('fact', firsts.toReversed(), sql`returning kind, service, id`),
          statement(
            sql`select fact.kind, fact.service, fact.id, fact.digest from ${batch(dialect, KEY, keys)}
                join fact on fact.kind = batch.kind and fact.service = batch.service and fact.id = batch.id`.compile(
              db,
            ),
          ),
        ],
        ['facts'],
      );
      const rowKey = (row: Row): string => keyOf(text(row, 'kind'), text(row, 'service'), text(row, 'id'));
      const added = new Set(inserted?.rows.map(rowKey));
      const digests = new Map(stored?.rows.map((row) => [rowKey(row), text(row, 'digest')]));
      const answers = encoded.map(({ key, digest }) => {
        if (digest !== digests.get(key)) return 'contradicts';
        return added.delete(key) ? 'added' : 'known';
      });
      // Set aside in an operation of its own: until it is durable too nobody is told, and whoever asks again gets here again.
      const aside = encoded.filter((_row, i) => answers[i] === 'contradicts');
      if (aside.length > 0) await database.run([rowsIn('fact_aside', aside, sql``)]);
      return answers;
    },
    async list(filter) {
      let query = db
        .selectFrom('fact')
        .selectAll()
        .where('kind', '=', filter.kind)
        .orderBy(filter.after === undefined ? 'at' : 'cursor', filter.after === undefined ? 'desc' : 'asc')
        .limit(filter.limit);
      if (filter.after === undefined) query = query.orderBy('cursor', 'desc');
      else query = query.where('cursor', '>', filter.after);
      if (filter.service !== undefined) query = query.where('service', '=', filter.service);
      if (filter.request !== undefined) query = query.where('request', '=', filter.request);
      if (filter.from !== undefined) query = query.where('at', '>=', stamp(filter.from));
      if (filter.to !== undefined) query = query.where('at', '<', stamp(filter.to));
      return (await rowsOf(database, query)).map((row) => toFact(filter.kind, row));
    },
    async get(kind, service, id) {
      const [row] = await rowsOf(
        database,
        db
          .selectFrom('fact')
          .selectAll()
          .where('kind', '=', kind)
          .where('service', '=', service)
          .where('id', '=', id),
      );
      return row === undefined ? undefined : toFact(kind, row);
    },
  };
}
