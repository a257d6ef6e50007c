import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EvenkeelError } from '@evenkeel/core';
import type { Operation } from './database.ts';
import { unavailable } from './failures.ts';
import type { FromWorker, OperationResult, WorkerOptions } from './sqlite-messages.ts';

/** The thread that owns an open file. */
export interface SqliteThread {
  readonly schemaVersion: number;
  /** Commits operations together, one batch at a time. Rejects when the thread ends before it has answered. */
  commit(operations: readonly Operation[]): Promise<readonly OperationResult[]>;
  /** Resolves when the thread has ended and the file is let go of. */
  end(): Promise<void>;
}

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

/** @throws EvenkeelError conflict when another process has the file, config_invalid when its schema is not ours, internal otherwise */
export function startThread(options: WorkerOptions): Promise<SqliteThread> {
  const worker = startWorker('sqlite-worker', options);
  let batch = 0;
  let waiting:
    | {
        readonly resolve: (results: readonly OperationResult[]) => void;
        readonly reject: (error: Error) => void;
      }
    | undefined;
  let ended = false;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  return new Promise((resolve, reject) => {
    let refused: Error | undefined;
    worker.on('error', (error) => {
      refused ??= unavailable('its thread failed', error);
    });
    worker.on('exit', () => {
      // Only now has the thread let go of the file: prepared statements hold it until then.
      ended = true;
      const error = refused ?? unavailable('its thread has ended');
      waiting?.reject(error);
      reject(error);
    });
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'opened':
          resolve({
            schemaVersion: message.schemaVersion,
            commit(operations) {
              if (ended) return Promise.reject(unavailable('its thread has ended'));
              return new Promise((done, fail) => {
                waiting = { resolve: done, reject: fail };
                batch += 1;
                worker.postMessage({ kind: 'operations', batch, operations });
              });
            },
            end() {
              if (!ended) worker.postMessage({ kind: 'close' });
              return exited;
            },
          });
          break;
        case 'failed':
          refused = new EvenkeelError(message.code, message.message);
          break;
        case 'results':
          waiting?.resolve(message.results);
          waiting = undefined;
          break;
      }
    });
  });
}
