import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { type BudgetPolicy, IDLE_POLICY, type PolicyInput, type PolicyState, stepPolicy } from './policy.ts';

const MINUTE = 60_000;
const POLICY: BudgetPolicy = {
  name: 'slow-mail',
  service: 'moderation',
  trigger: { kind: 'remaining_below', objective: 'latency-p99', below: 0.25 },
  actions: [{ kind: 'pin', rung: 'simple' }, { kind: 'page' }],
  release: { remainingAbove: 0.4, burnBelow: 1, forMs: 10 * MINUTE, mostForMs: 60 * MINUTE },
  leaseMs: 5 * MINUTE,
};

function machine(policy: BudgetPolicy = POLICY) {
  const clock = fakeClock();
  let state: PolicyState = IDLE_POLICY;
  return {
    clock,
    state: () => state,
    look(input: Partial<PolicyInput>) {
      const step = stepPolicy(policy, state, {
        now: clock.wall(),
        remaining: undefined,
        firing: [],
        shortBurn: undefined,
        ...input,
      });
      state = step.state;
      return step;
    },
  };
}

describe('a budget policy', () => {
  it('engages at its threshold, renews while wanted, and lets go only after a while over another threshold', () => {
    const { clock, look } = machine();
    expect(look({ remaining: 0.25, shortBurn: 0 }).wanted).toEqual([]);
    const first = look({ remaining: 0.249, shortBurn: 20 });
    expect(first.event).toMatchObject({
      kind: 'engaged',
      reason: expect.stringMatching(/24.9 % of the budget of latency-p99/),
    });
    expect(first.wanted).toEqual([
      {
        id: 'policy:moderation:slow-mail:0',
        service: 'moderation',
        action: { kind: 'pin', rung: 'simple' },
        owner: 'policy:slow-mail',
        reason: expect.stringMatching(/less than 25.0 %/),
        leaseMs: 5 * MINUTE,
      },
      expect.objectContaining({ id: 'policy:moderation:slow-mail:1', action: { kind: 'page' } }),
    ]);
    // Over the trigger and under the release: it stays, with the same ids.
    clock.advance(20 * MINUTE);
    expect(look({ remaining: 0.39, shortBurn: 0 }).wanted).toEqual(first.wanted);
    // Over the release, but still burning: it stays.
    expect(look({ remaining: 0.5, shortBurn: 1 }).wanted).toHaveLength(2);
    expect(look({ remaining: 0.5, shortBurn: 0.9 }).wanted).toHaveLength(2);
    clock.advance(9 * MINUTE);
    expect(look({ remaining: 0.5, shortBurn: 0.9 }).wanted).toHaveLength(2);
    // A dip begins the wait anew.
    look({ remaining: 0.3, shortBurn: 0.9 });
    clock.advance(2 * MINUTE);
    look({ remaining: 0.5, shortBurn: 0.9 });
    clock.advance(10 * MINUTE);
    const last = look({ remaining: 0.5, shortBurn: 0.9 });
    expect(last.wanted).toEqual([]);
    expect(last.event).toMatchObject({
      kind: 'released',
      reason: expect.stringMatching(/50.0 % left, burning at 0.90/),
    });
  });

  it('does nothing without data: neither engages nor lets go', () => {
    const { clock, look } = machine();
    expect(look({}).wanted).toEqual([]);
    look({ remaining: -2, shortBurn: 30 });
    clock.advance(24 * 60 * MINUTE);
    expect(look({}).wanted).toHaveLength(2);
  });

  it('waits twice as long each time that it was let go too early', () => {
    const { clock, look, state } = machine();
    const holds: number[] = [];
    for (let i = 0; i < 5; i++) {
      look({ remaining: 0.1, shortBurn: 20 });
      holds.push(state().holdMs / MINUTE);
      look({ remaining: 0.5, shortBurn: 0 });
      clock.advance(state().holdMs);
      expect(look({ remaining: 0.5, shortBurn: 0 }).event?.kind).toBe('released');
      clock.advance(MINUTE);
    }
    expect(holds).toEqual([10, 20, 40, 60, 60]);
    clock.advance(24 * 60 * MINUTE);
    look({ remaining: 0.1 });
    expect(state().holdMs).toBe(10 * MINUTE);
  });

  it('follows an alert', () => {
    const { clock, look } = machine({
      ...POLICY,
      trigger: { kind: 'firing', objective: 'latency-p99', pair: 'page-fast' },
      release: { remainingAbove: undefined, burnBelow: undefined, forMs: MINUTE, mostForMs: MINUTE },
    });
    expect(look({ firing: ['page-slow'] }).wanted).toEqual([]);
    expect(look({ firing: ['page-fast', 'page-slow'] }).event?.reason).toBe('page-fast of latency-p99 fires');
    look({ firing: [] });
    clock.advance(MINUTE);
    expect(look({ firing: [] }).wanted).toEqual([]);
  });

  it('never wants something without having engaged, and never flips twice within its hold', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            by: fc.integer({ min: 0, max: 15 }),
            remaining: fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }),
            shortBurn: fc.option(fc.double({ min: 0, max: 30, noNaN: true }), { nil: undefined }),
          }),
          { maxLength: 100 },
        ),
        (looks) => {
          const { clock, look } = machine();
          let engagedAt: number | undefined;
          for (const { by, ...input } of looks) {
            clock.advance(by * MINUTE);
            const { event, wanted } = look(input);
            if (event?.kind === 'engaged') engagedAt = event.at;
            if (event?.kind === 'released') {
              expect(event.at - (engagedAt ?? event.at)).toBeGreaterThanOrEqual(10 * MINUTE);
              engagedAt = undefined;
            }
            expect(wanted.length > 0).toBe(engagedAt !== undefined);
          }
        },
      ),
    );
  });
});
