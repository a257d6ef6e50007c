/**
 * The thread that owns the SQLite file: a synchronous write (fsync included) must not stop the serving thread.
 * Statements that arrive together are committed together; each has a savepoint of its own, so one that fails
 * takes no other with it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { MIGRATIONS } from './migrations.ts';
import type { FromWorker, Operation, OperationResult, SqlValue, ToWorker } from './sqlite-messages.ts';

const port = parentPort;
if (port === null) throw new Error('this module runs in a worker thread');

function open(file: string): DatabaseSyncInstance {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  database.exec('pragma foreign_keys = on');
  database.exec('begin immediate');
  const row = database.prepare('pragma user_version').get();
  const version = Number(row?.user_version ?? 0);
  if (version > MIGRATIONS.length) {
    database.exec('rollback');
    throw new Error(
      `${file} has schema ${version}, this program knows up to ${MIGRATIONS.length}: use a newer evenkeel`,
    );
  }
  for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
  database.exec(`pragma user_version = ${MIGRATIONS.length}`);
  database.exec('commit');
  return database;
}

function toSqlValue(value: unknown): SqlValue {
  if (value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  return String(value);
}

const prepared = new Map<string, ReturnType<DatabaseSyncInstance['prepare']>>();

function execute(database: DatabaseSyncInstance, operation: Operation): OperationResult {
  let rows: Record<string, SqlValue>[] = [];
  let changes = 0;
  database.exec('savepoint operation');
  try {
    for (const { sql, params } of operation) {
      let statement = prepared.get(sql);
      if (statement === undefined) {
        if (prepared.size > 200) prepared.clear();
        statement = database.prepare(sql);
        prepared.set(sql, statement);
      }
      if (/^\s*(select|with|pragma)|\breturning\b/i.test(sql)) {
        rows = statement.all(...params).map((row: Record<string, unknown>) => {
          const plain: Record<string, SqlValue> = {};
          for (const [name, value] of Object.entries(row)) plain[name] = toSqlValue(value);
          return plain;
        });
        changes = rows.length;
      } else {
        changes = Number(statement.run(...params).changes);
      }
    }
    database.exec('release operation');
    return { ok: true, rows, changes };
  } catch (error) {
    database.exec('rollback to operation');
    database.exec('release operation');
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function commit(database: DatabaseSyncInstance, operations: readonly Operation[]): OperationResult[] {
  try {
    database.exec('begin immediate');
    const results = operations.map((operation) => execute(database, operation));
    database.exec('commit');
    return results;
  } catch (error) {
    // Locked, disk full, or broken: nothing of the batch is acknowledged.
    try {
      database.exec('rollback');
    } catch {
      // There was no transaction to roll back.
    }
    const message = error instanceof Error ? error.message : String(error);
    return operations.map(() => ({ ok: false, message }));
  }
}

const send = (message: FromWorker): void => port.postMessage(message);

try {
  const database = open(String(workerData.file));
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'close') {
      // By message, not by terminate(): ending a thread inside a synchronous write aborts the process.
      prepared.clear();
      database.close();
      send({ kind: 'closed' });
      port.close();
      return;
    }
    send({ kind: 'results', batch: message.batch, results: commit(database, message.operations) });
  });
  send({ kind: 'opened' });
} catch (error) {
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  port.close();
}
