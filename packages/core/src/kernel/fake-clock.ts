import type { CancelTimer, Clock, Timers } from './clock.ts';

/** A clock that moves only when told to, with timers that fire in order while it moves. */
export interface FakeClock extends Clock, Timers {
  /** Moves time forward by `ms`, firing due timers in order of their time, then of their creation. */
  advance(ms: number): void;
  /** As `advance`, but lets promise callbacks run between timers. */
  advanceAsync(ms: number): Promise<void>;
  /** Steps the wall clock alone, as an operator or NTP would. */
  stepWall(ms: number): void;
  /** How many timers are waiting. */
  pending(): number;
}

interface Entry {
  at: number;
  order: number;
  fn: () => void;
}

/** Drains the microtask queue well enough for chains of awaits. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/**
 * Makes a fake clock for tests and simulations.
 * @param start monotonic milliseconds to begin at (default 0)
 * @param epoch wall milliseconds at the beginning (default 2026-01-01T00:00:00Z)
 */
export function fakeClock(start = 0, epoch: number = 1_767_225_600_000): FakeClock {
  let now = start;
  let offset = epoch - start;
  let order = 0;
  // A binary heap: simulations keep thousands of timers.
  const heap: Entry[] = [];
  const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(entry: Entry): void {
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const p = heap[parent];
      if (p === undefined || !before(entry, p)) break;
      heap[i] = p;
      i = parent;
    }
    heap[i] = entry;
  }

  function pop(): Entry | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let least = left;
      if (right !== undefined && before(right, left)) {
        child += 1;
        least = right;
      }
      if (!before(least, last)) break;
      heap[i] = least;
      i = child;
    }
    heap[i] = last;
    return top;
  }

  const cancelled = new WeakSet<Entry>();
  let live = 0;

  function fireNext(until: number): boolean {
    for (;;) {
      const next = heap[0];
      if (next === undefined || next.at > until) return false;
      pop();
      if (cancelled.has(next)) continue;
      cancelled.add(next);
      live -= 1;
      if (next.at > now) now = next.at;
      next.fn();
      return true;
    }
  }

  return {
    now: () => now,
    wall: () => now + offset,
    after(ms, fn): CancelTimer {
      const entry = { at: now + Math.max(0, ms), order: order++, fn };
      live += 1;
      push(entry);
      return () => {
        if (cancelled.has(entry)) return;
        cancelled.add(entry);
        live -= 1;
      };
    },
    advance(ms) {
      const until = now + ms;
      while (fireNext(until));
      now = until;
    },
    async advanceAsync(ms) {
      const until = now + ms;
      await settle();
      while (fireNext(until)) await settle();
      now = until;
      await settle();
    },
    stepWall(ms) {
      offset += ms;
    },
    pending: () => live,
  };
}
