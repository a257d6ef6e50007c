import type { Random } from '../kernel/random.ts';

export interface BackoffOptions {
  /** Milliseconds that the first wait is drawn from (default 50). */
  readonly baseMs?: number;
  /** No wait is longer (default 2 000). */
  readonly maxMs?: number;
}

/**
 * Milliseconds to wait before attempt `attempt` + 1, drawn evenly from 0 to a bound that doubles with each attempt:
 * callers that failed together do not come back together ("full jitter", AWS Architecture Blog, 2015).
 * @param attempt attempts made so far, from 1
 */
export function backoff(attempt: number, random: Random, options: BackoffOptions = {}): number {
  const { baseMs = 50, maxMs = 2_000 } = options;
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(30, Math.max(0, attempt - 1)));
}
