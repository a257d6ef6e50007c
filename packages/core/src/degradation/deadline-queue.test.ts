import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock, Timers } from '../kernel/clock.ts';
import { fakeClock } from '../kernel/fake-clock.ts';
import { type DeadlineQueue, deadlineQueue, type Expiring } from './deadline-queue.ts';

interface Place extends Expiring<Place> {
  readonly onExpire: () => void;
}

function place(onExpire: () => void): Place {
  return { expiresAt: 0, earlier: undefined, later: undefined, onExpire };
}

function queueOf(host: { clock: Clock; timers: Timers }): DeadlineQueue<Place> {
  return deadlineQueue<Place>(100, host, (due) => due.onExpire());
}

describe('deadlineQueue', () => {
  it('serves a thousand places with one timer, which goes when they have gone', () => {
    const clock = fakeClock();
    const queue = queueOf({ clock, timers: clock });
    const places = Array.from({ length: 1_000 }, () => place(() => expect.unreachable()));
    for (const each of places) queue.add(each, clock.now());
    expect(clock.pending()).toBe(1);
    for (const each of places) queue.remove(each);
    clock.advance(100);
    expect(clock.pending()).toBe(0);
  });

  it('waits on when the timer of the host fires before its time', () => {
    const clock = fakeClock();
    const early = { after: (ms: number, fn: () => void) => clock.after(ms * 0.9, fn) };
    const queue = queueOf({ clock, timers: early });
    let at = 0;
    queue.add(
      place(() => {
        at = clock.now();
      }),
      clock.now(),
    );
    clock.advance(99);
    expect(at).toBe(0);
    clock.advance(2);
    expect(at).toBeGreaterThanOrEqual(100);
  });

  it('takes in what is added while it expires others', () => {
    const clock = fakeClock();
    const queue = queueOf({ clock, timers: clock });
    const seen: number[] = [];
    const second = place(() => seen.push(clock.now()));
    const first = place(() => {
      seen.push(clock.now());
      queue.add(second, clock.now());
    });
    queue.add(first, clock.now());
    clock.advance(1_000);
    expect(seen).toEqual([100, 200]);
  });

  it('expires what is not removed in time, at its time, once, and nothing else', () => {
    const act = fc.record({
      wait: fc.integer({ min: 0, max: 80 }),
      staysFor: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const clock = fakeClock();
        const queue = queueOf({ clock, timers: clock });
        const expired = new Map<number, number>();
        const added: number[] = [];
        acts.forEach(({ wait, staysFor }, i) => {
          clock.advance(wait);
          const own = place(() => {
            expect(expired.has(i)).toBe(false);
            expired.set(i, clock.now());
          });
          added.push(clock.now());
          queue.add(own, clock.now());
          clock.after(staysFor, () => {
            queue.remove(own);
            queue.remove(own);
          });
        });
        clock.advance(1_000);
        acts.forEach(({ staysFor }, i) => {
          const due = (added[i] ?? 0) + 100;
          if (staysFor > 100) expect(expired.get(i)).toBe(due);
          else if (staysFor < 100) expect(expired.has(i)).toBe(false);
        });
        expect(clock.pending()).toBe(0);
      }),
    );
  });
});
