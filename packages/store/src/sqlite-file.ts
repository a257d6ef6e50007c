import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { type AppliedMigration, MIGRATION_TABLE, MIGRATIONS, pendingMigrations } from './migrations.ts';
import { Refusal } from './refusal.ts';

/** Bytes that the write-ahead log is cut back to after a checkpoint. */
const WAL_LIMIT = 64 * 1024 * 1024;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The process that has the file open, as it wrote it down itself. */
function ownerOf(file: string): string {
  try {
    return `process ${readFileSync(`${file}.pid`, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}

/**
 * Keeps a second process out for as long as this one lives: a lock of the operating system on a file beside the database,
 * which ends with the process however that ends.
 * @returns gives the lock back
 * @throws Refusal conflict while somebody has it
 */
export function takeFileLock(file: string): () => void {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = memory');
    lock.exec('begin exclusive');
  } catch (cause) {
    lock.close();
    throw new Refusal(
      'conflict',
      `${file} is in use by ${ownerOf(file)}: one data directory serves one evenkeel; stop it, use another directory, or use PostgreSQL`,
      { cause },
    );
  }
  writeFileSync(`${file}.pid`, `${process.pid}\n`);
  return () => {
    rmSync(`${file}.pid`, { force: true });
    lock.close();
  };
}

export function appliedTo(database: DatabaseSyncInstance): AppliedMigration[] {
  return database
    .prepare('select version, name, checksum from schema_migration order by version')
    .all()
    .map((row: Record<string, unknown>) => ({
      version: Number(row.version),
      name: String(row.name),
      checksum: String(row.checksum),
    }));
}

function userVersion(database: DatabaseSyncInstance): number {
  return Number(database.prepare('pragma user_version').get()?.user_version ?? 0);
}

/**
 * Brings the schema up to what this program knows, in one transaction.
 * @returns the version of the schema
 */
export function migrate(database: DatabaseSyncInstance, file: string): number {
  const known = MIGRATIONS.sqlite;
  database.exec('begin immediate');
  try {
    const before = userVersion(database);
    database.exec(MIGRATION_TABLE);
    const insert = database.prepare(
      'insert into schema_migration (version, name, checksum, applied_at) values (?, ?, ?, ?)',
    );
    const applied = appliedTo(database);
    // Files of the first release say only how many steps ran.
    if (applied.length === 0) {
      for (const { version, name, checksum } of known.slice(0, before)) {
        insert.run(version, name, checksum, Date.now());
        applied.push({ version, name, checksum });
      }
      if (before > known.length) applied.push({ version: before, name: 'unknown', checksum: '' });
    }
    for (const { version, name, checksum, statements } of pendingMigrations(known, applied, file)) {
      for (const ddl of statements) database.exec(ddl);
      insert.run(version, name, checksum, Date.now());
    }
    database.exec(`pragma user_version = ${known.length}`);
    database.exec('commit');
    return known.length;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

/** Refuses what a tool must not touch: a schema that this program would first have to change. */
function checkVersion(database: DatabaseSyncInstance, file: string): number {
  const applied = existsSync(file) && userVersion(database) > 1 ? appliedTo(database) : [];
  const pending = pendingMigrations(MIGRATIONS.sqlite, applied, file);
  if (pending.length > 0) {
    throw new Refusal(
      'config_invalid',
      `${file} has schema ${MIGRATIONS.sqlite.length - pending.length}: start evenkeel once, it brings it up to ${MIGRATIONS.sqlite.length}`,
    );
  }
  return MIGRATIONS.sqlite.length;
}

/** Opens one connection with what all of ours have in common. */
export function connect(file: string, busyMs: number): DatabaseSyncInstance {
  const database = new DatabaseSync(file, { timeout: busyMs });
  // Only has an effect on a file without tables; lets the file shrink after old rows were swept out.
  database.exec('pragma auto_vacuum = incremental');
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  database.exec('pragma foreign_keys = on');
  database.exec(`pragma journal_size_limit = ${WAL_LIMIT}`);
  database.function('evenkeel_sha256', { deterministic: true }, (text: unknown) => sha256(String(text)));
  return database;
}

/** Opens the database as its owner (takes the lock, migrates) or as a tool beside it. */
export function openFile(
  file: string,
  owner: boolean,
  busyMs: number,
): { readonly database: DatabaseSyncInstance; readonly schemaVersion: number; close(): void } {
  const unlock = owner ? takeFileLock(file) : undefined;
  let database: DatabaseSyncInstance | undefined;
  try {
    database = connect(file, busyMs);
    const schemaVersion = owner ? migrate(database, file) : checkVersion(database, file);
    const opened = database;
    return {
      database,
      schemaVersion,
      close() {
        opened.close();
        unlock?.();
      },
    };
  } catch (error) {
    database?.close();
    unlock?.();
    throw error;
  }
}
