import { isEvenkeelError } from '@evenkeel/core';

/** Items that go out together at most. */
const MOST = 2_000;

interface Waiting<T, R> {
  readonly items: readonly T[];
  readonly resolve: (results: readonly R[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets calls that arrive while one is under way go out together with the next: many small writes that have to be durable one by
 * one cost one transaction for all of them instead of one each. Results come in the order of the items.
 * Where a whole batch is refused for what is in it, each call of it is tried alone, so that nobody fails for another's items.
 */
export function gathered<T, R>(
  send: (items: readonly T[]) => Promise<readonly R[]>,
): (items: readonly T[]) => Promise<readonly R[]> {
  let queue: Waiting<T, R>[] = [];
  let sending = false;

  async function sendOne({ items, resolve, reject }: Waiting<T, R>): Promise<void> {
    try {
      resolve(await send(items));
    } catch (error) {
      reject(error);
    }
  }

  async function sendAll(batch: readonly Waiting<T, R>[]): Promise<void> {
    const [only] = batch;
    if (only !== undefined && batch.length === 1) return sendOne(only);
    try {
      const results = await send(batch.flatMap(({ items }) => items));
      let at = 0;
      for (const { items, resolve } of batch) {
        resolve(results.slice(at, at + items.length));
        at += items.length;
      }
    } catch (error) {
      const unavailable = isEvenkeelError(error) && error.status === 503;
      for (const waiting of batch) {
        if (unavailable) waiting.reject(error);
        else await sendOne(waiting);
      }
    }
  }

  async function drain(): Promise<void> {
    sending = true;
    // Those who call in the same tick go out together.
    await Promise.resolve();
    while (queue.length > 0) {
      let items = 0;
      const full = queue.findIndex((waiting, i) => {
        items += waiting.items.length;
        return i > 0 && items > MOST;
      });
      const batch = full === -1 ? queue : queue.slice(0, full);
      queue = queue.slice(batch.length);
      await sendAll(batch);
    }
    sending = false;
  }

  return (items) => {
    if (items.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      queue.push({ items, resolve, reject });
      // It settles every call itself and never rejects.
      if (!sending) void drain();
    });
  };
}
