import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { backoff } from './backoff.ts';
import { hedged, runningQuantile } from './hedge.ts';
import { parseRetryAfter } from './retry-after.ts';
import { retryBudget } from './retry-budget.ts';

describe('the retry budget', () => {
  it('grants about a tenth of the requests plus the floor, however many ask', () => {
    const clock = fakeClock();
    const budget = retryBudget({}, clock);
    let granted = 0;
    for (let second = 0; second < 100; second++) {
      for (let i = 0; i < 100; i++) {
        budget.request();
        if (budget.tryRetry()) granted += 1;
        clock.advance(10);
      }
    }
    expect(granted).toBeGreaterThan(1_000);
    expect(granted).toBeLessThanOrEqual(1_000 + 100 + 10);
  });

  it('lets a quiet service retry', () => {
    const clock = fakeClock();
    const budget = retryBudget({ floorPerSecond: 1 }, clock);
    clock.advance(5_000);
    budget.request();
    expect([1, 2, 3, 4, 5, 6, 7].filter(() => budget.tryRetry())).toHaveLength(6);
  });
});

describe('back-off', () => {
  it('is drawn from 0 to a bound that doubles, up to the most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), (attempt, seed) => {
        const wait = backoff(attempt, seededRandom(seed), { baseMs: 50, maxMs: 2_000 });
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(2_000, 50 * 2 ** (attempt - 1)));
      }),
    );
  });
});

describe('retry-after', () => {
  const now = Date.parse('2026-11-24T08:00:00Z');
  it.each([
    [{ retryAfter: '3' }, 3_000],
    [{ retryAfter: ' 0.5 ' }, 500],
    [{ retryAfter: 'Tue, 24 Nov 2026 08:00:07 GMT' }, 7_000],
    [{ retryAfter: 'Tuesday, 24-Nov-26 08:00:07 GMT' }, 7_000],
    [{ retryAfter: 'Tue Nov 24 08:00:07 2026' }, 7_000],
    [{ retryAfter: 'Mon, 23 Nov 2026 08:00:00 GMT' }, 0],
    [{ retryAfterMs: '250', retryAfter: '9' }, 250],
    [{ retryAfterMs: 'soon', retryAfter: '9' }, 9_000],
    [{ retryAfter: '99999999' }, 3_600_000],
    [{ retryAfter: 'tomorrow' }, undefined],
    [{ retryAfter: '-5' }, undefined],
    [{ retryAfter: '' }, undefined],
    [{}, undefined],
  ])('%o is %s ms', (headers, ms) => {
    expect(parseRetryAfter(headers, now)).toBe(ms);
  });

  it('reads any date as the platform does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_500 }), (seconds) => {
        const text = new Date(now + seconds * 1000).toUTCString();
        expect(parseRetryAfter({ retryAfter: text }, now)).toBe(seconds * 1000);
      }),
    );
  });
});

describe('hedging', () => {
  const budgetOf = (clock: ReturnType<typeof fakeClock>, tokens: number) => {
    let left = tokens;
    return { ...retryBudget({}, clock), tryRetry: () => left-- > 0 };
  };
  function attempts(clock: ReturnType<typeof fakeClock>, ...takes: number[]) {
    const aborted: number[] = [];
    let started = 0;
    const run = () => {
      const n = started++;
      const ms = takes[n] ?? 0;
      return {
        result: new Promise<number>((resolve, reject) => {
          clock.after(Math.abs(ms), () => (ms < 0 ? reject(new Error(`attempt ${n}`)) : resolve(n)));
        }),
        abort: () => aborted.push(n),
      };
    };
    return { run, aborted, started: () => started };
  }

  it('sends a second attempt after the delay; the first answer wins and the other is aborted', async () => {
    const clock = fakeClock();
    const both = attempts(clock, 1_000, 50);
    const answer = hedged(both.run, 100, budgetOf(clock, 1), clock);
    await clock.advanceAsync(200);
    expect(await answer).toEqual({ value: 1, winner: 'second' });
    expect(both.aborted).toEqual([0]);
  });

  it('sends none when the first answers in time, when the budget is empty, or when there is no delay', async () => {
    const clock = fakeClock();
    for (const [take, delay, tokens] of [
      [50, 100, 1],
      [500, 100, 0],
      [500, undefined, 1],
    ] as const) {
      const one = attempts(clock, take, 1);
      const answer = hedged(one.run, delay, budgetOf(clock, tokens), clock);
      await clock.advanceAsync(600);
      expect(await answer).toMatchObject({ winner: 'first' });
      expect(one.started()).toBe(1);
    }
  });

  it('stays with the first when the second cannot start', async () => {
    const clock = fakeClock();
    const { run } = attempts(clock, 200);
    let calls = 0;
    const answer = hedged(
      () => {
        if (++calls === 2) throw new Error('no connection left');
        return run();
      },
      100,
      budgetOf(clock, 1),
      clock,
    );
    await clock.advanceAsync(300);
    expect(await answer).toEqual({ value: 0, winner: 'first' });
    expect(calls).toBe(2);
  });

  it('fails only when all that were started failed', async () => {
    const clock = fakeClock();
    const rescued = attempts(clock, -150, 300);
    const answer = hedged(rescued.run, 100, budgetOf(clock, 1), clock);
    await clock.advanceAsync(500);
    expect(await answer).toMatchObject({ winner: 'second' });
    const lost = attempts(clock, -150, -300);
    const failure = expect(hedged(lost.run, 100, budgetOf(clock, 1), clock)).rejects.toThrow('attempt 1');
    await clock.advanceAsync(500);
    await failure;
  });

  it('follows a quantile, also when the values move', () => {
    const random = seededRandom(5);
    const p95 = runningQuantile(0.95);
    const feed = (scale: number, n: number) => {
      const values: number[] = [];
      for (let i = 0; i < n; i++) {
        const value = -Math.log(1 - random()) * scale;
        values.push(value);
        p95.add(value);
      }
    };
    expect(p95.value()).toBeUndefined();
    feed(50, 5_000);
    expect(p95.value()).toBeGreaterThan(50 * 2.4);
    expect(p95.value()).toBeLessThan(50 * 4);
    feed(200, 5_000);
    expect(p95.value()).toBeGreaterThan(200 * 2.4);
    expect(p95.value()).toBeLessThan(200 * 4);
  });
});
