import type { Clock, Timers } from '../kernel/clock.ts';

/** A place in a {@link DeadlineQueue}; the calls themselves are the places, so that nothing is allocated for them. */
export interface Expiring {
  /** Monotonic milliseconds. */
  expiresAt: number;
  earlier: Expiring | undefined;
  later: Expiring | undefined;
  expire(): void;
}

export interface DeadlineQueue {
  /** @param now monotonic milliseconds, just read */
  add(place: Expiring, now: number): void;
  /** Safe for a place that is not (or no longer) in the queue. */
  remove(place: Expiring): void;
}

/**
 * Expires places after one and the same time. They fall due in the order in which they came, so one timer, for the
 * first of them, serves all; a timer for each call would cost more than all else that is done round it. The timer is
 * left running when its place has gone, and so outlives the last call by `ms` at most.
 * @param ms milliseconds from `add` until `expire`
 */
export function deadlineQueue(
  ms: number,
  host: { readonly clock: Clock; readonly timers: Timers },
): DeadlineQueue {
  let first: Expiring | undefined;
  let last: Expiring | undefined;
  let armed = false;

  function remove(place: Expiring): void {
    const { earlier, later } = place;
    if (earlier === undefined) {
      if (first !== place) return;
      first = later;
    } else earlier.later = later;
    if (later === undefined) last = earlier;
    else later.earlier = earlier;
    place.earlier = place.later = undefined;
  }

  function arm(delay: number): void {
    armed = true;
    host.timers.after(delay, fire);
  }

  function fire(): void {
    armed = false;
    const now = host.clock.now();
    while (first !== undefined && first.expiresAt <= now) {
      const due = first;
      remove(due);
      due.expire();
    }
    // A host's timer may fire a little before its time; what `expire` started may have armed it already.
    if (first !== undefined && !armed) arm(Math.max(1, first.expiresAt - now));
  }

  return {
    add(place, now) {
      place.expiresAt = now + ms;
      place.earlier = last;
      place.later = undefined;
      if (last === undefined) first = place;
      else last.later = place;
      last = place;
      if (!armed) arm(ms);
    },
    remove,
  };
}
