import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { killThread, threadOf } from './worker-threads.ts';

describe('killThread', () => {
  it('ends a thread of this process in the middle of a computation', async () => {
    const worker = new Worker('for (;;) {}', { eval: true });
    await once(worker, 'online');
    const { threadId } = worker;
    const exit = once(worker, 'exit');
    expect(killThread(threadId)).toBe(true);
    await exit;
    expect(killThread(threadId)).toBe(false);
  });

  it('reads the thread from what a model says of itself', () => {
    expect(threadOf({ snapshot: () => ({ threadId: 3 }) })).toBe(3);
    expect(threadOf({ snapshot: () => ({ threadId: undefined }) })).toBeUndefined();
    expect(threadOf({})).toBeUndefined();
    expect(killThread(-1)).toBe(false);
  });
});
