import {
  type Breaker,
  type CancelTimer,
  type Clock,
  describeError,
  EvenkeelError,
  type Timers,
} from '@evenkeel/core';
import { inWords } from './duration-words.ts';
import type { EntityKey, FeatureRow, FeatureSource } from './source.ts';

export interface GuardedFetchCounts {
  /** Calls that ended in an error, time-outs among them. */
  readonly failures: number;
  readonly timeouts: number;
  /** Calls the breaker did not let through. */
  readonly refused: number;
}

/** A source's fetch inside its time-out and its breaker. Rejections carry their reason in words. */
export interface GuardedFetch {
  fetch(entities: readonly EntityKey[]): Promise<readonly FeatureRow[]>;
  counts(): GuardedFetchCounts;
  /** Ends what is on its way, without a vote for the breaker. */
  close(): void;
}

export interface GuardedFetchHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly source: FeatureSource;
  readonly breaker: Breaker;
}

export const CLOSED = 'the feature source was closed';
export const BREAKER_REFUSES = 'the breaker of the feature source is open';

/** Node says "connection refused" for a name with two addresses in an error without a message, but with a code. */
function faultOf(cause: unknown): string {
  if (cause instanceof Error && cause.message === '' && 'code' in cause && typeof cause.code === 'string') {
    return cause.code;
  }
  return describeError(cause);
}

/** An async frame turns a source that throws into one that rejects. */
async function call(
  source: FeatureSource,
  entities: readonly EntityKey[],
  signal: AbortSignal,
  budgetMs: number,
): Promise<readonly FeatureRow[]> {
  const rows = await source.fetch(entities, signal, budgetMs);
  if (rows.length === entities.length) return rows;
  throw new EvenkeelError('upstream_malformed', `${rows.length} rows for ${entities.length} entities`);
}

/** @param timeoutMs milliseconds one call may take; a call that takes longer is a failure, whatever comes later */
export function createGuardedFetch(timeoutMs: number, host: GuardedFetchHost): GuardedFetch {
  const { clock, timers, source, breaker } = host;
  const open = new Set<() => void>();
  const timedOut = `feature source timed out after ${inWords(timeoutMs)}`;
  let failures = 0;
  let timeouts = 0;
  let refused = 0;
  let closed = false;

  function start(
    permit: number,
    entities: readonly EntityKey[],
    resolve: (rows: readonly FeatureRow[]) => void,
    reject: (error: Error) => void,
  ): void {
    const controller = new AbortController();
    const startedAt = clock.now();
    let cancel: CancelTimer = () => {};

    function end(): boolean {
      cancel();
      return open.delete(abandon);
    }
    function abandon(): void {
      if (!end()) return;
      breaker.release(permit);
      const error = new EvenkeelError('upstream_error', CLOSED);
      controller.abort(error);
      reject(error);
    }
    function expire(): void {
      if (!end()) return;
      failures += 1;
      timeouts += 1;
      breaker.failure(permit, clock.now() - startedAt);
      const error = new EvenkeelError('upstream_timeout', timedOut);
      controller.abort(error);
      reject(error);
    }

    open.add(abandon);
    cancel = timers.after(timeoutMs, expire);
    call(source, entities, controller.signal, timeoutMs).then(
      (rows) => {
        if (!end()) return;
        breaker.success(permit, clock.now() - startedAt);
        resolve(rows);
      },
      (cause: unknown) => {
        if (!end()) return;
        failures += 1;
        breaker.failure(permit, clock.now() - startedAt);
        reject(new EvenkeelError('upstream_error', `feature source failed: ${faultOf(cause)}`, { cause }));
      },
    );
  }

  return {
    fetch(entities) {
      if (closed) return Promise.reject(new EvenkeelError('upstream_error', CLOSED));
      const permit = breaker.tryAcquire();
      if (permit === 0) {
        refused += 1;
        return Promise.reject(new EvenkeelError('upstream_error', BREAKER_REFUSES));
      }
      return new Promise((resolve, reject) => start(permit, entities, resolve, reject));
    },
    counts: () => ({ failures, timeouts, refused }),
    close() {
      closed = true;
      for (const abandon of [...open]) abandon();
    },
  };
}
