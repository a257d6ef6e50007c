import type { Worker } from 'node:worker_threads';

/** Threads of this process by their id, so that one can be made to die the way threads die. Holds none of them alive. */
const threads = new Map<number, WeakRef<Worker>>();

process.on('worker', (worker) => {
  // Known now: after its exit a thread's id reads -1.
  const { threadId } = worker;
  threads.set(threadId, new WeakRef(worker));
  worker.once('exit', () => threads.delete(threadId));
});

/** Ends a thread at once, in the middle of whatever it does. False when there is none of that id. */
export function killThread(threadId: number): boolean {
  const worker = threads.get(threadId)?.deref();
  if (worker === undefined) return false;
  void worker.terminate();
  return true;
}

/** The thread that a model says it runs in; undefined for models without one, or between two threads. */
export function threadOf(model: object): number | undefined {
  if (!('snapshot' in model) || typeof model.snapshot !== 'function') return undefined;
  const snapshot: unknown = model.snapshot();
  if (typeof snapshot !== 'object' || snapshot === null || !('threadId' in snapshot)) return undefined;
  return typeof snapshot.threadId === 'number' ? snapshot.threadId : undefined;
}
