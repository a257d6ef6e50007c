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
  return (fn, signal) =>
    new Promise((resolve, reject) => new GuardedCall(fn, signal, options, host, resolve, reject).start());
}

function breakerOnly(breaker: Breaker, measure: boolean, clock: Clock): Guarded {
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
      if (callersFault(error, signal)) breaker.release(permit);
      else breaker.failure(permit, measure ? clock.now() - began : 0);
      throw error;
    }
  };
}

/** One call under the full guard. A class, because an object with methods is cheaper than a closure for each of them. */
class GuardedCall<T> {
  private readonly fn: (signal: AbortSignal | undefined) => Promise<T>;
  private readonly signal: AbortSignal | undefined;
  private readonly options: GuardOptions;
  private readonly host: GuardHost;
  private readonly resolve: (value: T) => void;
  private readonly reject: (error: unknown) => void;
  // Aborted with a constant reason, and never on success: a DOMException per call costs more than all else here.
  private readonly controller: AbortController | undefined;
  private readonly onAbort: (() => void) | undefined;
  private permit = 0;
  private attempts = 0;
  private done = false;
  private startedAt = 0;
  private cancelDeadline: CancelTimer | undefined;
  private cancelBackoff: CancelTimer | undefined;

  constructor(
    fn: (signal: AbortSignal | undefined) => Promise<T>,
    signal: AbortSignal | undefined,
    options: GuardOptions,
    host: GuardHost,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.fn = fn;
    this.signal = signal;
    this.options = options;
    this.host = host;
    this.resolve = resolve;
    this.reject = reject;
    this.controller = options.ownSignal === true ? new AbortController() : undefined;
    this.onAbort = signal === undefined ? undefined : () => this.abort();
  }

  start(): void {
    const { deadlineMs, retry } = this.options;
    if (this.signal !== undefined && this.onAbort !== undefined) {
      if (this.signal.aborted) {
        this.fail(GONE);
        return;
      }
      this.signal.addEventListener('abort', this.onAbort);
    }
    if (deadlineMs !== undefined) {
      if (retry !== undefined) this.startedAt = this.host.clock.now();
      this.cancelDeadline = this.host.timers.after(deadlineMs, () => this.late());
    }
    retry?.budget.request();
    this.attempt();
  }

  private attempt(): void {
    this.attempts += 1;
    const { breaker } = this.options;
    if (breaker !== undefined) {
      this.permit = breaker.tryAcquire();
      if (this.permit === 0) {
        this.fail(OPEN);
        return;
      }
    }
    try {
      this.fn(this.controller?.signal ?? this.signal).then(
        (value) => this.succeeded(value),
        (error: unknown) => this.failed(error),
      );
    } catch (error) {
      this.failed(error);
    }
  }

  private succeeded(value: T): void {
    if (this.done) return;
    if (this.permit !== 0) this.options.breaker?.success(this.permit);
    this.finish();
    this.resolve(value);
  }

  private failed(error: unknown): void {
    if (this.done) return;
    const { breaker, retry, deadlineMs } = this.options;
    const ours = callersFault(error, this.signal);
    if (this.permit !== 0) {
      if (ours) breaker?.release(this.permit);
      else breaker?.failure(this.permit);
      this.permit = 0;
    }
    if (retry === undefined || ours || this.attempts > retry.max || !(retry.when ?? worthRetrying)(error)) {
      this.fail(error);
      return;
    }
    const asked = isEvenkeelError(error) ? (error.retryAfterMs ?? 0) : 0;
    const wait = Math.max(asked, backoff(this.attempts, this.host.random, retry.backoff));
    const tooLate = deadlineMs !== undefined && this.host.clock.now() + wait >= this.startedAt + deadlineMs;
    if (tooLate || !retry.budget.tryRetry()) this.fail(error);
    else this.cancelBackoff = this.host.timers.after(wait, () => this.attempt());
  }

  private abort(): void {
    if (this.done) return;
    if (this.permit !== 0) this.options.breaker?.release(this.permit);
    this.fail(GONE);
    this.controller?.abort(GONE);
  }

  private late(): void {
    if (this.done) return;
    // The time-out is the callee's failure, although it ends by abort.
    if (this.permit !== 0) this.options.breaker?.failure(this.permit, this.options.deadlineMs);
    this.fail(LATE);
    this.controller?.abort(LATE);
  }

  private fail(error: unknown): void {
    this.finish();
    this.reject(error);
  }

  private finish(): void {
    this.done = true;
    this.cancelDeadline?.();
    this.cancelBackoff?.();
    if (this.onAbort !== undefined) this.signal?.removeEventListener('abort', this.onAbort);
  }
}
