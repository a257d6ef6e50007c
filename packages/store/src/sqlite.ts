import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EvenkeelError } from '@evenkeel/core';
import { createChanges } from './changes.ts';
import type { Database, Operation, StatementResult } from './database.ts';
import { failureError, unavailable } from './failures.ts';
import type { FromWorker, WorkerOptions } from './sqlite-messages.ts';
import type { Topic } from './topics.ts';

export interface SqliteOptions {
  /**
   * True for a short-lived tool beside the process that owns the file: it takes no lock and refuses to migrate. Default false.
   */
  readonly beside?: boolean | undefined;
  /** Milliseconds that one commit waits for the lock of another process; an operation takes up to twice as long. Default 2000. */
  readonly busyMs?: number | undefined;
}

interface Waiting {
  readonly operation: Operation;
  readonly topics: readonly Topic[];
  readonly resolve: (results: readonly StatementResult[]) => void;
  readonly reject: (error: Error) => void;
}

/** Operations that wait for the thread at most; more are refused at once, so that a stuck disk does not fill the memory. */
const MAX_WAITING = 20_000;
/** How often those who wait for changes look whether another process wrote. */
const POLL_MS = 1_000;
const MAX_WAIT_MS = 30_000;

/**
 * Starts a thread from its compiled module, also when this module itself runs from source; what was given to this process to
 * run from source with is not handed on.
 */
export function startWorker(name: string, workerData: unknown): Worker {
  const here = dirname(fileURLToPath(import.meta.url));
  const file = here.endsWith('src') ? `${here.slice(0, -3)}dist/${name}.js` : `${here}/${name}.js`;
  if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run build"`);
  return new Worker(file, { workerData, execArgv: [] });
}

/**
 * Opens (and creates, and migrates) a database file, in a thread of its own.
 * @throws EvenkeelError conflict when another process has it, config_invalid when its schema is not ours, internal when it cannot be opened
 */
export function openSqlite(file: string, options: SqliteOptions = {}): Promise<Database> {
  mkdirSync(dirname(file), { recursive: true });
  const workerData: WorkerOptions = {
    file,
    owner: options.beside !== true,
    busyMs: options.busyMs ?? 2_000,
  };
  const worker = startWorker('sqlite-worker', workerData);
  const changes = createChanges();
  let queue: Waiting[] = [];
  let inFlight: Waiting[] | undefined;
  let batch = 0;
  let closed: (() => void) | undefined;
  let dead: Error | undefined;
  let poll: NodeJS.Timeout | undefined;
  let version: unknown;

  function flush(): void {
    if (inFlight !== undefined || queue.length === 0) return;
    inFlight = queue;
    queue = [];
    batch += 1;
    worker.postMessage({
      kind: 'operations',
      batch,
      operations: inFlight.map((waiting) => waiting.operation),
    });
  }

  function die(error: Error): void {
    dead ??= error;
    clearInterval(poll);
    for (const waiting of [...(inFlight ?? []), ...queue]) waiting.reject(dead);
    inFlight = undefined;
    queue = [];
    closed?.();
  }

  const run: Database['run'] = (operation, topics = []) => {
    if (dead !== undefined) return Promise.reject(dead);
    if (closed !== undefined) return Promise.reject(unavailable('it is closed'));
    if (queue.length >= MAX_WAITING)
      return Promise.reject(unavailable(`${MAX_WAITING} operations wait already`));
    return new Promise((resolve, reject) => {
      queue.push({ operation, topics, resolve, reject });
      // What arrives in the same tick shares one commit, and what arrives during a commit the next one.
      queueMicrotask(flush);
    });
  };

  /** The pragma counts the commits of other connections alone. */
  function look(): void {
    if (version !== undefined && changes.waiting() === 0) return;
    run([{ sql: 'pragma data_version', params: [] }]).then(
      ([result]) => {
        const now = result?.rows[0]?.data_version;
        if (version !== undefined && now !== version) changes.announceAll();
        version = now;
      },
      () => {
        // Who waits is woken when the database can be read again.
      },
    );
  }

  function answered(results: Extract<FromWorker, { kind: 'results' }>['results']): void {
    const done = inFlight ?? [];
    inFlight = undefined;
    const touched = new Set<Topic>();
    for (const [i, { operation, topics, resolve, reject }] of done.entries()) {
      const result = results[i];
      if (result === undefined) reject(unavailable('its thread gave no result'));
      else if (result.ok) {
        for (const topic of topics) touched.add(topic);
        resolve(result.results);
      } else reject(failureError(result.failure, operation));
    }
    changes.announce([...touched]);
    flush();
  }

  async function close(): Promise<void> {
    if (dead !== undefined) return;
    clearInterval(poll);
    while (inFlight !== undefined || queue.length > 0) await new Promise((next) => setImmediate(next));
    // The thread's end, and not its word, is when the file is let go of: prepared statements hold it until then.
    await new Promise<void>((done) => {
      closed = done;
      worker.postMessage({ kind: 'close' });
    });
  }

  return new Promise((resolve, reject) => {
    let refused: Error | undefined;
    worker.on('error', (error) => {
      die(unavailable('its thread failed', error));
      reject(error);
    });
    worker.on('exit', () => {
      die(unavailable(closed === undefined ? 'its thread has ended' : 'it is closed'));
      reject(refused ?? dead);
    });
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'opened':
          look();
          resolve({
            dialect: 'sqlite',
            schemaVersion: message.schemaVersion,
            run,
            changed(topic, signal) {
              if (poll === undefined && dead === undefined) {
                poll = setInterval(look, POLL_MS);
                poll.unref();
              }
              return changes.wait(topic, signal, MAX_WAIT_MS);
            },
            close,
          });
          break;
        case 'failed':
          // Told when the thread has let go of the file.
          refused = new EvenkeelError(message.code, message.message);
          break;
        case 'results':
          answered(message.results);
          break;
      }
    });
  });
}
