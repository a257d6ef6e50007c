import { describe, expect, it } from 'vitest';
import { EvenkeelError } from '../kernel/errors.ts';
import { fakeClock } from '../kernel/fake-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { createBreaker } from './breaker.ts';
import { type GuardOptions, guard } from './guard.ts';
import { retryBudget } from './retry-budget.ts';

function world(options: (clock: ReturnType<typeof fakeClock>) => GuardOptions) {
  const clock = fakeClock();
  const host = { clock, timers: clock, random: seededRandom(3) };
  const breaker = createBreaker({ jitter: 0 }, host);
  return { clock, breaker, call: guard({ breaker, ...options(clock) }, host) };
}
const down = (): Promise<never> => Promise.reject(new EvenkeelError('upstream_error', 'down'));
const generous = (clock: ReturnType<typeof fakeClock>) =>
  retryBudget({ floorPerSecond: 100, burst: 100, share: 1 }, clock);

describe('guard', () => {
  it('opens on failures of the callee, and not on mistakes of the caller', async () => {
    const { breaker, call } = world(() => ({}));
    for (let i = 0; i < 20; i++) {
      await expect(call(() => Promise.reject(new EvenkeelError('bad_request')))).rejects.toMatchObject({
        code: 'bad_request',
      });
    }
    expect(breaker.snapshot().state).toBe('closed');
    for (let i = 0; i < 5; i++) await expect(call(down)).rejects.toThrow('down');
    await expect(call(() => Promise.resolve(1))).rejects.toThrow('the circuit is open');
  });

  it('retries inside its budget and no further', async () => {
    let calls = 0;
    const { clock, call } = world((c) => ({
      retry: { max: 5, budget: retryBudget({ share: 0, floorPerSecond: 0.001, burst: 10 }, c) },
    }));
    const answer = call(() => {
      calls += 1;
      return down();
    });
    const settled = expect(answer).rejects.toThrow('down');
    await clock.advanceAsync(60_000);
    await settled;
    expect(calls).toBe(1);
  });

  it('comes back with the answer of a later attempt', async () => {
    let calls = 0;
    const { clock, call } = world((c) => ({ retry: { max: 2, budget: generous(c) } }));
    clock.advance(1_000);
    const answer = call(() => (++calls < 3 ? down() : Promise.resolve('up')));
    await clock.advanceAsync(10_000);
    expect(await answer).toBe('up');
    expect(calls).toBe(3);
  });

  it('does not retry what cannot succeed, nor past the deadline', async () => {
    let calls = 0;
    const { clock, call } = world((c) => ({ deadlineMs: 100, retry: { max: 5, budget: generous(c) } }));
    clock.advance(1_000);
    const late = call(() => {
      calls += 1;
      return Promise.reject(new EvenkeelError('upstream_error', 'come back later', { retryAfterMs: 5_000 }));
    });
    await expect(late).rejects.toThrow('come back later');
    expect(calls).toBe(1);
  });

  // Defect 4 of the list in breaker.test.ts: elsewhere the back-off is slept to its end.
  it('ends at once when the caller leaves during a back-off', async () => {
    const { clock, call } = world((c) => ({
      retry: { max: 3, budget: generous(c), backoff: { baseMs: 100_000, maxMs: 100_000 } },
    }));
    clock.advance(1_000);
    const caller = new AbortController();
    const answer = call(down, caller.signal);
    const settled = expect(answer).rejects.toMatchObject({ code: 'client_closed' });
    await clock.advanceAsync(20);
    caller.abort();
    await settled;
    expect(clock.now()).toBe(1_020);
    expect(clock.pending()).toBe(0);
  });

  it('counts a time-out against the callee although it ends by abort, and gives the probe back when the caller leaves', async () => {
    const { clock, breaker, call } = world(() => ({ deadlineMs: 50, ownSignal: true }));
    let seen: AbortSignal | undefined;
    const hang = (signal: AbortSignal | undefined): Promise<never> => {
      seen = signal;
      return new Promise(() => {});
    };
    for (let i = 0; i < 5; i++) {
      const settled = expect(call(hang)).rejects.toMatchObject({ code: 'deadline_exceeded' });
      await clock.advanceAsync(50);
      await settled;
    }
    expect(seen?.aborted).toBe(true);
    expect(breaker.snapshot().state).toBe('open');
    clock.advance(30_000);
    const caller = new AbortController();
    const settled = expect(call(hang, caller.signal)).rejects.toMatchObject({ code: 'client_closed' });
    expect(breaker.snapshot().probesOut).toBe(1);
    caller.abort();
    await settled;
    expect(seen?.aborted).toBe(true);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesOut: 0 });
  });

  it('leaves no listener behind, and one timer that goes by itself', async () => {
    const { clock, call } = world(() => ({ deadlineMs: 50 }));
    const caller = new AbortController();
    let listening = 0;
    const { addEventListener, removeEventListener } = caller.signal;
    caller.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listening += 1;
      addEventListener.apply(caller.signal, args);
    };
    caller.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listening -= 1;
      removeEventListener.apply(caller.signal, args);
    };
    for (let i = 0; i < 100; i++) await call(() => Promise.resolve(i), caller.signal);
    expect(listening).toBe(0);
    expect(clock.pending()).toBe(1);
    clock.advance(50);
    expect(clock.pending()).toBe(0);
  });

  it('holds each of many calls at once to its own deadline', async () => {
    const { clock, call } = world(() => ({ deadlineMs: 50 }));
    const ends: [string, number][] = [];
    const run = (name: string, ms: number): Promise<void> =>
      call(() => new Promise<void>((resolve) => clock.after(ms, resolve))).then(
        () => void ends.push([name, clock.now()]),
        () => void ends.push([`${name} late`, clock.now()]),
      );
    const all = [run('a', 70)];
    await clock.advanceAsync(20);
    all.push(run('b', 10), run('c', 60));
    await clock.advanceAsync(200);
    await Promise.all(all);
    expect(ends).toEqual([
      ['b', 30],
      ['a late', 50],
      ['c late', 70],
    ]);
  });

  it('measures where the breaker counts slow calls, with and without a deadline', async () => {
    for (const options of [{}, { deadlineMs: 1_000 }]) {
      const clock = fakeClock();
      const host = { clock, timers: clock, random: seededRandom(3) };
      const breaker = createBreaker({ slow: { overMs: 100 } }, host);
      const call = guard({ breaker, ...options }, host);
      for (let i = 0; i < 5; i++) {
        const answer = call(() => new Promise<void>((resolve) => clock.after(150, resolve)));
        await clock.advanceAsync(150);
        await answer;
      }
      expect(breaker.snapshot().state).toBe('open');
    }
  });

  it('says why the callee failed when the breaker opens between attempts', async () => {
    const { clock, breaker, call } = world((c) => ({ retry: { max: 9, budget: generous(c) } }));
    clock.advance(1_000);
    const settled = expect(call(down)).rejects.toThrow('down');
    await clock.advanceAsync(60_000);
    await settled;
    expect(breaker.snapshot().state).toBe('open');
  });

  it('hands on what fn throws before it returns a promise', async () => {
    const { breaker, call } = world(() => ({ deadlineMs: 50 }));
    const broken = (): Promise<never> => {
      throw new Error('no promise');
    };
    for (let i = 0; i < 5; i++) await expect(call(broken)).rejects.toThrow('no promise');
    expect(breaker.snapshot().state).toBe('open');
  });

  it('refuses options out of range by name', () => {
    const clock = fakeClock();
    const host = { clock, timers: clock, random: seededRandom(3) };
    for (const deadlineMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(() => guard({ deadlineMs }, host)).toThrow('deadlineMs');
    }
    for (const max of [-1, 0.5, Number.NaN]) {
      expect(() => guard({ retry: { max, budget: retryBudget({}, clock) } }, host)).toThrow('retry.max');
    }
  });
});
