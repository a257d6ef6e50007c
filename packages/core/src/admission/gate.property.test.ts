import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { PRIORITIES, type Priority } from '../kernel/level.ts';
import { seededRandom } from '../kernel/random.ts';
import { createGate, type Refusal, type Ticket } from './gate.ts';

const step = fc.record({
  kind: fc.constantFrom(
    'acquire',
    'acquire',
    'acquire',
    'try',
    'release',
    'release',
    'advance',
    'abort',
    'tighten',
  ),
  priority: fc.constantFrom<Priority>(...PRIORITIES),
  tenant: fc.constantFrom('a', 'b', 'c'),
  cohort: fc.double({ min: 0, max: 0.999, noNaN: true }),
  weight: fc.integer({ min: 1, max: 4 }),
  ms: fc.integer({ min: 1, max: 80 }),
  pick: fc.nat(),
  outcome: fc.constantFrom('success' as const, 'dropped' as const, 'ignored' as const),
});

interface Waiting {
  readonly priority: Priority;
  readonly controller: AbortController;
  readonly until: number;
  answer: Ticket | Refusal | undefined;
}

describe('gate under any history', () => {
  it('keeps its promises', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 120 }),
        fc.integer({ min: 0, max: 6 }),
        fc.boolean(),
        async (steps, limit, adaptive) => {
          const clock = fakeClock();
          const gate = createGate(
            {
              limit: adaptive
                ? { kind: 'adaptive', initialLimit: Math.max(1, limit), windowMs: 50, windowSamples: 5 }
                : { kind: 'fixed', limit },
              maxQueued: 8,
              targetWaitMs: 30,
            },
            { clock, timers: clock, random: seededRandom(3) },
          );
          const held = new Set<Ticket>();
          let waiting: Waiting[] = [];
          let admitted = 0;
          let refused = 0;

          const take = (answer: Ticket | Refusal): void => {
            if (answer.admitted) {
              expect(held.has(answer)).toBe(false);
              held.add(answer);
              admitted += 1;
            } else {
              refused += 1;
              expect(answer.reason).not.toBe('');
              expect(answer.retryAfterMs).toBeGreaterThanOrEqual(0);
            }
          };

          for (const s of steps) {
            const before = gate.snapshot();
            const room =
              before.inflight === 0
                ? before.effectiveLimit > 0
                : before.inflight + s.weight <= before.effectiveLimit;
            const claim = { priority: s.priority, tenant: s.tenant, cohort: s.cohort, weight: s.weight };
            if (s.kind === 'try' || s.kind === 'acquire') {
              const controller = new AbortController();
              const answer =
                s.kind === 'try' ? gate.tryAcquire(claim) : gate.acquire(claim, s.ms, controller.signal);
              if (answer instanceof Promise) {
                const box: Waiting = {
                  priority: s.priority,
                  controller,
                  until: clock.now() + s.ms,
                  answer: undefined,
                };
                waiting.push(box);
                void answer.then((value) => {
                  box.answer = value;
                  take(value);
                });
              } else {
                take(answer);
                // Work conservation: nobody waits and there is room, so it must be let in.
                if (before.queued === 0 && room) expect(answer.admitted).toBe(true);
              }
            } else if (s.kind === 'release' && held.size > 0) {
              const one = [...held][s.pick % held.size];
              if (one === undefined) continue;
              held.delete(one);
              gate.release(one, s.outcome);
              gate.release(one, s.outcome);
            } else if (s.kind === 'advance') await clock.advanceAsync(s.ms);
            else if (s.kind === 'abort' && waiting.length > 0)
              waiting[s.pick % waiting.length]?.controller.abort();
            else if (s.kind === 'tighten') gate.tighten(s.ms / 80);
            await clock.advanceAsync(0);

            const after = gate.snapshot();
            const sum = [...held].reduce((total, one) => total + one.weight, 0);
            expect(after.inflight).toBe(sum);
            // Only a limit that has just been lowered, or one heavy claim alone, may be exceeded.
            if (after.inflight > before.inflight && after.inflight > after.effectiveLimit) {
              expect(held.size === 1 || after.effectiveLimit < before.effectiveLimit).toBe(true);
            }
            waiting = waiting.filter((w) => w.answer === undefined);
            expect(after.queued).toBe(waiting.length);
            expect(after.queued).toBeLessThanOrEqual(8);
            for (const w of waiting) expect(w.until).toBeGreaterThan(clock.now());
            // Nobody waits beside an empty service.
            if (after.inflight === 0) expect(after.queued).toBe(0);
          }

          await clock.advanceAsync(1000);
          for (const one of held) gate.release(one, 'ignored');
          await clock.advanceAsync(1000);
          const end = gate.snapshot();
          expect(waiting.filter((w) => w.answer === undefined)).toHaveLength(0);
          expect(clock.pending()).toBe(0);
          expect(end.admitted.reduce((a, b) => a + b)).toBe(admitted);
          expect(
            Object.values(end.refused)
              .flat()
              .reduce((a, b) => a + b),
          ).toBe(refused);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('serves tenants that ask for more than there is in equal parts, however unequal their demand', async () => {
    const clock = fakeClock();
    const gate = createGate(
      { limit: { kind: 'fixed', limit: 4 }, targetWaitMs: 50 },
      { clock, timers: clock, random: seededRandom(4) },
    );
    const random = seededRandom(5);
    const served: Record<string, number> = { flood: 0, b: 0, c: 0 };
    const serve = (tenant: string, answer: Ticket | Refusal): void => {
      if (!answer.admitted) return;
      served[tenant] = (served[tenant] ?? 0) + 1;
      clock.after(40, () => gate.release(answer, 'success'));
    };
    // 100 a second can be served; b and c want 60 each, the flood 1000.
    const flow = (tenant: string, perSecond: number): void => {
      const next = (): void => {
        const answer = gate.acquire({ priority: 2, tenant, cohort: random(), weight: 1 }, 400);
        if (answer instanceof Promise) void answer.then((value) => serve(tenant, value));
        else serve(tenant, answer);
        clock.after((-1000 / perSecond) * Math.log(1 - random()), next);
      };
      next();
    };
    flow('flood', 1000);
    flow('b', 60);
    flow('c', 60);
    await clock.advanceAsync(60_000);
    const total = Object.values(served).reduce((a, b) => a + b);
    expect(total).toBeGreaterThan(5700);
    for (const tenant of ['b', 'c']) {
      expect((served[tenant] ?? 0) / total).toBeGreaterThan(0.25);
      expect((served[tenant] ?? 0) / total).toBeLessThan(0.4);
    }
  });
});
