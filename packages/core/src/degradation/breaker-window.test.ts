import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakerSettings } from './breaker-options.ts';
import { failureWindow } from './breaker-window.ts';

interface Told {
  readonly wait: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

const history: fc.Arbitrary<Told[]> = fc.array(
  fc.record({
    // Short steps, steps over some buckets, and idle times longer than the window that end in any bucket.
    wait: fc.oneof(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 900 }),
      fc.integer({ min: 1_000, max: 9_000 }),
    ),
    failed: fc.boolean(),
    slow: fc.boolean(),
  }),
  { maxLength: 60 },
);

function tally(calls: readonly Told[]): { calls: number; failures: number; slow: number } {
  return {
    calls: calls.length,
    failures: calls.filter((call) => call.failed).length,
    slow: calls.filter((call) => call.slow).length,
  };
}

describe('a window of the breaker equals a list of all calls', () => {
  it('over time, in tenths of the window', () => {
    const settings = breakerSettings({
      policy: { kind: 'time', windowMs: 1_000, rate: 1, minimum: 1_000 },
      slow: { overMs: 1, rate: 1 },
    });
    fc.assert(
      fc.property(history, fc.integer({ min: -5_000, max: 5_000 }), (told, start) => {
        const window = failureWindow(settings);
        const all: { readonly at: number; readonly call: Told }[] = [];
        let now = start;
        for (const call of told) {
          now += call.wait;
          if (call.failed || call.slow) window.record(call.failed, call.slow, now);
          else window.succeeded(now);
          all.push({ at: now, call });
          const oldest = Math.floor(now / 100) - 9;
          const inside = all.filter(({ at }) => Math.floor(at / 100) >= oldest);
          expect(window.figures(now)).toEqual(tally(inside.map((each) => each.call)));
        }
        expect(window.figures(now + 1_000).calls).toBe(0);
      }),
    );
  });

  it('over the last calls', () => {
    const settings = breakerSettings({
      policy: { kind: 'count', size: 7, rate: 1, minimum: 7 },
      slow: { overMs: 1, rate: 1 },
    });
    fc.assert(
      fc.property(history, (told) => {
        const window = failureWindow(settings);
        told.forEach((call, i) => {
          if (call.failed || call.slow) window.record(call.failed, call.slow, 0);
          else window.succeeded(0);
          expect(window.figures(0)).toEqual(tally(told.slice(Math.max(0, i - 6), i + 1)));
        });
        window.clear();
        expect(window.figures(0)).toEqual({ calls: 0, failures: 0, slow: 0 });
      }),
    );
  });
});
