import { type RawBuilder, sql } from 'kysely';
import { type Dialect, plainText } from './database.ts';

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
 * what thousands of parameters do, and the statement is the same whatever the number of rows.
 */
export function batch(
  dialect: Dialect,
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly (readonly Cell[])[],
): RawBuilder<unknown> {
  const types = Object.values(columns);
  const names = Object.entries(columns).map(([name, type], i) => column(dialect, name, type, i));
  const json = encode(rows, types);
  const source =
    dialect === 'sqlite' ? sql`json_each(${json})` : sql`jsonb_array_elements(cast(${json} as jsonb))`;
  return sql`(select ${sql.raw(names.join(', '))} from ${source}) as batch`;
}

/** The names of a batch's columns, for `insert into … (…) select …`. */
export function columnList(columns: Readonly<Record<string, ColumnType>>): RawBuilder<unknown> {
  return sql.raw(
    Object.keys(columns)
      .map((name) => `"${name}"`)
      .join(', '),
  );
}
