import type { CancelTimer, Timers } from '../kernel/clock.ts';
import type { RetryBudget } from './retry-budget.ts';

/** A quantile that follows its input in O(1): up by the quantile's share, down by the rest (stochastic approximation). */
export interface RunningQuantile {
  add(value: number): void;
  /** Undefined until enough values were seen (20). */
  value(): number | undefined;
}

/** @param q the quantile in (0, 1) */
export function runningQuantile(q: number): RunningQuantile {
  let estimate = 0;
  let spread = 0;
  let seen = 0;
  return {
    add(value) {
      seen += 1;
      if (seen === 1) estimate = value;
      // The step follows the spread of the values, so that the estimate moves in their units.
      spread += (Math.abs(value - estimate) - spread) * Math.max(0.02, 1 / seen);
      const step = spread * Math.max(0.05, 1 / seen);
      estimate = Math.max(0, estimate + (value > estimate ? step * q : -step * (1 - q)) * 2);
    },
    value: () => (seen < 20 ? undefined : estimate),
  };
}

/** How a hedged call came out. */
export interface Hedged<T> {
  readonly value: T;
  readonly winner: 'first' | 'second';
}

/**
 * Runs a call, and once more when it has not answered after a delay, inside the retry budget; the first answer wins, the
 * other is aborted (Dean and Barroso, "The Tail at Scale", CACM 2013). Fails only when all that were started failed.
 * @param delayMs when to start the second; undefined: never
 * @param run starts one attempt; its `abort` ends it. A second attempt that cannot even start leaves the first alone.
 */
export function hedged<T>(
  run: () => { readonly result: Promise<T>; readonly abort: () => void },
  delayMs: number | undefined,
  budget: RetryBudget,
  timers: Timers,
): Promise<Hedged<T>> {
  return new Promise((resolve, reject) => {
    const started: { readonly abort: () => void }[] = [];
    let failed = 0;
    let done = false;
    let cancel: CancelTimer = () => {};
    function start(winner: 'first' | 'second'): void {
      const attempt = run();
      started.push(attempt);
      attempt.result.then(
        (value) => {
          if (done) return;
          done = true;
          cancel();
          for (const other of started) if (other !== attempt) other.abort();
          resolve({ value, winner });
        },
        (error: unknown) => {
          failed += 1;
          if (done || failed < started.length) return;
          done = true;
          cancel();
          reject(error);
        },
      );
    }
    start('first');
    if (delayMs !== undefined) {
      cancel = timers.after(delayMs, () => {
        if (done || !budget.tryRetry()) return;
        try {
          start('second');
        } catch {
          // The first is still on its way, and its outcome is the call's.
        }
      });
    }
  });
}
