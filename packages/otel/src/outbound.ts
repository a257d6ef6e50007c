import { describeError } from '@evenkeel/core';

/** How sending to a collector goes. */
export interface OutboundFigures {
  readonly queued: number;
  readonly sent: number;
  /** Let go because the queue was full, or because the collector did not take them after the exporter's retries. */
  readonly dropped: number;
  /** Of the last batch; undefined when it was taken. */
  readonly lastError: string | undefined;
}

/** A bounded queue in front of something that takes batches, one at a time. */
export interface Outbound<T> {
  /** O(1), never throws. Full, the oldest is let go and counted. */
  offer(item: T): void;
  /** Sends what is there now, batch after batch, until it is gone or a batch fails; never rejects. */
  send(): Promise<void>;
  figures(): OutboundFigures;
}

/**
 * @param capacity items held at most
 * @param batch items sent at once
 * @param deliver resolves when the batch was taken; what it rejects is dropped, because its sender has retried already
 */
export function outbound<T>(
  capacity: number,
  batch: number,
  deliver: (items: readonly T[]) => Promise<void>,
): Outbound<T> {
  const slots: (T | undefined)[] = new Array(capacity).fill(undefined);
  let oldest = 0;
  let size = 0;
  let sent = 0;
  let dropped = 0;
  let lastError: string | undefined;
  let sending: Promise<void> | undefined;

  function takeBatch(): T[] {
    const items: T[] = [];
    while (size > 0 && items.length < batch) {
      const item = slots[oldest];
      slots[oldest] = undefined;
      oldest = (oldest + 1) % capacity;
      size -= 1;
      if (item !== undefined) items.push(item);
    }
    return items;
  }

  async function drain(): Promise<void> {
    for (let items = takeBatch(); items.length > 0; items = takeBatch()) {
      try {
        await deliver(items);
        sent += items.length;
        lastError = undefined;
      } catch (error) {
        dropped += items.length;
        lastError = describeError(error);
        return;
      }
    }
  }

  return {
    offer(item) {
      if (size === capacity) {
        oldest = (oldest + 1) % capacity;
        size -= 1;
        dropped += 1;
      }
      slots[(oldest + size) % capacity] = item;
      size += 1;
    },
    send() {
      sending ??= drain().finally(() => {
        sending = undefined;
      });
      return sending;
    },
    figures: () => ({ queued: size, sent, dropped, lastError }),
  };
}
