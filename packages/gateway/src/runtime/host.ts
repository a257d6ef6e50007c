import type { Clock, Random, Timers } from '@evenkeel/core';
import { sharedTimers } from './shared-timers.ts';

/** Time, timers and randomness of the real world, for whoever composes a process. */
export interface Host {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export function realHost(): Host {
  const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };
  const timers: Timers = {
    after(ms, fn) {
      const timer = setTimeout(fn, Math.max(0, ms));
      // A background beat must not keep a finished process alive; whatever serves holds a socket open.
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
  return { clock, timers: sharedTimers({ clock, timers }), random: Math.random };
}
