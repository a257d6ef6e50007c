import { sql } from 'kysely';
import { batchStatement, type ColumnType } from './batch.ts';
import { json, number, optionalNumber, optionalText, stamp, text } from './columns.ts';
import { type Database, type Row, rowsOf, type Statement } from './database.ts';
import { builder } from './schema.ts';
import type { PredictionRow, Predictions, SampledRecord } from './store.ts';

const ROW: Readonly<Record<string, ColumnType>> = {
  id: 'text',
  service: 'text',
  at: 'integer',
  replica: 'text',
  tenant: 'text',
  level: 'text',
  model: 'text',
  version: 'text',
  label: 'text',
  score: 'real',
  confidence: 'real',
  extra: 'text',
};
const RECORD: Readonly<Record<string, ColumnType>> = {
  id: 'text',
  service: 'text',
  at: 'integer',
  level: 'text',
  tenant: 'text',
  trace_id: 'text',
  weight: 'real',
  kept: 'text',
  body: 'text',
};

function toRow(row: Row): PredictionRow {
  return {
    id: text(row, 'id'),
    service: text(row, 'service'),
    at: number(row, 'at'),
    replica: text(row, 'replica'),
    tenant: text(row, 'tenant'),
    level: text(row, 'level'),
    model: optionalText(row, 'model'),
    version: optionalText(row, 'version'),
    label: optionalText(row, 'label'),
    score: optionalNumber(row, 'score'),
    confidence: optionalNumber(row, 'confidence'),
    extra: json(row, 'extra'),
  };
}

function toRecord(row: Row): SampledRecord {
  return {
    record: JSON.parse(text(row, 'body')),
    weight: number(row, 'weight'),
    kept: text(row, 'kept'),
  };
}

export function predictions(database: Database): Predictions {
  const { dialect } = database;
  const db = builder(dialect);

  const insertRows = batchStatement(
    dialect,
    ROW,
    (rows, names) =>
      sql`insert into prediction (${names}) select ${names} from ${rows} where true on conflict do nothing`,
  );
  const insertRecords = batchStatement(
    dialect,
    RECORD,
    (rows, names) =>
      sql`insert into request_record (${names}) select ${names} from ${rows} where true on conflict do nothing`,
  );
  const rowsById = batchStatement(
    dialect,
    { id: 'text' },
    (rows) => sql`select prediction.* from ${rows} join prediction on prediction.id = batch.id`,
  );

  function rowStatement(rows: readonly PredictionRow[]): Statement {
    const cells = rows.map((row) => [
      row.id,
      row.service,
      stamp(row.at),
      row.replica,
      row.tenant,
      row.level,
      row.model,
      row.version,
      row.label,
      row.score,
      row.confidence,
      row.extra === undefined ? null : JSON.stringify(row.extra),
    ]);
    return insertRows(cells);
  }

  function recordStatement(records: readonly SampledRecord[]): Statement {
    const cells = records.map(({ record, weight, kept }) => [
      record.id,
      record.service,
      stamp(record.at),
      record.level,
      record.tenant,
      record.traceId,
      weight,
      kept,
      JSON.stringify(record),
    ]);
    return insertRecords(cells);
  }

  return {
    async append(rows, records) {
      const operation: Statement[] = [];
      if (rows.length > 0) operation.push(rowStatement(rows));
      if (records.length > 0) operation.push(recordStatement(records));
      if (operation.length > 0) await database.run(operation);
    },
    async row(id) {
      const [row] = await rowsOf(database, db.selectFrom('prediction').selectAll().where('id', '=', id));
      return row === undefined ? undefined : toRow(row);
    },
    async rows(ids) {
      if (ids.length === 0) return [];
      const [found] = await database.run([rowsById(ids.map((id) => [id]))]);
      return (found?.rows ?? []).map(toRow);
    },
    async record(id) {
      const query = db.selectFrom('request_record').selectAll().where('id', '=', id);
      const [row] = await rowsOf(database, query);
      return row === undefined ? undefined : toRecord(row);
    },
    async records(filter) {
      let query = db
        .selectFrom('request_record')
        .select(['body', 'weight', 'kept'])
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(filter.limit);
      if (filter.service !== undefined) query = query.where('service', '=', filter.service);
      if (filter.level !== undefined) query = query.where('level', '=', filter.level);
      if (filter.traceId !== undefined) query = query.where('trace_id', '=', filter.traceId);
      if (filter.tenant !== undefined) query = query.where('tenant', '=', filter.tenant);
      if (filter.from !== undefined) query = query.where('at', '>=', stamp(filter.from));
      if (filter.to !== undefined) query = query.where('at', '<', stamp(filter.to));
      if (filter.before !== undefined) {
        query = query.where(
          sql<boolean>`(at, id) < (select edge.at, edge.id from request_record as edge where edge.id = ${filter.before})`,
        );
      }
      return (await rowsOf(database, query)).map(toRecord);
    },
    async coverage(service) {
      const [row] = await rowsOf(
        database,
        db
          .selectFrom('prediction')
          .select(({ fn }) => [fn.countAll().as('rows'), fn.min('at').as('oldest')])
          .where('service', '=', service),
      );
      return row === undefined
        ? { rows: 0, oldest: undefined }
        : { rows: number(row, 'rows'), oldest: optionalNumber(row, 'oldest') };
    },
  };
}
