import { statSync } from 'node:fs';
import { type Clock, describeError, EvenkeelError } from '@evenkeel/core';
import { sql } from 'kysely';
import { auditLog } from './audit.ts';
import { number } from './columns.ts';
import { type Database, statement } from './database.ts';
import { directiveRows } from './directives.ts';
import { documents } from './documents.ts';
import { facts } from './facts.ts';
import { keys } from './keys.ts';
import { leases } from './leases.ts';
import { outbox } from './outbox.ts';
import type { PostgresOptions } from './postgres.ts';
import { predictions } from './predictions.ts';
import { queues } from './queues.ts';
import { rollups } from './rollups.ts';
import { builder } from './schema.ts';
import { openSqlite, type SqliteOptions } from './sqlite.ts';
import { sqliteTask } from './sqlite-tasks.ts';
import type { Store, StoreHealth } from './store.ts';
import { sweep } from './sweep.ts';

export type StoreTarget =
  | ({ readonly kind: 'sqlite'; readonly file: string } & SqliteOptions)
  | ({ readonly kind: 'postgres'; readonly url: string } & PostgresOptions);

/** A name that no lease has; writing it shows that the database can be written. */
const PROBE = 'evenkeel.health';

/** Bytes of the file and its log. */
function sqliteBytes(file: string): number {
  let bytes = 0;
  for (const ending of ['', '-wal', '-shm']) {
    bytes += statSync(`${file}${ending}`, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

async function health(database: Database, clock: Clock, target: StoreTarget): Promise<StoreHealth> {
  const { schemaVersion } = database;
  const db = builder(database.dialect);
  try {
    const before = clock.wall();
    const [, size] = await database.run([
      statement(
        db
          .insertInto('lease')
          .values({ name: PROBE, holder: '', token: 0, expires_at: 0 })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ holder: '' })),
      ),
      ...(target.kind === 'postgres'
        ? [
            statement(
              sql`select (extract(epoch from clock_timestamp()) * 1000)::double precision as now,
                    coalesce((select sum(pg_total_relation_size(oid)) from pg_class
                      where relkind = 'r' and relnamespace = current_schema()::regnamespace), 0)::bigint as bytes`.compile(
                db,
              ),
            ),
          ]
        : []),
    ]);
    const row = size?.rows[0];
    const bytes = target.kind === 'sqlite' ? sqliteBytes(target.file) : number(row ?? {}, 'bytes');
    // The database looked at its clock somewhere between our two looks.
    const clockSkewMs = row === undefined ? 0 : number(row, 'now') - (before + clock.wall()) / 2;
    return { ok: true, reason: 'ok', schemaVersion, bytes, clockSkewMs };
  } catch (error) {
    const bytes = target.kind === 'sqlite' ? sqliteBytes(target.file) : 0;
    return { ok: false, reason: describeError(error), schemaVersion, bytes, clockSkewMs: 0 };
  }
}

async function integrity(database: Database, target: StoreTarget): Promise<readonly string[]> {
  const found: string[] = [];
  if (target.kind === 'sqlite') found.push(...(await sqliteTask({ kind: 'integrity', file: target.file })));
  else {
    const [invalid] = await database.run([
      { sql: 'select indexrelid::regclass::text as name from pg_index where not indisvalid', params: [] },
    ]);
    for (const row of invalid?.rows ?? []) found.push(`the index ${String(row.name)} is not valid`);
  }
  const chain = await auditLog(database).verify();
  if (chain.brokenAt !== undefined) found.push(`the audit log is broken at entry ${chain.brokenAt}`);
  return found;
}

/** The driver of PostgreSQL is loaded by those alone who use it. */
async function openDatabase(target: StoreTarget): Promise<Database> {
  if (target.kind === 'sqlite') return openSqlite(target.file, target);
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres(target.url, target);
}

/**
 * Opens what is kept: creates it, brings its schema up to date, and refuses what it does not understand.
 * @throws EvenkeelError conflict when another process has the file; config_invalid when the schema is newer than this program
 *   or was changed; internal (status 503) when the database cannot be reached
 */
export async function openStore(target: StoreTarget, host: { readonly clock: Clock }): Promise<Store> {
  const { clock } = host;
  const database = await openDatabase(target);
  return {
    dialect: database.dialect,
    rollups: rollups(database, clock),
    predictions: predictions(database),
    facts: facts(database),
    directives: directiveRows(database),
    queues: queues(database, clock),
    keys: keys(database),
    audit: auditLog(database),
    documents: documents(database),
    outbox: outbox(database),
    leases: leases(database, clock),
    changed: (topic, signal) => database.changed(topic, signal),
    health: () => health(database, clock, target),
    integrity: () => integrity(database, target),
    async backup(file) {
      if (target.kind === 'postgres')
        throw new EvenkeelError('bad_request', 'back PostgreSQL up with pg_dump, or by its own means');
      await sqliteTask({ kind: 'backup', from: target.file, to: file });
    },
    sweep: (retention) => sweep(database, clock, retention),
    close: () => database.close(),
  };
}
