import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type CancelTimer, type Clock, describeError, EvenkeelError, type Timers } from '@evenkeel/core';
import { type BatchFormat, type BatchRow, createLineParser } from './batch-lines.ts';
import type { EntityValues } from './entity-key.ts';
import type { KnownFeatures } from './known-features.ts';

export interface BatchTableOptions {
  readonly file: string;
  /** Name of the column with the entity's value, and of the entity. */
  readonly key: string;
  /** Default: by the file's ending, `.csv` or else NDJSON. */
  readonly format?: BatchFormat;
  /** Milliseconds between looks at whether the file has changed. Default 5,000. */
  readonly checkEveryMs?: number;
  /** Bytes of a file at most: the table lives in memory. Default 256 MiB. */
  readonly maxBytes?: number;
}

/** A line that was left out. */
export interface BatchProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface BatchTableSnapshot {
  readonly file: string;
  readonly rows: number;
  /** When the table in use was loaded, in wall milliseconds. */
  readonly loadedAt: number;
  /** Lines left out of it. */
  readonly malformed: number;
  /** The first of them, at most 20. */
  readonly problems: readonly BatchProblem[];
  /** Why the file as it is now is not the table in use; undefined when it is. */
  readonly error: string | undefined;
}

/** A table of features made by a batch job, held in memory. */
export interface BatchTable {
  lookup(entities: EntityValues): KnownFeatures | undefined;
  snapshot(): BatchTableSnapshot;
  /** Looks now whether the file has changed, and loads it if so. A bad new file leaves the old table in use. */
  refresh(): Promise<void>;
  close(): void;
}

interface FileMark {
  readonly mtimeMs: number;
  readonly size: number;
  readonly ino: number;
}

interface Loaded {
  readonly mark: FileMark;
  readonly rows: ReadonlyMap<string, BatchRow>;
  readonly malformed: number;
  readonly problems: readonly BatchProblem[];
}

const MAX_PROBLEMS = 20;

async function markOf(file: string): Promise<FileMark> {
  const { mtimeMs, size, ino } = await stat(file);
  return { mtimeMs, size, ino };
}

function isSame(a: FileMark, b: FileMark): boolean {
  return a.mtimeMs === b.mtimeMs && a.size === b.size && a.ino === b.ino;
}

function firstLine(problems: readonly BatchProblem[]): string {
  const [first] = problems;
  return first === undefined ? '' : `; line ${first.line}: ${first.message}`;
}

/** `mark` was taken before reading: a file that changes meanwhile is read again at the next look. */
async function load(options: BatchTableOptions, mark: FileMark): Promise<Loaded> {
  const { file, key } = options;
  const maxBytes = options.maxBytes ?? 256 * 1024 * 1024;
  if (mark.size > maxBytes) throw new Error(`${mark.size} bytes are more than the ${maxBytes} allowed`);
  const parse = createLineParser(options.format ?? (file.endsWith('.csv') ? 'csv' : 'ndjson'), key);
  const rows = new Map<string, BatchRow>();
  const problems: BatchProblem[] = [];
  let malformed = 0;
  let line = 0;
  const input = createReadStream(file, { encoding: 'utf8' });
  // Lines arrive in pieces of the stream's buffer: the event loop gets its turns while a large table loads.
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    const row = parse(line === 1 ? text.replace(/^\uFEFF/, '') : text);
    if (row === undefined) continue;
    if (typeof row !== 'string') {
      rows.set(row.key, row);
      continue;
    }
    malformed += 1;
    if (problems.length < MAX_PROBLEMS) problems.push({ line, message: row });
  }
  if (rows.size === 0 && malformed > 0) throw new Error(`no good line in it${firstLine(problems)}`);
  return { mark, rows, malformed, problems };
}

/**
 * Loads a table and keeps it up to date in the background. Of two lines for one key the later counts. Values are as old
 * as their line's `as_of` says, else as the file.
 * @throws EvenkeelError `config_invalid` when the file cannot be loaded the first time
 */
export async function openBatchTable(
  options: BatchTableOptions,
  host: { readonly clock: Clock; readonly timers: Timers },
): Promise<BatchTable> {
  const { file, key } = options;
  const { clock, timers } = host;
  const checkEveryMs = options.checkEveryMs ?? 5_000;
  let table: Loaded;
  try {
    table = await load(options, await markOf(file));
  } catch (cause) {
    throw new EvenkeelError('config_invalid', `features.batch: ${file}: ${describeError(cause)}`, { cause });
  }
  let loadedAt = clock.wall();
  let seen = table.mark;
  let error: string | undefined;
  let closed = false;
  let cancel: CancelTimer = () => {};
  let refreshing: Promise<void> | undefined;

  async function reload(): Promise<void> {
    try {
      const mark = await markOf(file);
      if (isSame(mark, seen)) {
        // Back after it was gone, unchanged: what is in use is the file again.
        if (isSame(mark, table.mark)) error = undefined;
        return;
      }
      seen = mark;
      const next = await load(options, mark);
      if (closed) return;
      table = next;
      loadedAt = clock.wall();
      error = undefined;
    } catch (cause) {
      error = describeError(cause);
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= reload().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  function watch(): void {
    if (closed) return;
    cancel = timers.after(checkEveryMs, () => {
      void refresh().then(watch);
    });
  }
  watch();

  return {
    lookup(entities) {
      const value = entities[key];
      const row = value === undefined ? undefined : table.rows.get(String(value));
      if (row === undefined) return undefined;
      const now = clock.now();
      const age = Math.max(0, clock.wall() - (row.asOf ?? table.mark.mtimeMs));
      return { values: row.values, missing: row.missing, bornAt: now - age, arrivedAt: now, outdated: [] };
    },
    snapshot: () => ({
      file,
      rows: table.rows.size,
      loadedAt,
      malformed: table.malformed,
      problems: table.problems,
      error,
    }),
    refresh,
    close() {
      closed = true;
      cancel();
    },
  };
}
