import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Changes } from './changes.ts';
import { TOPICS, type Topic } from './topics.ts';

/** Where all processes over one database tell each other what they wrote. */
export const CHANNEL = 'evenkeel_changed';
const RETRY_MS = 500;
const RETRY_MOST_MS = 5_000;

export interface Listener {
  /** Settles when the first attempt to connect has, however it ended. */
  readonly begun: Promise<void>;
  connected(): boolean;
  /** What an operation tells the others: who, and which topics. */
  message(topics: readonly Topic[]): string;
  close(): Promise<void>;
}

/** Keeps one connection that listens, for as long as the store is open; while there is none, those who wait have to poll. */
export function listen(connection: pg.ClientConfig, changes: Changes): Listener {
  const own = randomUUID();
  let client: pg.Client | undefined;
  let live = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let delay = RETRY_MS;

  function lost(which: pg.Client): void {
    if (client !== which) return;
    client = undefined;
    live = false;
    // Who waits was promised to be told; from now on it polls.
    changes.announceAll();
    // Ending a dead connection can only fail.
    which.end().catch(() => {});
    if (closed) return;
    timer = setTimeout(() => void connect(false), delay);
    timer.unref();
    delay = Math.min(RETRY_MOST_MS, delay * 2);
  }

  async function connect(first: boolean): Promise<void> {
    // Listening is no statement that takes long; the connection itself lives on.
    const next = new pg.Client({ ...connection, statement_timeout: undefined });
    client = next;
    next.on('error', () => lost(next));
    next.on('end', () => lost(next));
    next.on('notification', ({ payload }) => {
      const [from, ...names] = (payload ?? '').split(' ');
      if (from !== own) changes.announce(TOPICS.filter((topic) => names.includes(topic)));
    });
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
      live = true;
      delay = RETRY_MS;
      // What was written while nobody listened.
      if (!first) changes.announceAll();
    } catch {
      lost(next);
    }
  }

  const begun = connect(true);
  return {
    begun,
    connected: () => live,
    message: (topics) => [own, ...topics].join(' '),
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      live = false;
      await last?.end().catch(() => {});
    },
  };
}
