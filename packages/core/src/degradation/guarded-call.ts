import type { CancelTimer, Clock, Timers } from '../kernel/clock.ts';
import { EvenkeelError, isEvenkeelError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import { type BackoffOptions, backoff } from './backoff.ts';
import type { Breaker } from './breaker.ts';
import type { DeadlineQueue, Expiring } from './deadline-queue.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What the calls of one guard share. */
export interface Plan {
  readonly breaker: Breaker | undefined;
  readonly retry:
    | {
        readonly max: number;
        readonly budget: RetryBudget;
        readonly backoff?: BackoffOptions;
        readonly when?: (error: unknown) => boolean;
      }
    | undefined;
  readonly deadlines: DeadlineQueue<Pending> | undefined;
  readonly ownSignal: boolean;
  /** Whether the breaker wants to know how long attempts took. */
  readonly measure: boolean;
  readonly host: { readonly clock: Clock; readonly timers: Timers; readonly random: Random };
}

/**
 * A call under the full guard, whatever it answers. Plain objects and functions: measured on Node 20, a class with as
 * many fields makes the whole guard twice as dear.
 */
export interface Pending extends Expiring<Pending> {
  readonly plan: Plan;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  readonly controller: AbortController | undefined;
  onAbort: (() => void) | undefined;
  reject: (error: unknown) => void;
  /** Of the attempt under way; 0: none, or there is no breaker. */
  permit: number;
  attempts: number;
  attemptAt: number;
  lastError: unknown;
  done: boolean;
  cancelBackoff: CancelTimer | undefined;
}

interface Call<T> extends Pending {
  readonly fn: (signal: AbortSignal | undefined) => Promise<T>;
  resolve: (value: T) => void;
}

// Shared, so that refusing is cheap; and an AbortController aborted with a constant makes no DOMException.
export const OPEN: EvenkeelError = new EvenkeelError('upstream_error', 'the circuit is open');
const LATE: EvenkeelError = new EvenkeelError('deadline_exceeded', 'the deadline passed');
const GONE: EvenkeelError = new EvenkeelError('client_closed');

/** Whether an error says nothing about the callee's health: a caller's mistake, its leaving, an abstention. */
export function saysNothing(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true) return true;
  if (!isEvenkeelError(error)) return false;
  if (error.code === 'no_answer') return true;
  return error.status >= 400 && error.status < 500 && error.code !== 'shed' && error.code !== 'rate_limited';
}

function worthRetrying(error: unknown): boolean {
  return !isEvenkeelError(error) || error.retryable;
}

const nothing = (): void => {};

/** Begins a call: its deadline, its place in the retry budget, its first attempt. */
export function startCall<T>(
  fn: (signal: AbortSignal | undefined) => Promise<T>,
  signal: AbortSignal | undefined,
  plan: Plan,
): Promise<T> {
  if (signal?.aborted === true) return Promise.reject(GONE);
  const call: Call<T> = {
    expiresAt: 0,
    earlier: undefined,
    later: undefined,
    plan,
    signal,
    controller: plan.ownSignal ? new AbortController() : undefined,
    onAbort: undefined,
    resolve: nothing,
    reject: nothing,
    permit: 0,
    attempts: 0,
    attemptAt: 0,
    lastError: undefined,
    done: false,
    cancelBackoff: undefined,
    fn,
  };
  const answer = new Promise<T>((resolve, reject) => {
    call.resolve = resolve;
    call.reject = reject;
  });
  if (signal !== undefined) {
    call.onAbort = () => callerLeft(call);
    signal.addEventListener('abort', call.onAbort);
  }
  plan.retry?.budget.request();
  if (plan.deadlines !== undefined) {
    const now = plan.host.clock.now();
    plan.deadlines.add(call, now);
    attempt(call, now);
  } else attempt(call, plan.measure ? plan.host.clock.now() : 0);
  return answer;
}

/** @param now monotonic milliseconds; any number where nothing is measured */
function attempt<T>(call: Call<T>, now: number): void {
  const { breaker, measure } = call.plan;
  call.attempts += 1;
  if (measure) call.attemptAt = now;
  if (breaker !== undefined) {
    call.permit = breaker.tryAcquire();
    if (call.permit === 0) {
      fail(call, call.attempts === 1 ? OPEN : call.lastError);
      return;
    }
  }
  try {
    call.fn(call.controller === undefined ? call.signal : call.controller.signal).then(
      (value) => succeeded(call, value),
      (error: unknown) => failed(call, error),
    );
  } catch (error) {
    failed(call, error);
  }
}

function succeeded<T>(call: Call<T>, value: T): void {
  if (call.done) return;
  const { breaker, host, measure } = call.plan;
  if (breaker !== undefined) {
    if (measure) {
      const now = host.clock.now();
      breaker.success(call.permit, now - call.attemptAt, now);
    } else breaker.success(call.permit);
  }
  finish(call);
  call.resolve(value);
}

function failed<T>(call: Call<T>, error: unknown): void {
  if (call.done) return;
  const { breaker, deadlines, host, measure, retry } = call.plan;
  const silent = saysNothing(error, call.signal);
  const now = host.clock.now();
  if (call.permit !== 0) {
    if (silent) breaker?.release(call.permit);
    else breaker?.failure(call.permit, measure ? now - call.attemptAt : 0, now);
    call.permit = 0;
  }
  if (retry === undefined || silent || call.attempts > retry.max || !(retry.when ?? worthRetrying)(error)) {
    fail(call, error);
    return;
  }
  const asked = isEvenkeelError(error) ? (error.retryAfterMs ?? 0) : 0;
  const wait = Math.max(asked, backoff(call.attempts, host.random, retry.backoff));
  const tooLate = deadlines !== undefined && now + wait >= call.expiresAt;
  if (tooLate || !retry.budget.tryRetry()) {
    fail(call, error);
    return;
  }
  call.lastError = error;
  call.cancelBackoff = host.timers.after(wait, () => attempt(call, host.clock.now()));
}

function callerLeft(call: Pending): void {
  if (call.done) return;
  if (call.permit !== 0) call.plan.breaker?.release(call.permit);
  fail(call, GONE);
  call.controller?.abort(GONE);
}

/** The deadline has passed. That is the callee's failure, although the attempt ends by abort. */
export function expire(call: Pending): void {
  if (call.done) return;
  const { breaker, measure } = call.plan;
  if (call.permit !== 0) {
    breaker?.failure(call.permit, measure ? call.expiresAt - call.attemptAt : 0);
  }
  fail(call, LATE);
  call.controller?.abort(LATE);
}

function fail(call: Pending, error: unknown): void {
  finish(call);
  call.reject(error);
}

function finish(call: Pending): void {
  call.done = true;
  call.plan.deadlines?.remove(call);
  call.cancelBackoff?.();
  if (call.onAbort !== undefined) call.signal?.removeEventListener('abort', call.onAbort);
}
