import type { Compilable, CompiledQuery } from 'kysely';
import type { Topic } from './topics.ts';

export type Dialect = 'sqlite' | 'postgres';

/** What both databases can hold; booleans and dates are encoded before they get here, because drivers disagree on them. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** The operation takes effect only if this statement changes (or returns) so many rows. */
  readonly expect?: Expectation | undefined;
}

export interface Expectation {
  readonly rows: number;
  /** What it means when there are more or fewer: the detail of the `conflict` that the operation fails with. */
  readonly otherwise: string;
}

/** Statements that take effect together or not at all. */
export type Operation = readonly Statement[];

export type Row = Readonly<Record<string, SqlValue>>;

export interface StatementResult {
  readonly rows: readonly Row[];
  /** Rows changed, or returned. */
  readonly changes: number;
}

/**
 * One database, whatever its dialect. There is no interactive transaction: an operation is a list of statements that is
 * known beforehand, so it can be sent to another thread at once, share a commit with others, and be repeated as a whole
 * after a deadlock. What must be read before it is decided on is decided by the statements themselves (conditions,
 * `expect`, expressions over rows that the operation has locked).
 */
export interface Database {
  readonly dialect: Dialect;
  /** Of the tables, as the migrations left it. */
  readonly schemaVersion: number;
  /**
   * Resolves with one result per statement when all of it is durable.
   * @param topics what those who wait for changes are told when it is
   * @throws EvenkeelError conflict when an expectation is not met or a constraint is violated; internal (status 503) when the
   *   database cannot be reached or written within its time-outs: whether the operation took effect is unknown then, and it
   *   must be harmless to repeat
   */
  run(operation: Operation, topics?: readonly Topic[]): Promise<readonly StatementResult[]>;
  /** Resolves when a topic changed; see `Store.changed`. */
  changed(topic: Topic, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const SUSPECT = /[\0\ud800-\udfff]/;
const UNFIT = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text as both databases store it: PostgreSQL has no NUL character, and a lone surrogate is no UTF-8. */
export function plainText(text: string): string {
  return SUSPECT.test(text) ? text.replace(UNFIT, '\ufffd') : text;
}

function encode(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return plainText(value);
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint8Array) return value;
  throw new TypeError(`a ${typeof value} is no value of a column`);
}

/** A query as it was built, or compiled already (a fragment of `sql` has to be told for which builder). */
export type Query = Compilable | CompiledQuery;

export function statement(query: Query, expect?: Expectation): Statement {
  const { sql, parameters } = 'compile' in query ? query.compile() : query;
  return { sql, params: parameters.map(encode), expect };
}

/** Runs one query. */
export async function rowsOf(
  database: Database,
  query: Query,
  topics?: readonly Topic[],
): Promise<readonly Row[]> {
  const [result] = await database.run([statement(query)], topics);
  return result?.rows ?? [];
}

/** Runs one query and tells how many rows it changed. */
export async function changesOf(
  database: Database,
  query: Query,
  topics?: readonly Topic[],
): Promise<number> {
  const [result] = await database.run([statement(query)], topics);
  return result?.changes ?? 0;
}
