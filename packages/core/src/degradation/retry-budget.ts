import type { Clock } from '../kernel/clock.ts';

/** Bounds retries (and hedges) to a share of requests, so that they cannot multiply an overload. */
export interface RetryBudget {
  /** Call once per request, retries not included. */
  request(): void;
  /** Takes a retry out of the budget, or says no. */
  tryRetry(): boolean;
  snapshot(): { readonly tokens: number; readonly granted: number; readonly refused: number };
}

export interface RetryBudgetOptions {
  /** Retries per request in the long run, in [0, 1] (default 0.1). */
  readonly share?: number;
  /** Retries per second that are allowed at any traffic, so that a quiet service can retry at all (default 1). */
  readonly floorPerSecond?: number;
  /** Retries that may be saved up (default 10 seconds of the floor, at least 10). */
  readonly burst?: number;
}

/** A token bucket that requests and time fill (the shape of Finagle's RetryBudget). */
export function retryBudget(options: RetryBudgetOptions, clock: Clock): RetryBudget {
  const share = options.share ?? 0.1;
  const floor = options.floorPerSecond ?? 1;
  const burst = options.burst ?? Math.max(10, floor * 10);
  let tokens = Math.min(burst, floor);
  let at = clock.now();
  let granted = 0;
  let refused = 0;

  function refill(): void {
    const now = clock.now();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * floor);
    at = now;
  }

  return {
    request() {
      tokens = Math.min(burst, tokens + share);
    },
    tryRetry() {
      refill();
      if (tokens < 1) {
        refused += 1;
        return false;
      }
      tokens -= 1;
      granted += 1;
      return true;
    },
    snapshot() {
      refill();
      return { tokens, granted, refused };
    },
  };
}
