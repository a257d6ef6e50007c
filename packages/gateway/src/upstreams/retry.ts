import {
  backoff,
  type Cancellation,
  type Clock,
  EvenkeelError,
  isEvenkeelError,
  type Random,
  type RetryBudget,
  type Timers,
} from '@evenkeel/core';
import { type FailureKind, failureKind } from './failure.ts';

export interface RetryOptions {
  /** Further attempts after the first, at most; 0 to 5. */
  readonly max: number;
  /** Kinds of failure worth another attempt. Default: connection, overload, server_error. */
  readonly on?: readonly FailureKind[] | undefined;
}

export interface RetryHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Shared between upstreams, so that retries cannot multiply a load; without one nothing is tried twice. */
  readonly retryBudget?: RetryBudget | undefined;
}

/** What one attempt may use. */
export interface AttemptLimits {
  readonly signal: Cancellation;
  readonly budgetMs: number;
}

const DEFAULT_ON: readonly FailureKind[] = ['connection', 'overload', 'server_error'];
/** A wait that the upstream asked for is spread by up to this share: everybody was told the same. */
const SPREAD = 0.25;

function pause(ms: number, timers: Timers, signal: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      cancel();
      const reason: unknown = signal.reason;
      reject(isEvenkeelError(reason) ? reason : new EvenkeelError('client_closed'));
    }
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Attempts, and attempts again where the failure is of a listed kind, the shared budget permits it, the caller is
 * still there, and the wait and another attempt as long as the last still fit into the time that is left.
 */
export async function withRetries<T>(
  options: RetryOptions,
  host: RetryHost,
  call: AttemptLimits,
  attempt: (limits: AttemptLimits) => Promise<T>,
): Promise<T> {
  const on = options.on ?? DEFAULT_ON;
  const { signal } = call;
  const endsAt = host.clock.now() + call.budgetMs;
  let limits = call;
  for (let made = 1; ; made++) {
    const startedAt = host.clock.now();
    try {
      return await attempt(limits);
    } catch (error) {
      const kind = failureKind(error);
      if (made > options.max || kind === undefined || !on.includes(kind) || signal.aborted) throw error;
      const asked = isEvenkeelError(error) ? error.retryAfterMs : undefined;
      const wait =
        backoff(made, host.random) + (asked === undefined ? 0 : asked * (1 + SPREAD * host.random()));
      const now = host.clock.now();
      if (now + wait + (now - startedAt) >= endsAt || host.retryBudget?.tryRetry() !== true) throw error;
      await pause(wait, host.timers, signal);
      limits = { signal, budgetMs: endsAt - host.clock.now() };
    }
  }
}
