import { hedged, type RetryBudget, runningQuantile, signalOf } from '@evenkeel/core';
import { type AttemptLimits, type RetryHost, type RetryOptions, withRetries } from './retry.ts';

export interface HedgeOptions {
  /** Milliseconds without an answer after which a second attempt starts. Default: the running quantile below. */
  readonly afterMs?: number | undefined;
  /** Quantile of the durations of good answers that starts the second attempt, in (0, 1). Default 0.95. */
  readonly quantile?: number | undefined;
}

export interface AttemptOptions {
  readonly retries?: RetryOptions | undefined;
  /** A second attempt beside a slow first one; counts against the retry budget. */
  readonly hedge?: HedgeOptions | undefined;
}

/** Runs what one call asks of an upstream: once, or more often where the file and the retry budget permit it. */
export type Attempts = <T>(call: AttemptLimits, attempt: (limits: AttemptLimits) => Promise<T>) => Promise<T>;

function createHedge(options: HedgeOptions, budget: RetryBudget, host: RetryHost): Attempts {
  const durations = runningQuantile(options.quantile ?? 0.95);
  return async (call, attempt) => {
    const startedAt = host.clock.now();
    const { value } = await hedged(
      () => {
        const own = new AbortController();
        const budgetMs = Math.max(1, call.budgetMs - (host.clock.now() - startedAt));
        const startedOwn = host.clock.now();
        const result = attempt({ signal: AbortSignal.any([signalOf(call.signal), own.signal]), budgetMs });
        return {
          result: result.then((answer) => {
            durations.add(host.clock.now() - startedOwn);
            return answer;
          }),
          abort: () => own.abort(),
        };
      },
      options.afterMs ?? durations.value(),
      budget,
      host.timers,
    );
    return value;
  };
}

/** Without retries and hedges the call goes straight through: no frame, no promise more. */
export function createAttempts(options: AttemptOptions, host: RetryHost): Attempts {
  const budget = host.retryBudget;
  if (budget === undefined) return (call, attempt) => attempt(call);
  const hedge = options.hedge === undefined ? undefined : createHedge(options.hedge, budget, host);
  const { retries } = options;
  return (call, attempt) => {
    budget.request();
    const once = hedge === undefined ? attempt : (limits: AttemptLimits) => hedge(limits, attempt);
    return retries === undefined || retries.max === 0 ? once(call) : withRetries(retries, host, call, once);
  };
}
