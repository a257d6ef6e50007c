// The thread's own side of a worker model. Only Node's modules and types: it runs without the packages around it.
import { parentPort, workerData } from 'node:worker_threads';
import { loadModelFunction, type ModelFunction } from './module-loader.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('this module runs in a worker thread only');

const setup: WorkerSetup = workerData;
const running = new Map<number, AbortController>();

const tell = (message: FromWorker): void => port.postMessage(message);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

async function answer(fn: ModelFunction, call: Extract<ToWorker, { kind: 'call' }>): Promise<void> {
  const { id } = call;
  const controller = new AbortController();
  running.set(id, controller);
  let output: unknown;
  try {
    output = await fn(call.input, { features: call.features, signal: controller.signal });
  } catch (error) {
    tell({ kind: 'error', id, code: codeOf(error), message: messageOf(error) });
    return;
  } finally {
    running.delete(id);
  }
  try {
    tell({ kind: 'result', id, output });
  } catch (error) {
    // What cannot be copied out of the thread has no JSON form either.
    tell({ kind: 'error', id, code: 'upstream_malformed', message: messageOf(error) });
  }
}

try {
  const fn = await loadModelFunction(setup.module, setup.options);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'call') void answer(fn, message);
    else if (message.kind === 'abort') running.get(message.id)?.abort();
    else tell({ kind: 'pong' });
  });
  tell({ kind: 'ready' });
} catch (error) {
  tell({ kind: 'unloadable', message: messageOf(error) });
}
