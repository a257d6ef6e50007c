import type { Directive } from '@evenkeel/core';
import { text } from './columns.ts';
import { changesOf, type Database, rowsOf } from './database.ts';
import { builder } from './schema.ts';
import type { DirectiveRows } from './store.ts';

export function directiveRows(database: Database): DirectiveRows {
  const db = builder(database.dialect);
  return {
    async put(directive) {
      const values = {
        service: directive.service,
        expires_at: Math.ceil(directive.expiresAt),
        body: JSON.stringify(directive),
      };
      await changesOf(
        database,
        db
          .insertInto('directive')
          .values({ id: directive.id, ...values })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(values)),
        ['directives'],
      );
    },
    async remove(id) {
      return (await changesOf(database, db.deleteFrom('directive').where('id', '=', id), ['directives'])) > 0;
    },
    async active(now) {
      const rows = await rowsOf(
        database,
        db.selectFrom('directive').select('body').where('expires_at', '>', Math.floor(now)).orderBy('id'),
      );
      return rows.map((row): Directive => JSON.parse(text(row, 'body')));
    },
  };
}
