import type { BreakerPolicy, BreakerSettings, SlowCalls } from './breaker-options.ts';

/** Counts what a closed breaker has seen, and says when that is too much. */
export interface FailureWindow {
  /** @returns the reason to open, or undefined */
  record(failed: boolean, slow: boolean, now: number): string | undefined;
  clear(): void;
  figures(now: number): WindowFigures;
  /** True when {@link record} needs the time: the breaker reads the clock only then. */
  readonly timed: boolean;
}

export interface WindowFigures {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function counter(policy: Extract<BreakerPolicy, { failures: number }>): FailureWindow {
  let failures = 0;
  const takesBack = policy.kind === 'reference';
  const limit = policy.failures;
  return {
    timed: false,
    record(failed, slow) {
      if (!failed && !slow) {
        if (failures > 0) failures = takesBack ? failures - 1 : 0;
        return undefined;
      }
      failures += 1;
      if (failures < limit) return undefined;
      return takesBack
        ? `${failures} failures more than successes took back; ${limit} is the limit`
        : `${failures} failures in a row; ${limit} is the limit`;
    },
    clear() {
      failures = 0;
    },
    figures: () => ({ calls: failures, failures, slow: 0 }),
  };
}

/** Rates of failures and of slow calls against their limits. */
function judgeRates(
  calls: number,
  failures: number,
  slow: number,
  rate: number,
  minimum: number,
  slowCalls: SlowCalls | undefined,
  over: string,
): string | undefined {
  if (calls < minimum) return undefined;
  if (failures >= rate * calls)
    return `${failures} of ${calls} calls ${over} failed; ${percent(rate)} is the limit`;
  if (slowCalls !== undefined && slow >= slowCalls.rate * calls && slow > 0) {
    return `${slow} of ${calls} calls ${over} took over ${slowCalls.overMs} ms; ${percent(slowCalls.rate)} is the limit`;
  }
  return undefined;
}

const FAILED = 1;
const SLOW = 2;

function countWindow(
  policy: Extract<BreakerPolicy, { kind: 'count' }>,
  slowCalls: SlowCalls | undefined,
): FailureWindow {
  const outcomes = new Uint8Array(policy.size);
  let next = 0;
  let calls = 0;
  let failures = 0;
  let slow = 0;
  const over = `of the last ${policy.size}`;
  return {
    timed: false,
    record(failed, isSlow) {
      if (calls === policy.size) {
        const old = outcomes[next] ?? 0;
        if ((old & FAILED) !== 0) failures -= 1;
        if ((old & SLOW) !== 0) slow -= 1;
      } else calls += 1;
      outcomes[next] = (failed ? FAILED : 0) | (isSlow ? SLOW : 0);
      next = next + 1 === policy.size ? 0 : next + 1;
      if (failed) failures += 1;
      if (isSlow) slow += 1;
      if (!failed && !isSlow) return undefined;
      return judgeRates(calls, failures, slow, policy.rate, policy.minimum, slowCalls, over);
    },
    clear() {
      next = calls = failures = slow = 0;
    },
    figures: () => ({ calls, failures, slow }),
  };
}

const BUCKETS = 10;

function timeWindow(
  policy: Extract<BreakerPolicy, { kind: 'time' }>,
  slowCalls: SlowCalls | undefined,
): FailureWindow {
  // One bucket more than the window has: the oldest is only partly inside it and is left out.
  const width = policy.windowMs / BUCKETS;
  const calls = new Float64Array(BUCKETS);
  const failures = new Float64Array(BUCKETS);
  const slow = new Float64Array(BUCKETS);
  const sum = { calls: 0, failures: 0, slow: 0 };
  let epoch = Number.NEGATIVE_INFINITY;
  const over = `in the last ${policy.windowMs} ms`;

  function clear(): void {
    calls.fill(0);
    failures.fill(0);
    slow.fill(0);
    sum.calls = sum.failures = sum.slow = 0;
  }

  /** Empties every bucket that time has passed over: after a long idle time, all of them. */
  function advance(now: number): number {
    const current = Math.floor(now / width);
    if (current - epoch >= BUCKETS) clear();
    else {
      for (let passed = epoch + 1; passed <= current; passed++) {
        const i = ((passed % BUCKETS) + BUCKETS) % BUCKETS;
        sum.calls -= calls[i] ?? 0;
        sum.failures -= failures[i] ?? 0;
        sum.slow -= slow[i] ?? 0;
        calls[i] = failures[i] = slow[i] = 0;
      }
    }
    if (current > epoch) epoch = current;
    return ((epoch % BUCKETS) + BUCKETS) % BUCKETS;
  }

  return {
    timed: true,
    record(failed, isSlow, now) {
      const i = advance(now);
      calls[i] = (calls[i] ?? 0) + 1;
      sum.calls += 1;
      if (!failed && !isSlow) return undefined;
      if (failed) {
        failures[i] = (failures[i] ?? 0) + 1;
        sum.failures += 1;
      }
      if (isSlow) {
        slow[i] = (slow[i] ?? 0) + 1;
        sum.slow += 1;
      }
      return judgeRates(sum.calls, sum.failures, sum.slow, policy.rate, policy.minimum, slowCalls, over);
    },
    clear,
    figures(now) {
      advance(now);
      return { ...sum };
    },
  };
}

/** The window of a breaker's policy. */
export function failureWindow({ policy, slow }: BreakerSettings): FailureWindow {
  switch (policy.kind) {
    case 'count':
      return countWindow(policy, slow);
    case 'time':
      return timeWindow(policy, slow);
    default:
      return counter(policy);
  }
}
