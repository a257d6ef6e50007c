import { useEffect, useState } from 'preact/hooks';
import { call, Problem } from './client.ts';
import { onChange } from './live.ts';
import { onKey } from './session.ts';

/** What is known of one address of the API. What was read once stays shown while it is read again, or cannot be. */
export interface Reading<T> {
  readonly data: T | undefined;
  /** Why the last attempt failed; undefined when it did not. */
  readonly problem: Problem | undefined;
  /** Wall milliseconds of the last good answer. */
  readonly readAt: number | undefined;
}

/** An answer before it has its type: what the page asks for at an address is what the document says of it. */
type Answer = ReturnType<typeof JSON.parse>;
const NOTHING: Reading<undefined> = { data: undefined, problem: undefined, readAt: undefined };

interface Entry {
  reading: Reading<Answer>;
  topics: readonly string[];
  readonly listeners: Set<() => void>;
  running: boolean;
  stale: boolean;
  startedAt: number;
}

/** Events come every second; nobody reads figures that fast. Milliseconds between two reads of one address. */
const CALM_MS = 2_000;
/** Without events everything that is looked at is read again this often. */
const POLL_MS = 15_000;
const KEPT = 60;

const entries = new Map<string, Entry>();

function entryOf(path: string): Entry {
  const known = entries.get(path);
  if (known !== undefined) return known;
  if (entries.size >= KEPT) {
    for (const [old, { listeners }] of entries) if (listeners.size === 0) entries.delete(old);
  }
  const made: Entry = {
    reading: NOTHING,
    topics: [],
    listeners: new Set(),
    running: false,
    stale: true,
    startedAt: Number.NEGATIVE_INFINITY,
  };
  entries.set(path, made);
  return made;
}

async function load(path: string, entry: Entry): Promise<void> {
  if (entry.running) {
    entry.stale = true;
    return;
  }
  entry.running = true;
  entry.stale = false;
  entry.startedAt = performance.now();
  try {
    entry.reading = { data: await call('GET', path), problem: undefined, readAt: Date.now() };
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0, 'unknown', String(error), '');
    // Somebody else's key sees other things: what it may not see must not stay on the screen.
    const hidden = problem.status === 401 || problem.status === 403 || problem.status === 404;
    entry.reading = { ...(hidden ? { data: undefined, readAt: undefined } : entry.reading), problem };
  } finally {
    entry.running = false;
  }
  for (const listener of entry.listeners) listener();
  if (entry.stale) later(path, entry);
}

function later(path: string, entry: Entry): void {
  entry.stale = true;
  if (entry.listeners.size === 0 || document.visibilityState === 'hidden' || entry.running) return;
  const wait = Math.max(0, entry.startedAt + CALM_MS - performance.now());
  setTimeout(() => {
    if (entry.stale && !entry.running && entry.listeners.size > 0) void load(path, entry);
  }, wait);
}

function refresh(wanted: (entry: Entry) => boolean): void {
  for (const [path, entry] of entries) if (wanted(entry)) later(path, entry);
}

let wired = false;
function wire(): void {
  if (wired) return;
  wired = true;
  onChange((topic) => refresh((entry) => topic === undefined || entry.topics.includes(topic)));
  onKey(() => {
    for (const entry of entries.values()) entry.startedAt = Number.NEGATIVE_INFINITY;
    refresh(() => true);
  });
  document.addEventListener('visibilitychange', () => refresh((entry) => entry.stale));
  setInterval(() => refresh((entry) => performance.now() - entry.startedAt > POLL_MS), 5_000);
}

/** Reads addresses that begin so again, now: something was just changed here. */
export function reread(prefix: string): void {
  for (const [path, entry] of entries) {
    if (!path.startsWith(prefix)) continue;
    entry.startedAt = Number.NEGATIVE_INFINITY;
    later(path, entry);
  }
}

/**
 * Reads an address of the API and keeps it fresh.
 * @param path undefined reads nothing yet
 * @param topics names of events after which it is read again
 */
export function useRead<T>(path: string | undefined, topics: readonly string[] = []): Reading<T> {
  const [, turn] = useState(0);
  wire();
  useEffect(() => {
    if (path === undefined) return;
    const entry = entryOf(path);
    entry.topics = topics;
    const listener = (): void => turn((n) => n + 1);
    entry.listeners.add(listener);
    if (entry.stale || performance.now() - entry.startedAt > CALM_MS) void load(path, entry);
    return () => {
      entry.listeners.delete(listener);
    };
  }, [path]);
  const entry = path === undefined ? undefined : entries.get(path);
  return entry?.reading ?? NOTHING;
}
