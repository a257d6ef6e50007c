import { type Fields, isFields, own } from '../read.ts';

/** A path into the input, `card.country`, cut once when the rung is made. */
export type Path = readonly string[];

export function parsePath(path: string): Path {
  return path.split('.');
}

/** The value at a path, own fields only; undefined when there is none. */
export function valueAt(fields: Fields, path: Path): unknown {
  let value: unknown = fields;
  for (const name of path) {
    if (!isFields(value)) return undefined;
    value = own(value, name);
  }
  return value;
}

/** The value at a path as a key: text or a number; undefined for anything else. */
export function keyAt(fields: Fields, path: Path): string | undefined {
  const value = valueAt(fields, path);
  if (typeof value === 'string' && value !== '' && value.length <= 512) return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}
