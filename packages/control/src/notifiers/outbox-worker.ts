import {
  type Breaker,
  backoff,
  type Clock,
  createBreaker,
  describeError,
  type Random,
  type Timers,
} from '@evenkeel/core';
import type { Outbox, OutboxRow } from '@evenkeel/store';
import { type Delivery, type Notifier, notificationSchema } from './notification.ts';

export interface WorkerEvent {
  readonly id: string;
  readonly destination: string;
  readonly outcome: 'sent' | 'retry' | 'dead';
  readonly reason: string;
}

export interface OutboxWorker {
  /** Sends what is due, now. Resolves when each of them has been tried. */
  run(): Promise<void>;
  close(): Promise<void>;
}

/** Messages at most on their way at once. */
const BATCH = 20;
/** Milliseconds that one attempt may take. */
const ATTEMPT_MS = 15_000;
/** A taken message is given back when its worker has died: longer than an attempt can take. */
const HOLD_MS = ATTEMPT_MS + 15_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** With waits of up to five minutes this is about a day of trying. */
const MOST_ATTEMPTS = 300;
const IDLE_MS = 1_000;

/**
 * Carries messages from the outbox to their destinations: at least once, in order within a stream, with waits that grow
 * and a breaker for each destination, so that a dead one does not hold up the others.
 */
export function outboxWorker(parts: {
  readonly outbox: Outbox;
  readonly notifiers: () => ReadonlyMap<string, Notifier>;
  /** Why a destination is out, as an experiment wants it; undefined when it is not. */
  readonly out?: ((destination: string) => string | undefined) | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly onEvent: (event: WorkerEvent) => void;
}): OutboxWorker {
  const { outbox, notifiers, clock, timers, random, onEvent } = parts;
  const breakers = new Map<string, Breaker>();
  const stop = new AbortController();
  let running: Promise<void> | undefined;

  function breakerOf(destination: string): Breaker {
    const known = breakers.get(destination);
    if (known !== undefined) return known;
    const made = createBreaker(
      { policy: { kind: 'consecutive', failures: 5 }, recoveryMs: 30_000, probes: 1 },
      { clock, random },
    );
    breakers.set(destination, made);
    return made;
  }

  async function attempt(row: OutboxRow, notifier: Notifier): Promise<Delivery> {
    const notification = notificationSchema.safeParse(row.body);
    if (!notification.success) return { kind: 'dead', reason: 'what was kept is not a notification' };
    const out = parts.out?.(row.destination);
    if (out !== undefined) return { kind: 'retry', reason: out, afterMs: undefined };
    const limit = AbortSignal.any([stop.signal, AbortSignal.timeout(ATTEMPT_MS)]);
    try {
      return await notifier.send(notification.data, limit);
    } catch (error) {
      return { kind: 'retry', reason: describeError(error), afterMs: undefined };
    }
  }

  async function later(row: OutboxRow, reason: string, afterMs: number | undefined): Promise<void> {
    const wait =
      FIRST_WAIT_MS + backoff(row.attempts + 1, random, { baseMs: FIRST_WAIT_MS, maxMs: LONGEST_WAIT_MS });
    await outbox.failed(row.id, reason, Math.round(clock.wall() + Math.max(wait, afterMs ?? 0)));
    onEvent({ id: row.id, destination: row.destination, outcome: 'retry', reason });
  }

  async function carry(row: OutboxRow): Promise<void> {
    const notifier = notifiers().get(row.destination);
    if (notifier === undefined) {
      const reason = `the file names no destination "${row.destination}" any more`;
      await outbox.dead(row.id, reason);
      onEvent({ id: row.id, destination: row.destination, outcome: 'dead', reason });
      return;
    }
    const breaker = breakerOf(row.destination);
    const permit = breaker.tryAcquire();
    // Not an attempt: nothing is sent, and nothing is written. It comes back when its hold ends, about when the next probe is due.
    if (permit <= 0) return;
    const result = await attempt(row, notifier);
    // Broken off by our own end: neither the destination's fault nor an attempt. What has arrived is noted all the same.
    if (stop.signal.aborted && result.kind === 'retry') {
      breaker.release(permit);
      return;
    }
    switch (result.kind) {
      case 'sent':
        breaker.success(permit);
        await outbox.sent(row.id, Math.round(clock.wall()));
        onEvent({ id: row.id, destination: row.destination, outcome: 'sent', reason: result.detail });
        return;
      case 'dead':
        // The destination answered: it is alive, and did not want this.
        breaker.success(permit);
        await outbox.dead(row.id, result.reason);
        onEvent({ id: row.id, destination: row.destination, outcome: 'dead', reason: result.reason });
        return;
      case 'retry':
        breaker.failure(permit);
        if (row.attempts + 1 < MOST_ATTEMPTS) {
          await later(row, result.reason, result.afterMs);
          return;
        }
        await outbox.dead(row.id, `given up after ${row.attempts + 1} attempts: ${result.reason}`);
        onEvent({ id: row.id, destination: row.destination, outcome: 'dead', reason: result.reason });
    }
  }

  async function once(): Promise<void> {
    const rows = await outbox.take(Math.round(clock.wall()), BATCH, HOLD_MS);
    // One message that cannot be written off must not take the others with it; its hold ends by itself.
    await Promise.allSettled(rows.map(carry));
  }

  function run(): Promise<void> {
    running ??= once()
      .catch(() => {
        // The store is gone: messages wait in it.
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function again(): void {
    timers.after(IDLE_MS, () => {
      if (stop.signal.aborted) return;
      void run().then(again);
    });
  }
  again();

  return {
    run,
    async close() {
      stop.abort();
      await running;
    },
  };
}
