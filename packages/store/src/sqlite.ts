import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromWorker, Operation, OperationResult, SqlValue } from './sqlite-messages.ts';

/** A handle on the thread that owns one SQLite file. */
export interface Sqlite {
  /**
   * Runs the statements of one operation in one transaction; resolves when they are on disk.
   * Rejects when one fails (none has taken effect) or the file cannot be written.
   */
  run(
    operation: Operation,
  ): Promise<{ rows: readonly Readonly<Record<string, SqlValue>>[]; changes: number }>;
  close(): Promise<void>;
}

interface Waiting {
  readonly operation: Operation;
  readonly resolve: (result: Extract<OperationResult, { ok: true }>) => void;
  readonly reject: (error: Error) => void;
}

/** The compiled worker, also when this module itself runs from source. */
function workerFile(): string {
  const here = fileURLToPath(import.meta.url);
  const file = here.endsWith('.ts')
    ? here.replace(/([\\/])src([\\/])sqlite\.ts$/, '$1dist$2sqlite-worker.js')
    : here.replace(/sqlite\.js$/, 'sqlite-worker.js');
  if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run build"`);
  return file;
}

/** Opens (and creates, and migrates) a database file. Rejects when it is not usable, with the reason. */
export function openSqlite(file: string): Promise<Sqlite> {
  mkdirSync(dirname(file), { recursive: true });
  const worker = new Worker(workerFile(), { workerData: { file } });
  let queue: Waiting[] = [];
  let inFlight: Waiting[] | undefined;
  let batch = 0;
  let closing: { resolve: () => void } | undefined;
  let dead: Error | undefined;

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
    for (const waiting of [...(inFlight ?? []), ...queue]) waiting.reject(dead);
    inFlight = undefined;
    queue = [];
    closing?.resolve();
  }

  return new Promise((resolve, reject) => {
    worker.on('error', (error) => {
      die(error);
      reject(error);
    });
    worker.on('exit', () => die(new Error('the database thread has ended')));
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'opened':
          resolve({
            run(operation) {
              if (dead !== undefined) return Promise.reject(dead);
              return new Promise((done, fail) => {
                queue.push({ operation, resolve: done, reject: fail });
                // What arrives in the same tick shares one commit, and what arrives during a commit the next one.
                queueMicrotask(flush);
              });
            },
            async close() {
              if (dead !== undefined) return;
              while (inFlight !== undefined || queue.length > 0)
                await new Promise((next) => setImmediate(next));
              await new Promise<void>((done) => {
                closing = { resolve: done };
                worker.postMessage({ kind: 'close' });
              });
            },
          });
          break;
        case 'failed':
          reject(new Error(message.message));
          break;
        case 'results': {
          const answered = inFlight ?? [];
          inFlight = undefined;
          answered.forEach((waiting, i) => {
            const result = message.results[i];
            if (result?.ok === true) waiting.resolve(result);
            else waiting.reject(new Error(result?.message ?? 'no result from the database thread'));
          });
          flush();
          break;
        }
        case 'closed':
          closing?.resolve();
          break;
      }
    });
  });
}
