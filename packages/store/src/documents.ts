import type { Compilable } from 'kysely';
import { auditStatements } from './audit.ts';
import { json, number, stamp, text } from './columns.ts';
import { type Database, type Row, rowsOf, type Statement, statement } from './database.ts';
import { fence } from './leases.ts';
import { outboxStatement } from './outbox.ts';
import { builder } from './schema.ts';
import type { Commit, DocumentKind, DocumentRow, Documents } from './store.ts';
import type { Topic } from './topics.ts';

/** The kind is what the query asked for. */
function toDocument(kind: DocumentKind, row: Row): DocumentRow {
  return {
    kind,
    id: text(row, 'id'),
    service: text(row, 'service'),
    state: text(row, 'state'),
    label: text(row, 'label'),
    createdAt: number(row, 'created_at'),
    updatedAt: number(row, 'updated_at'),
    revision: number(row, 'revision'),
    body: json(row, 'body'),
  };
}

/** In one order everywhere, so that two commits of the same documents wait for each other and never lock each other out. */
function inOrder(puts: readonly DocumentRow[]): readonly DocumentRow[] {
  return [...puts].sort((a, b) => (`${a.kind} ${a.id}` < `${b.kind} ${b.id}` ? -1 : 1));
}

export function documents(database: Database): Documents {
  const db = builder(database.dialect);

  function put(row: DocumentRow): Statement {
    const values = {
      service: row.service,
      state: row.state,
      label: row.label,
      created_at: stamp(row.createdAt),
      updated_at: stamp(row.updatedAt),
      body: JSON.stringify(row.body ?? null),
    };
    const query: Compilable =
      row.revision === 0
        ? db
            .insertInto('document')
            .values({ kind: row.kind, id: row.id, revision: 1, ...values })
            .onConflict((conflict) => conflict.doNothing())
        : db
            .updateTable('document')
            .set({ ...values, revision: row.revision + 1 })
            .where('kind', '=', row.kind)
            .where('id', '=', row.id)
            .where('revision', '=', row.revision);
    return statement(query, {
      rows: 1,
      otherwise: `somebody else changed ${row.kind} ${row.id} after its revision ${row.revision}`,
    });
  }

  return {
    async get(kind, id) {
      const [row] = await rowsOf(
        database,
        db.selectFrom('document').selectAll().where('kind', '=', kind).where('id', '=', id),
      );
      return row === undefined ? undefined : toDocument(kind, row);
    },
    async list(filter) {
      if (filter.states?.length === 0) return [];
      let query = db
        .selectFrom('document')
        .selectAll()
        .where('kind', '=', filter.kind)
        .orderBy('id', filter.oldestFirst === true ? 'asc' : 'desc')
        .limit(filter.limit);
      if (filter.service !== undefined) query = query.where('service', '=', filter.service);
      if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
      if (filter.label !== undefined) query = query.where('label', '=', filter.label);
      if (filter.from !== undefined) query = query.where('created_at', '>=', stamp(filter.from));
      if (filter.to !== undefined) query = query.where('created_at', '<', stamp(filter.to));
      if (filter.after !== undefined) {
        query = query.where('id', filter.oldestFirst === true ? '>' : '<', filter.after);
      }
      return (await rowsOf(database, query)).map((row) => toDocument(filter.kind, row));
    },
    async commit(commit: Commit) {
      const operation: Statement[] = [
        ...(commit.lease === undefined ? [] : [fence(database.dialect, commit.lease)]),
        ...inOrder(commit.puts).map(put),
        ...commit.outbox.map((message) => outboxStatement(database.dialect, message)),
        ...auditStatements(database.dialect, commit.audit),
      ];
      if (operation.length === 0) return;
      const topics: Topic[] = [];
      if (commit.puts.length > 0) topics.push('documents');
      if (commit.outbox.length > 0) topics.push('outbox');
      await database.run(operation, topics);
    },
  };
}
