import { type Compilable, sql } from 'kysely';
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
      const { kind, states, limit } = filter;
      if (states?.length === 0) return [];
      const direction = filter.oldestFirst === true ? 'asc' : 'desc';
      const matching = (state: string | undefined) => {
        let found = db.selectFrom('document').where('kind', '=', kind);
        if (state !== undefined) found = found.where('state', '=', state);
        if (filter.service !== undefined) found = found.where('service', '=', filter.service);
        if (filter.label !== undefined) found = found.where('label', '=', filter.label);
        if (filter.from !== undefined) found = found.where('created_at', '>=', stamp(filter.from));
        if (filter.to !== undefined) found = found.where('created_at', '<', stamp(filter.to));
        if (filter.after !== undefined) {
          found = found.where('id', filter.oldestFirst === true ? '>' : '<', filter.after);
        }
        return found;
      };
      // By time: the ids of the span first, by an order that no index has, or all that is newer would be read on the way there.
      const spans = filter.from !== undefined || filter.to !== undefined;
      const ids = (state: string | undefined) =>
        matching(state)
          .select('id')
          .orderBy(spans ? sql`id || ''` : 'id', direction)
          .limit(limit);
      // State by state, each from its index: with all of them at once everything would be read for the few that match.
      const [first, ...others] = states === undefined ? [undefined] : [...new Set(states)];
      const part = (state: string | undefined, name: string) =>
        db.selectFrom(ids(state).as(name)).select(`${name}.id`);
      const wanted = others.reduce(
        (all, state, i) => all.unionAll(part(state, `part${i}`)),
        part(first, 'first'),
      );
      const query = db
        .selectFrom('document')
        .selectAll()
        .where('kind', '=', kind)
        .where('id', 'in', wanted)
        .orderBy('id', direction)
        .limit(limit);
      return (await rowsOf(database, query)).map((row) => toDocument(kind, row));
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
