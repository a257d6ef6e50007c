import { type RawBuilder, sql } from 'kysely';
import { type Dialect, plainText, type Statement } from './database.ts';
import { builder } from './schema.ts';

export type ColumnType = 'text' | 'integer' | 'real' | 'bytes';
export type Cell = string | number | null | undefined | Uint8Array;

/** NUL characters and surrogates, as JSON writes them; rarely there, so the slow way round them is taken rarely. */
const SUSPECT = /\\u(?:0000|d[89a-f])/;

function toJson(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

function encode(rows: readonly (readonly Cell[])[], columns: readonly ColumnType[]): string {
  const plain = columns.includes('bytes') ? rows.map((row) => row.map((cell) => toJson('', cell))) : rows;
  const json = JSON.stringify(plain);
  if (!SUSPECT.test(json)) return json;
  return JSON.stringify(plain, (_key, value: unknown) =>
    typeof value === 'string' ? plainText(value) : value,
  );
}

function column(dialect: Dialect, name: string, type: ColumnType, index: number): string {
  if (dialect === 'sqlite') {
    const value = `value ->> ${index}`;
    return `${type === 'bytes' ? `unhex(${value})` : value} as "${name}"`;
  }
  const value = `(value ->> ${index})`;
  switch (type) {
    case 'text':
      return `${value} as "${name}"`;
    case 'integer':
      return `${value}::bigint as "${name}"`;
    case 'real':
      return `${value}::double precision as "${name}"`;
    case 'bytes':
      return `decode(${value}, 'hex') as "${name}"`;
  }
}

/**
 * Many rows as one parameter, to be selected from: `(select … ) as batch`. One JSON text costs the calling thread a fraction of
 * what thousands of parameters do, and the statement is the same whatever the number of rows: it is built once.
 * @param build the query around the rows; they have to be its only parameter
 */
export function batchStatement(
  dialect: Dialect,
  columns: Readonly<Record<string, ColumnType>>,
  build: (rows: RawBuilder<unknown>, names: RawBuilder<unknown>) => RawBuilder<unknown>,
): (rows: readonly (readonly Cell[])[]) => Statement {
  const types = Object.values(columns);
  const names = Object.keys(columns);
  const values = names.map((name, i) => column(dialect, name, types[i] ?? 'text', i));
  const source =
    dialect === 'sqlite' ? sql`json_each(${''})` : sql`jsonb_array_elements(cast(${''} as jsonb))`;
  const query = build(
    sql`(select ${sql.raw(values.join(', '))} from ${source}) as batch`,
    sql.raw(names.map((name) => `"${name}"`).join(', ')),
  ).compile(builder(dialect));
  if (query.parameters.length !== 1) throw new Error(`a batch takes one parameter: ${query.sql}`);
  return (rows) => ({ sql: query.sql, params: [encode(rows, types)] });
}
