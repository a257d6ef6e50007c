import { number, optionalNumber, stamp, text } from './columns.ts';
import { changesOf, type Database, type Row, rowsOf, statement } from './database.ts';
import { builder } from './schema.ts';
import type { KeyRow, Keys, Role } from './store.ts';

/** The least of rights when the word is not one of ours; the table's check lets no other in. */
function role(word: string): Role {
  return word === 'admin' || word === 'operator' ? word : 'viewer';
}

function toKey(row: Row): KeyRow {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    role: role(text(row, 'role')),
    hash: text(row, 'hash'),
    createdAt: number(row, 'created_at'),
    createdBy: text(row, 'created_by'),
    expiresAt: optionalNumber(row, 'expires_at'),
    revokedAt: optionalNumber(row, 'revoked_at'),
  };
}

export function keys(database: Database): Keys {
  const db = builder(database.dialect);
  return {
    async add(key) {
      const query = db
        .insertInto('access_key')
        .values({
          id: key.id,
          name: key.name,
          role: key.role,
          hash: key.hash,
          created_at: stamp(key.createdAt),
          created_by: key.createdBy,
          expires_at: key.expiresAt === undefined ? null : stamp(key.expiresAt),
          revoked_at: key.revokedAt === undefined ? null : stamp(key.revokedAt),
        })
        .onConflict((conflict) => conflict.doNothing());
      await database.run([statement(query, { rows: 1, otherwise: `there is a key ${key.id} already` })]);
    },
    async get(id) {
      const [row] = await rowsOf(database, db.selectFrom('access_key').selectAll().where('id', '=', id));
      return row === undefined ? undefined : toKey(row);
    },
    async list() {
      const query = db.selectFrom('access_key').selectAll().orderBy('created_at').orderBy('id');
      return (await rowsOf(database, query)).map(toKey);
    },
    async revoke(id, at) {
      const query = db
        .updateTable('access_key')
        .set({ revoked_at: stamp(at) })
        .where('id', '=', id)
        .where('revoked_at', 'is', null);
      return (await changesOf(database, query)) > 0;
    },
  };
}
