import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { MIGRATIONS, pendingMigrations } from './migrations.ts';
import { Refusal } from './refusal.ts';
import { appliedTo, takeFileLock } from './sqlite-file.ts';

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function findings(database: DatabaseSyncInstance): string[] {
  const lines = database
    .prepare('pragma integrity_check(20)')
    .all()
    .map((row: Record<string, unknown>) => String(Object.values(row)[0]));
  return lines.filter((line) => line !== 'ok');
}

/** What SQLite finds wrong with a file; empty when nothing is. */
export function checkFile(file: string): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    return findings(database);
  } finally {
    database.close();
  }
}

/** Copies what is committed now while others go on writing; the copy appears under its name only when it is whole and on disk. */
export function backupFile(from: string, to: string): void {
  if (existsSync(to)) throw new Refusal('conflict', `${to} exists: a backup overwrites nothing`);
  mkdirSync(dirname(to), { recursive: true });
  const part = `${to}.part`;
  rmSync(part, { force: true });
  const database = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
  try {
    database.prepare('vacuum into ?').run(part);
  } finally {
    database.close();
  }
  const wrong = checkFile(part);
  if (wrong.length > 0) {
    rmSync(part, { force: true });
    throw new Refusal('internal', `the copy of ${from} is damaged: ${wrong.join('; ')}`);
  }
  sync(part);
  renameSync(part, to);
  sync(dirname(to));
}

/** @throws Refusal when a file is no whole database of ours, or of a newer program */
function checkBackup(file: string): void {
  if (!existsSync(file)) throw new Refusal('not_found', `there is no ${file}`);
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    const wrong = findings(database);
    if (wrong.length > 0) throw new Refusal('bad_request', `${file} is damaged: ${wrong.join('; ')}`);
    pendingMigrations(MIGRATIONS.sqlite, appliedTo(database), file);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('bad_request', `${file} is no database of evenkeel, or damaged`, { cause: error });
  } finally {
    database.close();
  }
}

/** See `restoreSqlite`. */
export function restoreFile(from: string, to: string, replace: boolean): void {
  checkBackup(from);
  mkdirSync(dirname(to), { recursive: true });
  const unlock = takeFileLock(to);
  try {
    if (existsSync(to) && !replace) throw new Refusal('conflict', `${to} exists`);
    const part = `${to}.part`;
    copyFileSync(from, part, constants.COPYFILE_FICLONE);
    // A backup that was made by copying files may have its newest rows in a log beside it.
    rmSync(`${part}-wal`, { force: true });
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${part}-wal`);
    const whole = new DatabaseSync(part, { timeout: 5_000 });
    whole.exec('pragma wal_checkpoint(truncate)');
    whole.close();
    sync(part);
    for (const ending of ['', '-wal', '-shm']) {
      rmSync(`${to}.replaced${ending}`, { force: true });
      if (existsSync(`${to}${ending}`)) renameSync(`${to}${ending}`, `${to}.replaced${ending}`);
    }
    renameSync(part, to);
    sync(dirname(to));
  } finally {
    unlock();
  }
}
