import type { Row } from './database.ts';

/** Readers of one column: they check what the driver gave, so that a surprise is an error here and not a wrong figure later. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new TypeError(`column ${column} holds ${value === null ? 'null' : typeof value}, not text`);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw new TypeError(`column ${column} holds ${value === null ? 'null' : typeof value}, not a number`);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`column ${column} holds ${value === null ? 'null' : typeof value}, not bytes`);
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null || row[column] === undefined ? undefined : text(row, column);
}

export function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null || row[column] === undefined ? undefined : number(row, column);
}

/** JSON that this package wrote. A missing value and `null` are the same. */
export function json(row: Row, column: string): unknown {
  const value = optionalText(row, column);
  return value === undefined ? undefined : JSON.parse(value);
}

/** Stamps are kept in whole milliseconds. */
export function stamp(wall: number): number {
  return Math.round(wall);
}

/** JSON with the keys of every object in order: equal values give equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
