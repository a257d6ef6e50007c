import { fakeClock, type Timers } from '@evenkeel/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedTimers } from './shared-timers.ts';

describe('shared timers', () => {
  it('call each once, not before its time, and never what was cancelled', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            at: fc.integer({ min: 0, max: 300 }),
            ms: fc.oneof(fc.integer({ min: -5, max: 60 }), fc.double({ min: 0, max: 60, noNaN: true })),
            cancelAt: fc.option(fc.integer({ min: 0, max: 400 })),
          }),
          { maxLength: 40 },
        ),
        (wishes) => {
          const clock = fakeClock();
          const timers = sharedTimers({ clock, timers: clock });
          const start = clock.now();
          const fired: (number | undefined)[] = wishes.map(() => undefined);
          const cancels: (() => void)[] = [];
          for (let t = 0; t <= 400; t++) {
            wishes.forEach(({ at, ms, cancelAt }, i) => {
              if (at === t) {
                cancels[i] = timers.after(ms, () => {
                  expect(fired[i]).toBeUndefined();
                  fired[i] = clock.now() - start;
                });
              }
              if (cancelAt === t) cancels[i]?.();
            });
            clock.advance(1);
          }
          wishes.forEach(({ at, ms, cancelAt }, i) => {
            const due = at + Math.max(1, Math.ceil(ms));
            const cancelled = cancelAt !== null && cancelAt >= at && cancelAt < due;
            if (cancelled) expect(fired[i]).toBeUndefined();
            else expect(fired[i]).toBe(due);
          });
        },
      ),
    );
  });

  it('take one of the host’s for all that wait equally long', () => {
    const clock = fakeClock();
    let asked = 0;
    const host: Timers = {
      after(ms, fn) {
        asked += 1;
        return clock.after(ms, fn);
      },
    };
    const timers = sharedTimers({ clock, timers: host });
    for (let i = 0; i < 100; i++) timers.after(50, () => {})();
    for (let i = 0; i < 100; i++) timers.after(49.2, () => {});
    expect(asked).toBe(1);
    timers.after(60_000, () => {});
    expect(asked).toBe(2);
  });

  it('hold what a callback adds until its own time', () => {
    const clock = fakeClock();
    const timers = sharedTimers({ clock, timers: clock });
    const seen: string[] = [];
    timers.after(10, () => {
      seen.push('a');
      timers.after(10, () => seen.push('c'));
    });
    clock.advance(4);
    timers.after(10, () => seen.push('b'));
    clock.advance(10);
    expect(seen).toEqual(['a', 'b']);
    clock.advance(6);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('go on when one of them throws', () => {
    const clock = fakeClock();
    const timers = sharedTimers({ clock, timers: clock });
    let called = false;
    timers.after(10, () => {
      throw new Error('broken');
    });
    timers.after(10, () => {
      called = true;
    });
    expect(() => clock.advance(10)).toThrow('broken');
    clock.advance(1);
    expect(called).toBe(true);
  });
});
