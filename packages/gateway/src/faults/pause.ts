import type { Cancellation, FaultLatency, Random, Timers } from '@evenkeel/core';

/** Standard normal quantile at 0.99. */
const Z99 = 2.326348;

function normal(random: Random): number {
  // Box and Muller 1958; 1 - random() is never 0.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Milliseconds before an answer begins. */
export function delayOf(latency: FaultLatency, random: Random): number {
  switch (latency.shape) {
    case 'constant':
      return latency.ms;
    case 'heavy_tail': {
      const sigma = Math.log(latency.p99Ms / latency.medianMs) / Z99;
      return Math.min(latency.maxMs, latency.medianMs * Math.exp(sigma * normal(random)));
    }
    case 'drip':
      return latency.firstMs;
  }
}

/** Waits; rejects with the cancellation's reason as soon as nobody waits any more. */
export function pause(ms: number, timers: Timers, signal: Cancellation | undefined): Promise<void> {
  if (ms <= 0 && signal?.aborted !== true) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      cancel();
      reject(signal?.reason);
    };
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener('abort', leave);
      resolve();
    });
    signal?.addEventListener('abort', leave);
  });
}

/** Never answers; rejects when the caller gives up. */
export function forever(signal: Cancellation): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason));
  });
}
