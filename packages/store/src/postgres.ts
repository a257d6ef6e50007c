import { EvenkeelError } from '@evenkeel/core';
import pg from 'pg';
import { createChanges } from './changes.ts';
import type { Database, Operation, Row, SqlValue, StatementResult } from './database.ts';
import { failureError, unavailable } from './failures.ts';
import { postgresFailure } from './postgres-failures.ts';
import { CHANNEL, listen } from './postgres-listener.ts';
import { migratePostgres } from './postgres-migrate.ts';
import type { Topic } from './topics.ts';

export interface PostgresOptions {
  /** Milliseconds that an operation may take, waiting for a connection included. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Connections at most, beside the one that listens. Default 8. */
  readonly connections?: number | undefined;
}

/** Operations that wait for a connection at most; more are refused at once. */
const MAX_WAITING = 20_000;
/** How long who waits for a change sleeps at most: with somebody listening, and without. */
const MAX_WAIT_MS = 30_000;
const POLL_MS = 1_000;
/** A deadlock or a serialisation failure took back the whole operation: it is repeated so often. */
const ATTEMPTS = 4;
const REPEATABLE = new Set(['40001', '40P01']);

/** Types of https://www.postgresql.org/docs/15/catalog-pg-type.html that the driver would give as text. */
const NUMERIC_TYPES = new Set([20, 1700]);

function typeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (NUMERIC_TYPES.has(oid)) return Number;
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
}

export function connectionOptions(url: string, timeoutMs: number): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'evenkeel',
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    // A transaction whose client has vanished must not hold its locks for long.
    idle_in_transaction_session_timeout: timeoutMs * 2,
    keepAlive: true,
    types: { getTypeParser: typeParser },
  };
}

function toRow(row: Record<string, unknown>): Row {
  const plain: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value instanceof Uint8Array) plain[name] = new Uint8Array(value);
    else if (value === null || typeof value === 'number' || typeof value === 'string') plain[name] = value;
    else plain[name] = String(value);
  }
  return plain;
}

/** An expectation was not met: the transaction is rolled back, and the connection is as good as before. */
class Unmet extends Error {
  readonly statement: number;

  constructor(statement: number) {
    super('unmet');
    this.statement = statement;
  }
}

async function statements(client: pg.PoolClient, operation: Operation): Promise<StatementResult[]> {
  const results: StatementResult[] = [];
  for (const [i, { sql, params, expect }] of operation.entries()) {
    const { rows, rowCount } = await client.query<Record<string, unknown>>(sql, [...params]);
    const changes = rowCount ?? 0;
    if (expect !== undefined && changes !== expect.rows) throw new Unmet(i);
    results.push({ rows: rows.map(toRow), changes });
  }
  return results;
}

async function transaction(client: pg.PoolClient, operation: Operation): Promise<StatementResult[]> {
  // One statement without a condition is a transaction by itself, in one round trip.
  if (operation.length === 1 && operation[0]?.expect === undefined) return statements(client, operation);
  await client.query('begin isolation level read committed');
  try {
    const results = await statements(client, operation);
    await client.query('commit');
    return results;
  } catch (error) {
    // A server that answered with an error, or an expectation, leaves a connection that can go on.
    if (error instanceof Unmet || error instanceof pg.DatabaseError) await client.query('rollback');
    throw error;
  }
}

/** Runs an operation on a connection of the pool; whatever happens, it ends by the deadline. */
async function attempt(pool: pg.Pool, operation: Operation, timeoutMs: number): Promise<StatementResult[]> {
  const begun = performance.now();
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without a listener of its own, a connection that dies while it is checked out ends the process.
  const onError = (error: Error): void => {
    broken ??= error;
  };
  client.on('error', onError);
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      const left = Math.max(1, timeoutMs - (performance.now() - begun));
      timer = setTimeout(() => {
        broken = unavailable(`no answer within ${timeoutMs} ms`);
        reject(broken);
      }, left);
    });
    return await Promise.race([transaction(client, operation), late]);
  } catch (error) {
    if (!(error instanceof Unmet) && !(error instanceof pg.DatabaseError)) {
      broken ??= error instanceof Error ? error : new Error(String(error));
    }
    throw error;
  } finally {
    clearTimeout(timer);
    client.off('error', onError);
    // A connection in an unknown state is thrown away, together with what still runs on it.
    client.release(broken);
  }
}

/**
 * Opens a database: brings its schema up to date, and listens for what other processes write.
 * @param url postgres://…; the database must exist
 * @throws EvenkeelError config_invalid when its schema is not ours; internal (status 503) when it cannot be reached
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const connection = connectionOptions(url, timeoutMs);
  const schemaVersion = await migratePostgres(connection);
  const pool = new pg.Pool({ ...connection, max: options.connections ?? 8, idleTimeoutMillis: 30_000 });
  // Idle connections that die are replaced by the pool itself; the next operation finds out whether that works.
  pool.on('error', () => {});
  const changes = createChanges();
  const listener = listen(connection, changes);
  await listener.begun;
  let closing: Promise<void> | undefined;

  async function run(
    operation: Operation,
    topics: readonly Topic[] = [],
  ): Promise<readonly StatementResult[]> {
    if (closing !== undefined) throw unavailable('it is closed');
    if (pool.waitingCount >= MAX_WAITING) throw unavailable(`${MAX_WAITING} operations wait already`);
    const told =
      topics.length === 0
        ? operation
        : [...operation, { sql: 'select pg_notify($1, $2)', params: [CHANNEL, listener.message(topics)] }];
    for (let left = ATTEMPTS; ; left--) {
      try {
        const results = await attempt(pool, told, timeoutMs);
        changes.announce(topics);
        return results.slice(0, operation.length);
      } catch (error) {
        if (error instanceof EvenkeelError) throw error;
        if (error instanceof Unmet)
          throw failureError({ kind: 'unmet', statement: error.statement }, operation);
        const repeatable = error instanceof pg.DatabaseError && REPEATABLE.has(error.code ?? '');
        if (!repeatable || left === 1) throw failureError(postgresFailure(error), operation);
      }
    }
  }

  return {
    dialect: 'postgres',
    schemaVersion,
    run,
    changed: (topic, signal) => changes.wait(topic, signal, listener.connected() ? MAX_WAIT_MS : POLL_MS),
    close() {
      closing ??= (async () => {
        await listener.close();
        await pool.end();
      })();
      return closing;
    },
  };
}
