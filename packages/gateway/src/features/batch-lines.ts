import { parseEventTime } from './event-time.ts';
import { valueOfText } from './text-value.ts';

/** One good line of a batch table. */
export interface BatchRow {
  readonly key: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Names that the line has without a value. */
  readonly missing: readonly string[];
  /** Wall milliseconds of its `as_of`, where it has one. */
  readonly asOf: number | undefined;
}

/** Reads the lines of one file in order: a row, what is wrong with the line, or undefined for nothing (blank, header). */
export type LineParser = (line: string) => BatchRow | string | undefined;

export type BatchFormat = 'ndjson' | 'csv';

const AS_OF = 'as_of';

function rowOf(entries: Iterable<readonly [string, unknown]>, keyName: string): BatchRow | string {
  const values: (readonly [string, unknown])[] = [];
  const missing: string[] = [];
  let key: string | undefined;
  let asOf: number | undefined;
  for (const entry of entries) {
    const [name, value] = entry;
    if (name === keyName) {
      if (typeof value !== 'string' && typeof value !== 'number')
        return `${keyName} is neither a string nor a number`;
      key = String(value);
    } else if (name === AS_OF) {
      if (value === null || value === undefined || value === '') continue;
      asOf = parseEventTime(value);
      if (asOf === undefined) return `${AS_OF} is not a point in time`;
    } else if (value === null || value === undefined) {
      missing.push(name);
    } else {
      values.push(entry);
    }
  }
  if (key === undefined || key === '') return `${keyName} is missing`;
  return { key, values: Object.fromEntries(values), missing, asOf };
}

function parseNdjson(line: string, keyName: string): BatchRow | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  return rowOf(Object.entries(value), keyName);
}

/**
 * Splits a line of CSV (RFC 4180, but for line breaks inside fields: a forgotten quote would swallow the rest of the
 * file).
 * @returns the fields, or what is wrong
 */
export function splitCsv(line: string): string[] | string {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = '';
    if (line[at] === '"') {
      at += 1;
      for (;;) {
        const end = line.indexOf('"', at);
        if (end < 0) return 'a quoted field is not closed on its line';
        field += line.slice(at, end);
        at = end + 1;
        if (line[at] !== '"') break;
        field += '"';
        at += 1;
      }
      if (at < line.length && line[at] !== ',') return 'text after a closing quote';
    } else {
      const comma = line.indexOf(',', at);
      const end = comma < 0 ? line.length : comma;
      field = line.slice(at, end);
      if (field.includes('"')) return 'a quote inside an unquoted field';
      at = end;
    }
    fields.push(field);
    if (at >= line.length) return fields;
    at += 1;
  }
}

function csvParser(keyName: string): LineParser {
  let header: readonly string[] | undefined;
  return (line) => {
    const fields = splitCsv(line);
    if (typeof fields === 'string') return fields;
    if (header === undefined) {
      const names = fields.map((name) => name.trim());
      header = names;
      if (!names.includes(keyName)) return `the header has no column ${keyName}`;
      return new Set(names).size === names.length ? undefined : 'the header names a column twice';
    }
    if (fields.length !== header.length)
      return `${fields.length} fields where the header has ${header.length}`;
    // Keys stay text: "007" is a name.
    const entries = header.map((name, i): readonly [string, unknown] => {
      const text = fields[i] ?? '';
      return [name, name === keyName || name === AS_OF ? text : valueOfText(text)];
    });
    return rowOf(entries, keyName);
  };
}

/** A parser for one pass over one file: a CSV parser remembers its header. */
export function createLineParser(format: BatchFormat, keyName: string): LineParser {
  const parse: LineParser = format === 'csv' ? csvParser(keyName) : (line) => parseNdjson(line, keyName);
  return (line) => (line.trim() === '' ? undefined : parse(line));
}
