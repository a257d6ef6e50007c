import { EvenkeelError } from '@evenkeel/core';
import pg from 'pg';
import { failureError } from './failures.ts';
import { MIGRATION_LOCK, MIGRATION_TABLE, MIGRATIONS, pendingMigrations } from './migrations.ts';
import { postgresFailure } from './postgres-failures.ts';
import { Refusal } from './refusal.ts';

async function migrate(client: pg.Client): Promise<number> {
  const known = MIGRATIONS.postgres;
  await client.query('begin');
  // Replicas that start together: one migrates, the others find it done.
  await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  await client.query(MIGRATION_TABLE);
  const applied = await client.query<{ version: number; name: string; checksum: string }>(
    'select version, name, checksum from schema_migration order by version',
  );
  const where = `the database ${client.database ?? ''}`;
  for (const { version, name, checksum, statements } of pendingMigrations(known, applied.rows, where)) {
    for (const ddl of statements) await client.query(ddl);
    await client.query(
      'insert into schema_migration (version, name, checksum, applied_at) values ($1, $2, $3, $4)',
      [version, name, checksum, Date.now()],
    );
  }
  await client.query('commit');
  return known.length;
}

/**
 * Brings the schema up to what this program knows, in one transaction.
 * @returns the version of the schema
 */
export async function migratePostgres(connection: pg.ClientConfig): Promise<number> {
  // A new index over old rows may take longer than an operation.
  const client = new pg.Client({
    ...connection,
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await migrate(client);
  } catch (error) {
    if (error instanceof Refusal) throw new EvenkeelError(error.code, error.message);
    throw failureError(postgresFailure(error), []);
  } finally {
    await client.end().catch(() => {});
  }
}
