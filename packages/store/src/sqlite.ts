import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isEvenkeelError } from '@evenkeel/core';
import { createChanges } from './changes.ts';
import type { Database, Operation, StatementResult } from './database.ts';
import { failureError, unavailable } from './failures.ts';
import type { OperationResult, WorkerOptions } from './sqlite-messages.ts';
import { type SqliteThread, startThread } from './sqlite-thread.ts';
import type { Topic } from './topics.ts';

export interface SqliteOptions {
  /**
   * True for a short-lived tool beside the process that owns the file: it takes no lock and refuses to migrate. Default false.
   */
  readonly beside?: boolean | undefined;
  /** Milliseconds that one commit waits for the lock of another process. Default 2000. */
  readonly busyMs?: number | undefined;
  /** Milliseconds that an operation may take, waiting for those before it included. Default 5000. */
  readonly timeoutMs?: number | undefined;
}

interface Waiting {
  readonly operation: Operation;
  readonly topics: readonly Topic[];
  settled: boolean;
  readonly resolve: (results: readonly StatementResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** Operations that wait for the thread at most; more are refused at once, so that a stuck disk does not fill the memory. */
const MAX_WAITING = 20_000;
/** How often those who wait for changes look whether another process wrote. */
const POLL_MS = 1_000;
const MAX_WAIT_MS = 30_000;

/**
 * Opens (and creates, and migrates) a database file, in a thread of its own.
 * @param start a test's own way to start the thread
 * @throws EvenkeelError conflict when another process has it, config_invalid when its schema is not ours, internal when it cannot be opened
 */
export async function openSqlite(
  file: string,
  options: SqliteOptions = {},
  start: (options: WorkerOptions) => Promise<SqliteThread> = startThread,
): Promise<Database> {
  mkdirSync(dirname(file), { recursive: true });
  const timeoutMs = options.timeoutMs ?? 5_000;
  const workerOptions = { file, owner: options.beside !== true, busyMs: options.busyMs ?? 2_000 };
  const changes = createChanges();
  let thread: SqliteThread | undefined = await start(workerOptions);
  const { schemaVersion } = thread;
  let queue: Waiting[] = [];
  let pumping = false;
  let closing: Promise<void> | undefined;
  let poll: NodeJS.Timeout | undefined;
  let version: unknown;

  /** A thread that was lost is replaced; its file was left as its last commit had it. */
  async function commit(group: readonly Waiting[]): Promise<readonly OperationResult[]> {
    thread ??= await start(workerOptions);
    try {
      return await thread.commit(group.map((waiting) => waiting.operation));
    } catch (error) {
      thread = undefined;
      throw error;
    }
  }

  function settle(group: readonly Waiting[], results: readonly OperationResult[]): void {
    const touched = new Set<Topic>();
    for (const [i, { operation, topics, resolve, reject }] of group.entries()) {
      const result = results[i];
      if (result?.ok === true) {
        for (const topic of topics) touched.add(topic);
        resolve(result.results);
      } else reject(failureError(result?.failure ?? { kind: 'failed', message: 'no result' }, operation));
    }
    changes.announce([...touched]);
  }

  /** What arrives in the same tick shares one commit, and what arrives during a commit the next one. */
  async function pump(): Promise<void> {
    pumping = true;
    await Promise.resolve();
    while (queue.length > 0) {
      // Whoever was refused for its time is not done behind its back.
      const group = queue.filter((waiting) => !waiting.settled);
      queue = [];
      if (group.length === 0) break;
      try {
        settle(group, await commit(group));
      } catch (error) {
        const refusal = isEvenkeelError(error) ? error : unavailable('its thread failed', error);
        for (const waiting of group) waiting.reject(refusal);
      }
    }
    pumping = false;
  }

  const run: Database['run'] = (operation, topics = []) => {
    if (closing !== undefined) return Promise.reject(unavailable('it is closed'));
    if (queue.length >= MAX_WAITING) {
      queue = queue.filter((waiting) => !waiting.settled);
      if (queue.length >= MAX_WAITING)
        return Promise.reject(unavailable(`${MAX_WAITING} operations wait already`));
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        operation,
        topics,
        settled: false,
        resolve(results) {
          waiting.settled = true;
          clearTimeout(timer);
          resolve(results);
        },
        reject(error) {
          waiting.settled = true;
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(
        () => waiting.reject(unavailable(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      queue.push(waiting);
      // It settles every operation itself and never rejects.
      if (!pumping) void pump();
    });
  };

  /** The pragma counts the commits of other connections alone. */
  async function look(): Promise<void> {
    if (version !== undefined && changes.waiting() === 0) return;
    try {
      const [result] = await run([{ sql: 'pragma data_version', params: [] }]);
      const now = result?.rows[0]?.data_version;
      if (version !== undefined && now !== version) changes.announceAll();
      version = now;
    } catch {
      // Who waits is woken when the file can be read again.
    }
  }

  async function close(): Promise<void> {
    clearInterval(poll);
    while (pumping) await new Promise((next) => setTimeout(next, 1));
    const last = thread;
    thread = undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([last?.end(), late]);
    clearTimeout(timer);
  }

  await look();
  return {
    dialect: 'sqlite',
    schemaVersion,
    run,
    changed(topic, signal) {
      if (poll === undefined && closing === undefined) {
        poll = setInterval(() => void look(), POLL_MS);
        poll.unref();
      }
      return changes.wait(topic, signal, MAX_WAIT_MS);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
