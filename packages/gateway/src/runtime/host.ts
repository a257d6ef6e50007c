import type { Clock, Random, Timers } from '@evenkeel/core';

/** Time, timers and randomness of the real world, for whoever composes a process. */
export interface Host {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export function realHost(): Host {
  return {
    clock: { now: () => performance.now(), wall: () => Date.now() },
    timers: {
      after(ms, fn) {
        const timer = setTimeout(fn, Math.max(0, ms));
        // A background beat must not keep a finished process alive; whatever serves holds a socket open.
        timer.unref();
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
  };
}
