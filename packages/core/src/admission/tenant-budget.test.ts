import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { type BudgetLimits, createTenantBudgets } from './tenant-budget.ts';

const budgets = (limits: BudgetLimits, options = {}) => {
  const clock = fakeClock();
  return { clock, budgets: createTenantBudgets(() => limits, { clock }, options) };
};

describe('createTenantBudgets', () => {
  it('lets a burst through, then the rate, and says when to come back', () => {
    const { clock, budgets: b } = budgets({ requestsPerSecond: 2, requestBurst: 3 });
    for (let i = 0; i < 3; i++) expect(b.take('a', 0).ok).toBe(true);
    expect(b.take('a', 0)).toEqual({
      ok: false,
      limit: 'requests',
      reason: 'tenant a has used its 2 requests per second',
      retryAfterMs: 500,
    });
    expect(b.take('b', 0).ok).toBe(true);
    clock.advance(499);
    expect(b.take('a', 0).ok).toBe(false);
    clock.advance(1);
    expect(b.take('a', 0).ok).toBe(true);
  });

  it('has no seam: no second of any phase sees more than burst plus rate', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 10, maxLength: 100 }), (gaps) => {
        const { clock, budgets: b } = budgets({ requestsPerSecond: 10, requestBurst: 5 });
        const passed: number[] = [];
        for (const gap of gaps) {
          clock.advance(gap);
          while (b.take('a', 0).ok) passed.push(clock.now());
        }
        for (const from of passed) {
          expect(passed.filter((t) => t >= from && t < from + 1000).length).toBeLessThanOrEqual(15);
        }
      }),
    );
  });

  it('takes nothing when it refuses, and passes who waited as told', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 1000 }),
        (perMinute, tokens) => {
          const { clock, budgets: b } = budgets({ tokensPerMinute: perMinute, tokenBurst: 1000 });
          for (let i = 0; i < 20; i++) {
            const before = b.left('a').tokens;
            const verdict = b.take('a', tokens);
            if (verdict.ok) continue;
            expect(b.left('a').tokens).toBe(before);
            clock.advance(verdict.retryAfterMs);
            expect(b.take('a', tokens).ok).toBe(true);
          }
        },
      ),
    );
  });

  it('settles the estimate when the usage is known, into debt if need be', () => {
    const { clock, budgets: b } = budgets({ tokensPerMinute: 600 });
    expect(b.take('a', 500).ok).toBe(true);
    b.correct('a', 300);
    expect(b.left('a').tokens).toBe(-200);
    expect(b.take('a', 0).ok).toBe(false);
    clock.advance(20_000);
    expect(b.take('a', 0).ok).toBe(true);
    b.correct('a', -10_000);
    expect(b.left('a').tokens).toBe(600);
  });

  it('says never where never is meant', () => {
    const never = { ok: false, retryAfterMs: Number.POSITIVE_INFINITY };
    expect(budgets({ tokensPerMinute: 100 }).budgets.take('a', 101)).toMatchObject({
      ...never,
      limit: 'tokens',
    });
    expect(budgets({ requestsPerSecond: 0 }).budgets.take('a', 0)).toMatchObject({
      ...never,
      limit: 'requests',
    });
    expect(budgets({ tokensPerMinute: 0 }).budgets.take('a', 1)).toMatchObject({ ...never, limit: 'tokens' });
    expect(budgets({}).budgets.take('a', 1e12).ok).toBe(true);
  });

  it('keeps a bounded number of tenants, those used last', () => {
    const { budgets: b } = budgets({ requestsPerSecond: 1 }, { maxTenants: 2 });
    b.take('a', 0);
    b.take('b', 0);
    b.take('a', 0);
    b.take('c', 0);
    expect(b.size()).toBe(2);
    expect(b.take('a', 0).ok).toBe(false);
    expect(b.take('b', 0).ok).toBe(true);
  });
});
