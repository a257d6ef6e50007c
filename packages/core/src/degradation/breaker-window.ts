import type { BreakerPolicy, BreakerSettings, SlowCalls } from './breaker-options.ts';

/** Counts what a closed breaker has seen, and says when that is too much. */
export interface FailureWindow {
  /** A success that was not slow. It never opens a breaker. */
  succeeded(now: number): void;
  /** A failure, a slow call, or both. @returns the reason to open, or undefined */
  record(failed: boolean, slow: boolean, now: number): string | undefined;
  clear(): void;
  figures(now: number): WindowFigures;
  /** Where it stands against its limit. */
  words(now: number): string;
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
  const words = (): string =>
    takesBack
      ? `${failures} failures more than successes took back; ${limit} is the limit`
      : `${failures} failures in a row; ${limit} is the limit`;
  return {
    timed: false,
    succeeded() {
      if (failures > 0) failures = takesBack ? failures - 1 : 0;
    },
    record() {
      failures += 1;
      if (failures < limit) return undefined;
      return words();
    },
    clear() {
      failures = 0;
    },
    figures: () => ({ calls: failures, failures, slow: 0 }),
    words,
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
  const slowRate = slowCalls?.rate;
  if (slowRate !== undefined && slow >= slowRate * calls && slow > 0) {
    return `${slow} of ${calls} calls ${over} took over ${slowCalls?.overMs} ms; ${percent(slowRate)} is the limit`;
  }
  return undefined;
}

function rateWords(
  calls: number,
  failures: number,
  slow: number,
  { rate, minimum }: { readonly rate: number; readonly minimum: number },
  slowCalls: SlowCalls | undefined,
  over: string,
): string {
  const judged = calls < minimum ? `judged from ${minimum} calls on` : `${percent(rate)} is the limit`;
  const also = slowCalls === undefined ? '' : `, ${slow} took over ${slowCalls.overMs} ms`;
  return `${failures} of ${calls} calls ${over} failed${also}; ${judged}`;
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

  /** @param outcome bits of FAILED and SLOW */
  function push(outcome: number): void {
    if (calls === policy.size) {
      const old = outcomes[next] ?? 0;
      if ((old & FAILED) !== 0) failures -= 1;
      if ((old & SLOW) !== 0) slow -= 1;
    } else calls += 1;
    outcomes[next] = outcome;
    next = next + 1 === policy.size ? 0 : next + 1;
  }

  return {
    timed: false,
    succeeded: () => push(0),
    record(failed, isSlow) {
      push((failed ? FAILED : 0) | (isSlow ? SLOW : 0));
      if (failed) failures += 1;
      if (isSlow) slow += 1;
      return judgeRates(calls, failures, slow, policy.rate, policy.minimum, slowCalls, over);
    },
    clear() {
      next = calls = failures = slow = 0;
    },
    figures: () => ({ calls, failures, slow }),
    words: () => rateWords(calls, failures, slow, policy, slowCalls, over),
  };
}

const BUCKETS = 10;

/** Sums over the present bucket and the nine before it: what it sees reaches back between 0.9 and 1 times the window. */
function timeWindow(
  policy: Extract<BreakerPolicy, { kind: 'time' }>,
  slowCalls: SlowCalls | undefined,
): FailureWindow {
  const width = policy.windowMs / BUCKETS;
  const calls = new Float64Array(BUCKETS);
  const failures = new Float64Array(BUCKETS);
  const slow = new Float64Array(BUCKETS);
  let allCalls = 0;
  let allFailures = 0;
  let allSlow = 0;
  let epoch = Number.NEGATIVE_INFINITY;
  /** Where the present bucket stands in the ring, and until when it is the present one. */
  let index = 0;
  let until = Number.NEGATIVE_INFINITY;
  const over = `in the last ${policy.windowMs} ms`;

  function clear(): void {
    calls.fill(0);
    failures.fill(0);
    slow.fill(0);
    allCalls = allFailures = allSlow = 0;
  }

  /** Empties every bucket that time has passed over: after a long idle time, all of them. */
  function advance(now: number): void {
    const current = Math.floor(now / width);
    if (current - epoch >= BUCKETS) clear();
    else {
      for (let passed = epoch + 1; passed <= current; passed++) {
        const i = ((passed % BUCKETS) + BUCKETS) % BUCKETS;
        allCalls -= calls[i] ?? 0;
        allFailures -= failures[i] ?? 0;
        allSlow -= slow[i] ?? 0;
        calls[i] = failures[i] = slow[i] = 0;
      }
    }
    epoch = Math.max(epoch, current);
    index = ((epoch % BUCKETS) + BUCKETS) % BUCKETS;
    until = (epoch + 1) * width;
  }

  function succeeded(now: number): void {
    if (now >= until) advance(now);
    calls[index] = (calls[index] ?? 0) + 1;
    allCalls += 1;
  }

  return {
    timed: true,
    succeeded,
    record(failed, isSlow, now) {
      succeeded(now);
      if (failed) {
        failures[index] = (failures[index] ?? 0) + 1;
        allFailures += 1;
      }
      if (isSlow) {
        slow[index] = (slow[index] ?? 0) + 1;
        allSlow += 1;
      }
      return judgeRates(allCalls, allFailures, allSlow, policy.rate, policy.minimum, slowCalls, over);
    },
    clear,
    figures(now) {
      if (now >= until) advance(now);
      return { calls: allCalls, failures: allFailures, slow: allSlow };
    },
    words(now) {
      if (now >= until) advance(now);
      return rateWords(allCalls, allFailures, allSlow, policy, slowCalls, over);
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
