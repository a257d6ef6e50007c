import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { inOrderOfArrival } from './arrival.ts';
import { batchStatement, type Cell, type ColumnType } from './batch.ts';
import { canonical, json, number, optionalText, stamp, text } from './columns.ts';
import { type Database, plainText, type Row, rowsOf } from './database.ts';
import { gathered } from './gather.ts';
import { builder } from './schema.ts';
import type { FactKind, FactRow, Facts } from './store.ts';

const COLUMNS: Readonly<Record<string, ColumnType>> = {
  key: 'text',
  kind: 'text',
  service: 'text',
  id: 'text',
  at: 'integer',
  arrived_at: 'integer',
  sent_by: 'text',
  request: 'text',
  digest: 'text',
  body: 'text',
};

type FactAnswer = 'added' | 'known' | 'contradicts';

interface Encoded {
  readonly key: string;
  readonly digest: string;
  readonly cells: readonly Cell[];
}

const keyOf = (kind: string, service: string, id: string): string =>
  JSON.stringify([kind, plainText(service), plainText(id)]);

function encode(row: FactRow): Encoded {
  const body = canonical(row.body);
  const digest = createHash('sha256').update(body).digest('hex');
  const key = keyOf(row.kind, row.service, row.id);
  return {
    key,
    digest,
    cells: [
      key,
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
  const insert = batchStatement(
    dialect,
    COLUMNS,
    (rows, names) =>
      sql`insert into fact (${names}) select ${names} from ${rows} where true on conflict do nothing returning key`,
  );
  const insertAside = batchStatement(
    dialect,
    COLUMNS,
    (rows, names) =>
      sql`insert into fact_aside (${names}) select ${names} from ${rows} where true on conflict do nothing`,
  );
  const digestsOf = batchStatement(
    dialect,
    { key: 'text' },
    (rows) => sql`select fact.key, fact.digest from ${rows} join fact on fact.key = batch.key`,
  );

  async function add(rows: readonly FactRow[]): Promise<readonly FactAnswer[]> {
    const encoded = rows.map(encode);
    // The first of each key speaks for it; what follows in the same batch is compared with it.
    const firsts = [...new Map(encoded.toReversed().map((row) => [row.key, row])).values()].toReversed();
    const [, inserted, stored] = await database.run(
      [
        inOrderOfArrival(dialect, 'fact'),
        insert(firsts.map(({ cells }) => cells)),
        digestsOf(firsts.map(({ key }) => [key])),
      ],
      ['facts'],
    );
    const added = new Set(inserted?.rows.map((row) => text(row, 'key')));
    const digests = new Map(stored?.rows.map((row) => [text(row, 'key'), text(row, 'digest')]));
    const answers = encoded.map(({ key, digest }) => {
      if (digest !== digests.get(key)) return 'contradicts';
      return added.delete(key) ? 'added' : 'known';
    });
    // Set aside in an operation of its own: until it is durable too nobody is told, and whoever asks again gets here again.
    const aside = encoded.filter((_row, i) => answers[i] === 'contradicts');
    if (aside.length > 0) await database.run([insertAside(aside.map(({ cells }) => cells))]);
    return answers;
  }

  return {
    add: gathered(add),
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
          .where('key', '=', keyOf(kind, service, id)),
      );
      return row === undefined ? undefined : toFact(kind, row);
    },
  };
}
