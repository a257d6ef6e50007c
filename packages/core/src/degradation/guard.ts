import type { CancelTimer, Clock, Timers } from '../kernel/clock.ts';
import { EvenkeelError, isEvenkeelError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import { type BackoffOptions, backoff } from './backoff.ts';
import type { Breaker } from './breaker.ts';
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
  /** Milliseconds for all attempts together. */
  readonly deadlineMs?: number;
  /** Give `fn` a signal of its own, aborted at the deadline or with the caller's. Costs an AbortController per call. */
  readonly ownSignal?: boolean;
  /** Measure how long calls take: needed by breakers that count slow ones (default true when there is a breaker that does). */
  readonly measure?: boolean;
}

export interface GuardHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Runs `fn` under the guard; `signal` is the caller's. */
export type Guarded = <T>(
  fn: (signal: AbortSignal | undefined) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

const OPEN: EvenkeelError = new EvenkeelError('upstream_error', 'the circuit is open');
const LATE: EvenkeelError = new EvenkeelError('deadline_exceeded', 'the deadline passed');
const GONE: EvenkeelError = new EvenkeelError('client_closed');

/** Whether a failure says something about the callee: a caller's mistake or its leaving does not. */
function callersFault(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true) return true;
  return (
    isEvenkeelError(error) &&
    error.status >= 400 &&
    error.status < 500 &&
    error.code !== 'shed' &&
    error.code !== 'rate_limited'
  );
}

function worthRetrying(error: unknown): boolean {
  return !isEvenkeelError(error) || error.retryable;
}

/**
 * Breaker, retries inside a budget and a deadline round any asynchronous call, for users of the library.
 * The call rejects with `upstream_error` when the circuit is open, `deadline_exceeded` when the time is up,
 * `client_closed` when the caller's signal is aborted, otherwise with what `fn` rejected with.
 */
export function guard(options: GuardOptions, host: GuardHost): Guarded {
  const { breaker, retry, deadlineMs } = options;
  if (retry === undefined && deadlineMs === undefined && options.ownSignal !== true) {
    return breaker === undefined
      ? (fn, signal) => fn(signal)
      : breakerOnly(breaker, options.measure === true, host.clock);
  }
  return (fn, signal) => run(fn, signal, options, host);
}

function breakerOnly(breaker: Breaker, measure: boolean, clock: Clock): Guarded {
  return async (fn, signal) => {
    const permit = breaker.tryAcquire();
    if (permit === 0) throw OPEN;
    const began = measure ? clock.now() : 0;
    try {
      const value = await fn(signal);
      breaker.success(permit, measure ? clock.now() - began : 0);
      return value;
    } catch (error) {
      if (callersFault(error, signal)) breaker.release(permit);
      else breaker.failure(permit, measure ? clock.now() - began : 0);
      throw error;
    }
  };
}

function run<T>(
  fn: (signal: AbortSignal | undefined) => Promise<T>,
  signal: AbortSignal | undefined,
  { breaker, retry, deadlineMs, ownSignal }: GuardOptions,
  { clock, timers, random }: GuardHost,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(GONE);
      return;
    }
    // Aborted with a constant reason, and never on success: a DOMException per call costs more than all else here.
    const controller = ownSignal === true ? new AbortController() : undefined;
    const inner = controller?.signal ?? signal;
    const endsAt = deadlineMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + deadlineMs;
    let permit = 0;
    let attempts = 0;
    let done = false;
    let cancelDeadline: CancelTimer | undefined;
    let cancelBackoff: CancelTimer | undefined;

    function finish(): void {
      done = true;
      cancelDeadline?.();
      cancelBackoff?.();
      if (signal !== undefined) signal.removeEventListener('abort', onAbort);
    }
    function fail(error: unknown): void {
      finish();
      reject(error);
    }
    function onAbort(): void {
      if (done) return;
      if (permit !== 0) breaker?.release(permit);
      fail(GONE);
      controller?.abort(GONE);
    }
    function onDeadline(): void {
      if (done) return;
      // The time-out is the callee's failure, although it ends by abort.
      if (permit !== 0) breaker?.failure(permit, deadlineMs);
      fail(LATE);
      controller?.abort(LATE);
    }
    function failed(error: unknown): void {
      if (done) return;
      const ours = callersFault(error, signal);
      if (permit !== 0) {
        if (ours) breaker?.release(permit);
        else breaker?.failure(permit);
        permit = 0;
      }
      const again =
        retry !== undefined && !ours && attempts <= retry.max && (retry.when ?? worthRetrying)(error);
      if (!again) {
        fail(error);
        return;
      }
      const asked = isEvenkeelError(error) ? (error.retryAfterMs ?? 0) : 0;
      const wait = Math.max(asked, backoff(attempts, random, retry.backoff));
      if (clock.now() + wait >= endsAt || !retry.budget.tryRetry()) fail(error);
      else cancelBackoff = timers.after(wait, attempt);
    }
    function succeeded(value: T): void {
      if (done) return;
      if (permit !== 0) breaker?.success(permit);
      finish();
      resolve(value);
    }
    function attempt(): void {
      attempts += 1;
      if (breaker !== undefined) {
        permit = breaker.tryAcquire();
        if (permit === 0) {
          fail(OPEN);
          return;
        }
      }
      try {
        fn(inner).then(succeeded, failed);
      } catch (error) {
        failed(error);
      }
    }

    if (signal !== undefined) signal.addEventListener('abort', onAbort);
    if (deadlineMs !== undefined) cancelDeadline = timers.after(deadlineMs, onDeadline);
    retry?.budget.request();
    attempt();
  });
}
