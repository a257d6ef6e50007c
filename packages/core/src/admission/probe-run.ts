import { type LatencyWindow, latencyWindow } from './latency-window.ts';
import type { ProbeOrder, ProbeResult } from './limit-policy.ts';

/** One probe while it runs: holds concurrency down until enough calls have begun, then waits for just those to end. */
export interface ProbeRun {
  readonly concurrency: number;
  /** The limit is still held down. */
  holding(): boolean;
  /** A call began under the probe. */
  began(): void;
  /** A call of the probe ended. `measured`: its duration is a sample. */
  ended(durationMs: number, measured: boolean, dropped: boolean): void;
  /** Lets go when it has taken too long. @returns the result once there is one */
  check(now: number): Omit<ProbeResult, 'jitter'> | undefined;
}

/**
 * Measuring the first calls to *begin*, not the first to end: those that end first are the short ones, and a latency taken
 * from them comes out too low (by 15 % for 40 calls of exponential length at a concurrency of 6).
 */
export function probeRun(order: ProbeOrder, now: number): ProbeRun {
  const latencies: LatencyWindow = latencyWindow();
  let begun = 0;
  let ended = 0;
  let drops = 0;
  let holding = true;
  let until = now + order.maxMs;
  return {
    concurrency: order.concurrency,
    holding: () => holding,
    began() {
      begun += 1;
      if (begun >= order.samples) holding = false;
    },
    ended(durationMs, measured, dropped) {
      ended += 1;
      if (dropped) drops += 1;
      if (measured) latencies.add(durationMs);
    },
    check(at) {
      if (at >= until) {
        if (!holding) return result();
        holding = false;
        until = at + order.maxMs;
      }
      return !holding && ended >= begun ? result() : undefined;
    },
  };

  function result(): Omit<ProbeResult, 'jitter'> {
    return {
      concurrency: order.concurrency,
      samples: latencies.count(),
      levelMs: latencies.level(),
      dropShare: ended === 0 ? 0 : drops / ended,
    };
  }
}
