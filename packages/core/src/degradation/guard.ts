import type { CancelTimer, Clock, Timers } from '../kernel/clock.ts';
import { EvenkeelError, isEvenkeelError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import { type BackoffOptions, backoff } from './backoff.ts';
import type { Breaker } from './breaker.ts';
import { type DeadlineQueue, deadlineQueue, type Expiring } from './deadline-queue.ts';
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
  const deadlines = deadlineMs === undefined ? undefined : deadlineQueue(deadlineMs, host);
  const plan = { options, host, deadlines, measure: breaker?.measures === true };
  return (fn, signal) =>
    new Promise((resolve, reject) => new GuardedCall(fn, signal, plan, resolve, reject).start());
}

/** What the calls of one guard share. */
interface Plan {
  readonly options: GuardOptions;
  readonly host: GuardHost;
  readonly deadlines: DeadlineQueue | undefined;
  readonly measure: boolean;
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
      if (callersFault(error, signal)) breaker.release(permit);
      else breaker.failure(permit, measure ? clock.now() - began : 0);
      throw error;
    }
  };
}

/** One call under the full guard. A class, because an object with methods is cheaper than a closure for each of them. */
class GuardedCall<T> implements Expiring {
  expiresAt = 0;
  earlier: Expiring | undefined;
  later: Expiring | undefined;
  private readonly fn: (signal: AbortSignal | undefined) => Promise<T>;
  private readonly signal: AbortSignal | undefined;
  private readonly plan: Plan;
  private readonly resolve: (value: T) => void;
  private readonly reject: (error: unknown) => void;
  // Aborted with a constant reason, and never on success: a DOMException per call costs more than all else here.
  private readonly controller: AbortController | undefined;
  private readonly onAbort: (() => void) | undefined;
  private permit = 0;
  private attempts = 0;
  private done = false;
  private attemptAt = 0;
  private lastError: unknown;
  private cancelBackoff: CancelTimer | undefined;

  constructor(
    fn: (signal: AbortSignal | undefined) => Promise<T>,
    signal: AbortSignal | undefined,
    plan: Plan,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.fn = fn;
    this.signal = signal;
    this.plan = plan;
    this.resolve = resolve;
    this.reject = reject;
    this.controller = plan.options.ownSignal === true ? new AbortController() : undefined;
    this.onAbort = signal === undefined ? undefined : () => this.abort();
  }

  start(): void {
    const { deadlines, host, options } = this.plan;
    if (this.signal !== undefined && this.onAbort !== undefined) {
      if (this.signal.aborted) {
        this.fail(GONE);
        return;
      }
      this.signal.addEventListener('abort', this.onAbort);
    }
    options.retry?.budget.request();
    let now = 0;
    if (deadlines !== undefined) {
      now = host.clock.now();
      deadlines.add(this, now);
    } else if (this.plan.measure) now = host.clock.now();
    this.attempt(now);
  }

  /** @param now monotonic milliseconds; any number where nothing is measured */
  private attempt(now: number): void {
    this.attempts += 1;
    this.attemptAt = now;
    const { breaker } = this.plan.options;
    if (breaker !== undefined) {
      this.permit = breaker.tryAcquire();
      if (this.permit === 0) {
        this.fail(this.attempts === 1 ? OPEN : this.lastError);
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
    const { options, host, measure } = this.plan;
    if (this.permit !== 0) {
      if (measure) {
        const now = host.clock.now();
        options.breaker?.success(this.permit, now - this.attemptAt, now);
      } else options.breaker?.success(this.permit);
    }
    this.finish();
    this.resolve(value);
  }

  private failed(error: unknown): void {
    if (this.done) return;
    const { deadlines, host } = this.plan;
    const { breaker, retry } = this.plan.options;
    const ours = callersFault(error, this.signal);
    const now = host.clock.now();
    if (this.permit !== 0) {
      if (ours) breaker?.release(this.permit);
      else breaker?.failure(this.permit, now - this.attemptAt, now);
      this.permit = 0;
    }
    if (retry === undefined || ours || this.attempts > retry.max || !(retry.when ?? worthRetrying)(error)) {
      this.fail(error);
      return;
    }
    const asked = isEvenkeelError(error) ? (error.retryAfterMs ?? 0) : 0;
    const wait = Math.max(asked, backoff(this.attempts, host.random, retry.backoff));
    const tooLate = deadlines !== undefined && now + wait >= this.expiresAt;
    if (tooLate || !retry.budget.tryRetry()) {
      this.fail(error);
      return;
    }
    this.lastError = error;
    this.cancelBackoff = host.timers.after(wait, () => this.attempt(host.clock.now()));
  }

  private abort(): void {
    if (this.done) return;
    if (this.permit !== 0) this.plan.options.breaker?.release(this.permit);
    this.fail(GONE);
    this.controller?.abort(GONE);
  }

  expire(): void {
    if (this.done) return;
    // The time-out is the callee's failure, although it ends by abort.
    if (this.permit !== 0) {
      this.plan.options.breaker?.failure(this.permit, this.expiresAt - this.attemptAt);
    }
    this.fail(LATE);
    this.controller?.abort(LATE);
  }

  private fail(error: unknown): void {
    this.finish();
    this.reject(error);
  }

  private finish(): void {
    this.done = true;
    this.plan.deadlines?.remove(this);
    this.cancelBackoff?.();
    if (this.onAbort !== undefined) this.signal?.removeEventListener('abort', this.onAbort);
  }
}
