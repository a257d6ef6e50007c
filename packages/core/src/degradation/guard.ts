import type { Clock, Timers } from '../kernel/clock.ts';
import { EvenkeelError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import type { BackoffOptions } from './backoff.ts';
import type { Breaker } from './breaker.ts';
import { deadlineQueue } from './deadline-queue.ts';
import { expire, OPEN, type Plan, saysNothing, startCall } from './guarded-call.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What stands around a call. Leave out what is not wanted. */
export interface GuardOptions {
  readonly breaker?: Breaker;
  readonly retry?: {
    /** Attempts after the first, at most. */
    readonly max: number;
    readonly budget: RetryBudget;
    readonly backoff?: BackoffOptions;
    /** Which errors are worth another attempt (default: those that say so themselves, and those of other makers). */
    readonly when?: (error: unknown) => boolean;
  };
  /** Milliseconds for all attempts together, over 0. */
  readonly deadlineMs?: number;
  /** Give `fn` a signal of its own, aborted at the deadline or with the caller's. Costs an AbortController per call. */
  readonly ownSignal?: boolean;
}

export interface GuardHost {
  readonly clock: Clock;
  /** A guard with a deadline leaves one timer running for up to `deadlineMs` after its last call: unref it on Node. */
  readonly timers: Timers;
  readonly random: Random;
}

/** Runs `fn` under the guard; `signal` is the caller's. */
export type Guarded = <T>(
  fn: (signal: AbortSignal | undefined) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

/**
 * Breaker, retries inside a budget and a deadline round any asynchronous call, for users of the library.
 * A caller that leaves ends the call at once, also in a back-off, except where there is a breaker alone: there `fn` is
 * waited for, which has the signal. When the breaker opens between attempts, the call rejects with the last error.
 * The call rejects with `upstream_error` when the circuit is open, `deadline_exceeded` when the time is up,
 * `client_closed` when the caller's signal is aborted, otherwise with what `fn` rejected with. The first three are
 * shared objects, made once: a refusal has to be cheap.
 * @throws EvenkeelError config_invalid for a deadline or a number of retries out of range
 */
export function guard(options: GuardOptions, host: GuardHost): Guarded {
  const { breaker, retry, deadlineMs } = options;
  if (deadlineMs !== undefined && !(deadlineMs > 0 && deadlineMs < 2 ** 31)) {
    throw new EvenkeelError('config_invalid', `guard: deadlineMs lies between 0 and 2^31, not ${deadlineMs}`);
  }
  if (retry !== undefined && !(Number.isInteger(retry.max) && retry.max >= 0)) {
    throw new EvenkeelError('config_invalid', `guard: retry.max is a whole number from 0, not ${retry.max}`);
  }
  if (retry === undefined && deadlineMs === undefined && options.ownSignal !== true) {
    return breaker === undefined ? (fn, signal) => fn(signal) : breakerOnly(breaker, host.clock);
  }
  const plan: Plan = {
    breaker,
    retry,
    deadlines: deadlineMs === undefined ? undefined : deadlineQueue(deadlineMs, host, expire),
    ownSignal: options.ownSignal === true,
    measure: breaker?.measures === true,
    host,
  };
  return (fn, signal) => startCall(fn, signal, plan);
}

function breakerOnly(breaker: Breaker, clock: Clock): Guarded {
  const measure = breaker.measures === true;
  return async (fn, signal) => {
    const permit = breaker.tryAcquire();
    if (permit === 0) throw OPEN;
    const began = measure ? clock.now() : 0;
    try {
      const value = await fn(signal);
      if (measure) {
        const now = clock.now();
        breaker.success(permit, now - began, now);
      } else breaker.success(permit);
      return value;
    } catch (error) {
      if (saysNothing(error, signal)) breaker.release(permit);
      else breaker.failure(permit, measure ? clock.now() - began : 0);
      throw error;
    }
  };
}
