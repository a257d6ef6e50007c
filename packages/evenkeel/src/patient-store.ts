import { describeError, EvenkeelError, isEvenkeelError, type Timers } from '@evenkeel/core';
import type { Store } from '@evenkeel/store';

/** Milliseconds between two attempts to open. */
const AGAIN_MS = 1_000;

/** Not there, or not answering: it may be soon. What is wrong with the store itself stays wrong. */
const passes = (error: unknown): boolean => isEvenkeelError(error) && error.status === 503;

/**
 * A store for a process that serves without one: when it cannot be reached at the start, every call rejects as it does while a
 * store is away, until it has been opened in the background.
 * @param onChange told when it had to begin without, when it has come, and when what has come cannot be used
 * @throws what `open` throws, where waiting would not help
 */
export async function patientStore(
  open: () => Promise<Store>,
  timers: Timers,
  onChange: (what: string, reason: string) => void,
): Promise<Store> {
  let opened: Store | undefined;
  let reason: string;
  try {
    return await open();
  } catch (error) {
    if (!passes(error)) throw error;
    reason = describeError(error);
  }
  onChange('serving begins without the store; it is tried again', reason);

  let closed = false;
  let cancel: () => void = () => {};
  let trying: Promise<void> = Promise.resolve();
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const go of waiting) go();
    waiting.clear();
  };
  async function attempt(): Promise<void> {
    try {
      const store = await open();
      if (closed) {
        await store.close();
        return;
      }
      opened = store;
      onChange('the store has come', 'it answers');
      wake();
      return;
    } catch (error) {
      // The API of a control process would have said so at its start; here the requests go on being served.
      if (!passes(error) && reason !== describeError(error))
        onChange('the store cannot be used', describeError(error));
      reason = describeError(error);
    }
    if (!closed) again();
  }
  function again(): void {
    cancel = timers.after(AGAIN_MS, () => {
      trying = attempt();
    });
  }
  again();

  async function use(): Promise<Store> {
    if (opened !== undefined) return opened;
    throw new EvenkeelError('internal', reason, { status: 503 });
  }

  return {
    dialect: 'postgres',
    rollups: {
      append: async (...args) => (await use()).rollups.append(...args),
      since: async (...args) => (await use()).rollups.since(...args),
      apply: async (...args) => (await use()).rollups.apply(...args),
      cursor: async (...args) => (await use()).rollups.cursor(...args),
      state: async (...args) => (await use()).rollups.state(...args),
      blocks: async (...args) => (await use()).rollups.blocks(...args),
      sum: async (...args) => (await use()).rollups.sum(...args),
    },
    predictions: {
      append: async (...args) => (await use()).predictions.append(...args),
      row: async (...args) => (await use()).predictions.row(...args),
      rows: async (...args) => (await use()).predictions.rows(...args),
      record: async (...args) => (await use()).predictions.record(...args),
      records: async (...args) => (await use()).predictions.records(...args),
      coverage: async (...args) => (await use()).predictions.coverage(...args),
    },
    facts: {
      add: async (...args) => (await use()).facts.add(...args),
      list: async (...args) => (await use()).facts.list(...args),
      get: async (...args) => (await use()).facts.get(...args),
    },
    directives: {
      put: async (...args) => (await use()).directives.put(...args),
      remove: async (...args) => (await use()).directives.remove(...args),
      active: async (...args) => (await use()).directives.active(...args),
    },
    queues: {
      put: async (...args) => (await use()).queues.put(...args),
      list: async (...args) => (await use()).queues.list(...args),
      get: async (...args) => (await use()).queues.get(...args),
      decide: async (...args) => (await use()).queues.decide(...args),
      figures: async (...args) => (await use()).queues.figures(...args),
      sweep: async (...args) => (await use()).queues.sweep(...args),
    },
    keys: {
      add: async (...args) => (await use()).keys.add(...args),
      get: async (...args) => (await use()).keys.get(...args),
      list: async (...args) => (await use()).keys.list(...args),
      revoke: async (...args) => (await use()).keys.revoke(...args),
    },
    audit: {
      append: async (...args) => (await use()).audit.append(...args),
      list: async (...args) => (await use()).audit.list(...args),
      verify: async (...args) => (await use()).audit.verify(...args),
    },
    documents: {
      get: async (...args) => (await use()).documents.get(...args),
      list: async (...args) => (await use()).documents.list(...args),
      commit: async (...args) => (await use()).documents.commit(...args),
    },
    outbox: {
      take: async (...args) => (await use()).outbox.take(...args),
      sent: async (...args) => (await use()).outbox.sent(...args),
      failed: async (...args) => (await use()).outbox.failed(...args),
      dead: async (...args) => (await use()).outbox.dead(...args),
      revive: async (...args) => (await use()).outbox.revive(...args),
      list: async (...args) => (await use()).outbox.list(...args),
    },
    leases: {
      take: async (...args) => (await use()).leases.take(...args),
      release: async (...args) => (await use()).leases.release(...args),
    },
    async changed(topic, signal) {
      if (opened !== undefined) return opened.changed(topic, signal);
      if (signal.aborted) return;
      // Whatever was written meanwhile is to be read when it comes.
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    health: async () =>
      opened === undefined
        ? { ok: false, reason, schemaVersion: 0, bytes: 0, clockSkewMs: 0 }
        : opened.health(),
    integrity: async () => (await use()).integrity(),
    backup: async (...args) => (await use()).backup(...args),
    sweep: async (...args) => (await use()).sweep(...args),
    async close() {
      closed = true;
      cancel();
      wake();
      await trying;
      await opened?.close();
    },
  };
}
