/**
 * The thread that owns the SQLite file: a synchronous write (fsync included) must not stop the serving thread.
 * Operations that arrive together are committed together; each has a savepoint of its own, so one that fails
 * takes no other with it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Operation, Row, SqlValue, StatementResult } from './database.ts';
import type { Failure } from './failures.ts';
import { asMessage } from './refusal.ts';
import { openFile } from './sqlite-file.ts';
import type { FromWorker, OperationResult, ToWorker, WorkerOptions } from './sqlite-messages.ts';

const port = parentPort;
if (port === null) throw new Error('this module runs in a worker thread');

interface Prepared {
  readonly statement: ReturnType<DatabaseSyncInstance['prepare']>;
  readonly returnsRows: boolean;
}

const prepared = new Map<string, Prepared>();

function prepare(database: DatabaseSyncInstance, sql: string): Prepared {
  let found = prepared.get(sql);
  if (found === undefined) {
    if (prepared.size > 500) prepared.clear();
    const statement = database.prepare(sql);
    // A pragma may have no columns and yet take many steps: incremental_vacuum gives back one page with each.
    found = { statement, returnsRows: statement.columns().length > 0 || /^\s*pragma\b/i.test(sql) };
    prepared.set(sql, found);
  }
  return found;
}

function toSqlValue(value: unknown): SqlValue {
  if (value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  return String(value);
}

function toRow(row: Record<string, unknown>): Row {
  const plain: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(row)) plain[name] = toSqlValue(value);
  return plain;
}

/** Of https://sqlite.org/rescode.html: BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL. */
const UNAVAILABLE = new Set([5, 6, 7, 8, 9, 10, 13, 14, 15]);
const CONSTRAINT = 19;

function failure(error: unknown): Failure {
  const { message } = asMessage(error);
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (UNAVAILABLE.has(code)) return { kind: 'unavailable', message };
  if (code === CONSTRAINT) return { kind: 'constraint', message };
  return { kind: 'failed', message };
}

function statements(database: DatabaseSyncInstance, operation: Operation): OperationResult {
  const results: StatementResult[] = [];
  for (const [i, { sql, params, expect }] of operation.entries()) {
    const { statement, returnsRows } = prepare(database, sql);
    let result: StatementResult;
    if (returnsRows) {
      const rows = statement.all(...params).map(toRow);
      result = { rows, changes: rows.length };
    } else {
      result = { rows: [], changes: Number(statement.run(...params).changes) };
    }
    if (expect !== undefined && result.changes !== expect.rows) {
      return { ok: false, failure: { kind: 'unmet', statement: i } };
    }
    results.push(result);
  }
  return { ok: true, results };
}

function execute(database: DatabaseSyncInstance, operation: Operation): OperationResult {
  database.exec('savepoint operation');
  let result: OperationResult;
  try {
    result = statements(database, operation);
  } catch (error) {
    // A full disk and the like end the whole transaction: then there is no savepoint to go back to.
    if (!database.isTransaction) throw error;
    result = { ok: false, failure: failure(error) };
  }
  if (!result.ok) database.exec('rollback to operation');
  database.exec('release operation');
  return result;
}

/** In WAL mode a reader waits for no writer, so what only reads must not ask for the right to write. */
function onlyReads(operations: readonly Operation[]): boolean {
  return operations.every((operation) =>
    operation.every(({ sql }) => /^\s*(select|pragma data_version)\b/i.test(sql)),
  );
}

function commit(database: DatabaseSyncInstance, operations: readonly Operation[]): OperationResult[] {
  try {
    if (database.isTransaction) database.exec('rollback');
    database.exec(onlyReads(operations) ? 'begin' : 'begin immediate');
    const results = operations.map((operation) => execute(database, operation));
    database.exec('commit');
    return results;
  } catch (error) {
    // Locked, disk full, or broken: nothing of the batch is acknowledged.
    const result: OperationResult = { ok: false, failure: failure(error) };
    try {
      if (database.isTransaction) database.exec('rollback');
    } catch {
      // The next batch begins with the same attempt, or finds that there is nothing to roll back.
    }
    return operations.map(() => result);
  }
}

const send = (message: FromWorker): void => port.postMessage(message);

try {
  const { file, owner, busyMs }: WorkerOptions = workerData;
  const opened = openFile(file, owner, busyMs);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'close') {
      // By message, not by terminate(): ending a thread inside a synchronous write aborts the process.
      prepared.clear();
      opened.close();
      port.close();
      return;
    }
    send({ kind: 'results', batch: message.batch, results: commit(opened.database, message.operations) });
  });
  send({ kind: 'opened', schemaVersion: opened.schemaVersion });
} catch (error) {
  send({ kind: 'failed', ...asMessage(error) });
  port.close();
}
