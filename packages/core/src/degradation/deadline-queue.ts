import type { Clock, Timers } from '../kernel/clock.ts';

/** A place in a {@link DeadlineQueue}; the calls themselves are the places, so that nothing is allocated for them. */
export interface Expiring<P> {
  /** Monotonic milliseconds. */
  expiresAt: number;
  earlier: P | undefined;
  later: P | undefined;
}

export interface DeadlineQueue<P> {
  /** @param now monotonic milliseconds, just read */
  add(place: P, now: number): void;
  /** Safe for a place that is not (or no longer) in the queue. */
  remove(place: P): void;
}

/**
 * Expires places after one and the same time. They fall due in the order in which they came, so one timer, for the
 * first of them, serves all; a timer for each call would cost more than all else that is done round it. The timer is
 * left running when its place has gone, and so outlives the last call by `ms` at most.
 * @param ms milliseconds from `add` until `expire`
 * @param expire called once for each place that was not removed in time
 */
export function deadlineQueue<P extends Expiring<P>>(
  ms: number,
  host: { readonly clock: Clock; readonly timers: Timers },
  expire: (place: P) => void,
): DeadlineQueue<P> {
  let first: P | undefined;
  let last: P | undefined;
  let armed = false;

  function remove(place: P): void {
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
      expire(due);
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
