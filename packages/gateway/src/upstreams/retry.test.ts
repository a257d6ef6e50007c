import { fakeClock, retryBudget, seededRandom, signalOf } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { createAttempts } from './attempts.ts';
import { failure } from './failure.ts';
import { type RetryOptions, withRetries } from './retry.ts';

function setUp(share = 1): ReturnType<typeof build> {
  return build(share);
}

function build(share: number) {
  const clock = fakeClock();
  const budget = retryBudget({ share, floorPerSecond: 0, burst: 100 }, clock);
  const host = { clock, timers: clock, random: seededRandom(7), retryBudget: budget };
  return { clock, budget, host };
}

const overload = (retryAfterMs?: number) =>
  failure('overload', 'upstream_error', 'busy', retryAfterMs === undefined ? {} : { retryAfterMs });

describe('retries', () => {
  async function run(
    options: RetryOptions,
    outcomes: readonly (Error | string)[],
    call: { budgetMs?: number; signal?: AbortSignal; requests?: number } = {},
  ): Promise<{ result: unknown; startedAt: number[] }> {
    const { clock, budget, host } = setUp();
    for (let i = 0; i < (call.requests ?? 10); i++) budget.request();
    const startedAt: number[] = [];
    let result: unknown;
    const limits = { signal: call.signal ?? new AbortController().signal, budgetMs: call.budgetMs ?? 10_000 };
    const done = withRetries(options, host, limits, () => {
      const outcome = outcomes[startedAt.push(clock.now()) - 1];
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    }).then(
      (value) => {
        result = value;
      },
      (error: unknown) => {
        result = error;
      },
    );
    await clock.advanceAsync(30_000);
    await done;
    return { result, startedAt };
  }

  it('go on until one succeeds', async () => {
    const { result, startedAt } = await run({ max: 3 }, [overload(), overload(), 'good']);
    expect(result).toBe('good');
    expect(startedAt).toHaveLength(3);
  });

  it('end at the bound, with the last error', async () => {
    const last = overload();
    const { result, startedAt } = await run({ max: 1 }, [overload(), last, 'good']);
    expect(result).toBe(last);
    expect(startedAt).toHaveLength(2);
  });

  it('are made only for the kinds that are listed', async () => {
    const timeout = failure('timeout', 'upstream_timeout', 'late');
    expect((await run({ max: 2 }, [timeout, 'good'])).result).toBe(timeout);
    expect((await run({ max: 2, on: ['timeout'] }, [timeout, 'good'])).result).toBe('good');
  });

  it('wait at least as long as the upstream said', async () => {
    const { startedAt } = await run({ max: 1 }, [overload(1_000), 'good']);
    expect(startedAt[1]).toBeGreaterThanOrEqual(1_000);
    expect(startedAt[1]).toBeLessThan(1_000 * 1.25 + 100);
  });

  it('do not begin when the wait is longer than what is left', async () => {
    const error = overload(1_000);
    const { result, startedAt } = await run({ max: 3 }, [error, 'good'], { budgetMs: 900 });
    expect(result).toBe(error);
    expect(startedAt).toHaveLength(1);
  });

  it('do not begin for a caller that has gone', async () => {
    const { startedAt } = await run({ max: 3 }, [overload(), 'good'], { signal: AbortSignal.abort() });
    expect(startedAt).toHaveLength(1);
  });

  it('do not begin without a token of the budget', async () => {
    const { startedAt } = await run({ max: 3 }, [overload(), 'good'], { requests: 0 });
    expect(startedAt).toHaveLength(1);
  });
});

describe('attempts', () => {
  it('earn a share of a retry with each call', async () => {
    const { clock, host } = setUp(0.1);
    const attempts = createAttempts({ retries: { max: 5 } }, host);
    let made = 0;
    const limits = { signal: new AbortController().signal, budgetMs: 60_000 };
    const calls = Array.from({ length: 100 }, () =>
      attempts(limits, () => {
        made += 1;
        return Promise.reject(overload());
      }).catch(() => {}),
    );
    await clock.advanceAsync(60_000);
    await Promise.all(calls);
    expect(made).toBeGreaterThanOrEqual(109);
    expect(made).toBeLessThanOrEqual(110);
  });

  it('hedge after the running quantile once there is one, and end the loser', async () => {
    const { clock, budget, host } = setUp();
    budget.request();
    const attempts = createAttempts({ hedge: { quantile: 0.9 } }, host);
    const signals: AbortSignal[] = [];
    const call = (durations: readonly number[]): Promise<string> => {
      signals.length = 0;
      return attempts({ signal: new AbortController().signal, budgetMs: 1_000 }, ({ signal }) => {
        const ms = durations[signals.push(signalOf(signal)) - 1] ?? 0;
        return new Promise((resolve) => clock.after(ms, () => resolve(`after ${ms}`)));
      });
    };
    for (let i = 0; i < 30; i++) {
      const usual = call([10]);
      await clock.advanceAsync(10);
      expect(await usual).toBe('after 10');
    }
    const slow = call([500, 10]);
    await clock.advanceAsync(40);
    expect(await slow).toBe('after 10');
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
  });
});
