import type { Dialect, Statement } from './database.ts';

const LOCKS = { fact: 4_100_410_102, rollup: 4_100_410_103, queue_item: 4_100_410_104 } as const;

/**
 * Whoever follows a table by its cursor must never be overtaken: on PostgreSQL numbers are drawn before they are committed, and a
 * lower one may show up after a higher one was read. The first statement of every operation that appends lets one in at a time.
 * The places of a queue are counted the same way. SQLite has one writer anyway.
 */
export function inOrderOfArrival(dialect: Dialect, table: keyof typeof LOCKS): Statement {
  return dialect === 'postgres'
    ? { sql: 'select pg_advisory_xact_lock($1)', params: [LOCKS[table]] }
    : { sql: 'select 1', params: [] };
}
