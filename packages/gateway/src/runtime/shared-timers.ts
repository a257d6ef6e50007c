import type { CancelTimer, Clock, Timers } from '@evenkeel/core';

/** Durations over this many milliseconds are rare and long: each gets a timer of its own. */
const LONGEST_SHARED_MS = 10_000;
/** The host's timers may fire a fraction of a millisecond early. */
const EARLY_MS = 0.5;

interface Waiting {
  fn: () => void;
  dueAt: number;
  earlier: Waiting | undefined;
  later: Waiting | undefined;
  queue: Queue | undefined;
}

/** All that wait equally long, in the order in which they came: that is the order in which they fall due. */
interface Queue {
  first: Waiting | undefined;
  last: Waiting | undefined;
  armed: boolean;
}

function unlink(place: Waiting): void {
  const { queue, earlier, later } = place;
  if (queue === undefined) return;
  if (earlier === undefined) queue.first = later;
  else earlier.later = later;
  if (later === undefined) queue.last = earlier;
  else later.earlier = earlier;
  place.queue = place.earlier = place.later = undefined;
}

/**
 * Timers of which one serves all that wait equally long (durations are rounded up to whole milliseconds). Nearly every
 * time-out of a serving path is cancelled long before its time, and a timer of its own for each costs more than the rest of
 * the attempt. Same idea as the kernel's and Node's timer lists (Varghese and Lauck, "Hashed and hierarchical timing
 * wheels", 1987), without an object of the host for each entry.
 */
export function sharedTimers(host: { readonly clock: Clock; readonly timers: Timers }): Timers {
  const { clock, timers } = host;
  const queues = new Map<number, Queue>();

  function arm(queue: Queue, ms: number): void {
    queue.armed = true;
    timers.after(ms, () => fire(queue));
  }

  function fire(queue: Queue): void {
    const now = clock.now();
    // Armed until the end: what a callback adds comes after those that are due, and needs no timer yet.
    try {
      for (let due = queue.first; due !== undefined && due.dueAt <= now + EARLY_MS; due = queue.first) {
        unlink(due);
        due.fn();
      }
    } finally {
      queue.armed = false;
      if (queue.first !== undefined) arm(queue, Math.max(1, queue.first.dueAt - now));
    }
  }

  return {
    after(ms, fn): CancelTimer {
      const span = Math.max(1, Math.ceil(ms));
      if (!(span <= LONGEST_SHARED_MS)) return timers.after(ms, fn);
      let queue = queues.get(span);
      if (queue === undefined) {
        queue = { first: undefined, last: undefined, armed: false };
        queues.set(span, queue);
      }
      const place: Waiting = { fn, dueAt: clock.now() + span, earlier: queue.last, later: undefined, queue };
      if (queue.last === undefined) queue.first = place;
      else queue.last.later = place;
      queue.last = place;
      if (!queue.armed) arm(queue, span);
      return () => unlink(place);
    },
  };
}
