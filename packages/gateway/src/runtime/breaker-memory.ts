import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { type Breaker, describeError, parseBreakerRecord } from '@evenkeel/core';
import { z } from 'zod';
import type { Host } from './host.ts';

/** What breakers of an earlier process knew: one that was open when it ended is not found out to be broken all over again. */
export interface BreakerMemory {
  /** What `createBreaker` takes as `restored`; undefined when nothing is known that is still worth knowing. */
  restored(key: string): unknown;
  /** From now on the state under this key is this breaker's. */
  keep(key: string, breaker: Breaker): void;
}

export interface StoredBreakers extends BreakerMemory {
  /** Writes once more, and no more after that. */
  close(): Promise<void>;
}

/** Milliseconds after which a state says nothing about now. */
const WORTH_KNOWING_MS = 15 * 60_000;
/** Milliseconds between two writes. */
const WRITE_MS = 5_000;

const fileSchema = z.object({
  version: z.literal(1),
  savedAt: z.number(),
  breakers: z.record(z.string(), z.unknown()),
});

/** A key under which a state is found again by the same thing only: a model that has moved starts afresh. */
export function breakerKey(service: string, name: string, about: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 12);
  return `${service}/${name}/${digest}`;
}

/** Remembers nothing: for processes without a place to write. */
export const FORGETFUL: BreakerMemory = { restored: () => undefined, keep: () => {} };

/**
 * Keeps the states in a small JSON file, written in the background and at the end. A file that is missing, of another
 * version, older than a quarter of an hour or broken is the same as none: `onProblem` is told of the last.
 */
export async function openBreakerMemory(
  path: string,
  host: Host,
  onProblem: (reason: string) => void,
): Promise<StoredBreakers> {
  const { clock, timers } = host;
  const live = new Map<string, Breaker>();
  const known = await read(path, clock.wall(), onProblem);
  let written = '';
  let closed = false;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const breakers: Record<string, unknown> = {};
    // What is closed with nothing to say is what a new breaker is.
    for (const [key, breaker] of live) {
      const record = breaker.toJSON();
      if (record.state !== 'closed' || record.manual !== 'none') breakers[key] = record;
    }
    const state = JSON.stringify(breakers);
    if (state === written && state === '{}') return;
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, JSON.stringify({ version: 1, savedAt: clock.wall(), breakers }));
    await rename(temporary, path);
    written = state;
  }

  const save = (): Promise<void> => {
    writing = writing.then(write).catch((error: unknown) => onProblem(describeError(error)));
    return writing;
  };

  let cancel = timers.after(WRITE_MS, function beat(): void {
    void save().then(() => {
      if (!closed) cancel = timers.after(WRITE_MS, beat);
    });
  });

  return {
    restored: (key) => live.get(key)?.toJSON() ?? known.get(key),
    keep(key, breaker) {
      live.set(key, breaker);
    },
    async close() {
      if (closed) return;
      closed = true;
      cancel();
      await save();
    },
  };
}

async function read(
  path: string,
  wallNow: number,
  onProblem: (reason: string) => void,
): Promise<Map<string, unknown>> {
  const known = new Map<string, unknown>();
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return known;
  }
  try {
    const file = fileSchema.parse(JSON.parse(text));
    const ageMs = wallNow - file.savedAt;
    if (ageMs < 0 || ageMs > WORTH_KNOWING_MS) return known;
    for (const [key, record] of Object.entries(file.breakers)) {
      parseBreakerRecord(record);
      known.set(key, record);
    }
  } catch (error) {
    known.clear();
    onProblem(`${path}: ${describeError(error)}`);
  }
  return known;
}
