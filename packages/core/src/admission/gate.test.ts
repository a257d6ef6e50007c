import { describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../kernel/fake-clock.ts';
import type { Priority } from '../kernel/level.ts';
import { seededRandom } from '../kernel/random.ts';
import { type Claim, createGate, type Gate, type GateOptions, type Refusal, type Ticket } from './gate.ts';

type Answer = Ticket | Refusal;

function setup(options: GateOptions = {}): { clock: FakeClock; gate: Gate } {
  const clock = fakeClock();
  const gate = createGate(
    { limit: { kind: 'fixed', limit: 2 }, targetWaitMs: 100, ...options },
    {
      clock,
      timers: clock,
      random: seededRandom(1),
    },
  );
  return { clock, gate };
}

const claim = (part: Partial<Claim> = {}): Claim => ({
  priority: 2,
  tenant: 'a',
  cohort: 0.5,
  weight: 1,
  ...part,
});

function ticket(answer: Answer | Promise<Answer>): Ticket {
  if (answer instanceof Promise || !answer.admitted) throw new Error('expected to be admitted at once');
  return answer;
}

function refusal(answer: Answer | Promise<Answer>): Refusal {
  if (answer instanceof Promise || answer.admitted) throw new Error('expected to be refused at once');
  return answer;
}

function waiting(answer: Answer | Promise<Answer>): { answer: Answer | undefined } {
  if (!(answer instanceof Promise)) throw new Error(`expected to wait, got ${JSON.stringify(answer)}`);
  const box: { answer: Answer | undefined } = { answer: undefined };
  void answer.then((value) => {
    box.answer = value;
  });
  return box;
}

/** Fills a gate and lets it know a latency of `ms`. */
function warm(gate: Gate, clock: FakeClock, ms = 50): Ticket[] {
  const first = ticket(gate.tryAcquire(claim()));
  clock.advance(ms);
  gate.release(first, 'success');
  return [ticket(gate.tryAcquire(claim())), ticket(gate.tryAcquire(claim()))];
}

describe('gate: room', () => {
  it('admits up to the limit, at once and without a promise, and refuses with a rule and a wait', () => {
    const { gate } = setup();
    ticket(gate.acquire(claim(), 100));
    ticket(gate.tryAcquire(claim()));
    expect(refusal(gate.tryAcquire(claim()))).toEqual({
      admitted: false,
      rule: 'queue_full',
      reason: 'no room: 2 of 2 in flight, 0 waiting',
      retryAfterMs: 250,
    });
    expect(refusal(gate.acquire(claim(), 0)).rule).toBe('queue_full');
    expect(refusal(gate.acquire(claim(), Number.NaN)).rule).toBe('queue_full');
  });

  it('takes a ticket back once, and only its own', () => {
    const { gate } = setup();
    const other = setup().gate;
    const one = ticket(gate.tryAcquire(claim()));
    ticket(gate.tryAcquire(claim()));
    other.release(one, 'success');
    expect(gate.snapshot().inflight).toBe(2);
    gate.release(one, 'success');
    gate.release(one, 'success');
    expect(gate.snapshot().inflight).toBe(1);
    gate.release({ admitted: true, weight: 5, startedAt: 0 }, 'success');
    expect(gate.snapshot().inflight).toBe(1);
  });

  it('weighs permits, and lets in alone what weighs more than the limit', () => {
    const { gate } = setup({ limit: { kind: 'fixed', limit: 10 } });
    const big = ticket(gate.tryAcquire(claim({ weight: 25 })));
    expect(refusal(gate.tryAcquire(claim())).rule).toBe('queue_full');
    gate.release(big, 'success');
    ticket(gate.tryAcquire(claim({ weight: 7 })));
    expect(refusal(gate.tryAcquire(claim({ weight: 4 }))).rule).toBe('queue_full');
    ticket(gate.tryAcquire(claim({ weight: 3 })));
  });

  it('is not spoilt by a weight that is no size', () => {
    const { gate } = setup();
    for (const weight of [Number.NaN, -3, 0, Number.POSITIVE_INFINITY]) {
      gate.release(ticket(gate.tryAcquire(claim({ weight }))), 'success');
    }
    expect(gate.snapshot().inflight).toBe(0);
  });

  it('refuses everything at zero capacity, class 0 too', () => {
    const { gate } = setup({ limit: { kind: 'fixed', limit: 0 } });
    for (const priority of [0, 3] as const) {
      expect(refusal(gate.tryAcquire(claim({ priority }))).rule).toBe('zero_capacity');
      expect(refusal(gate.acquire(claim({ priority }), 1000)).rule).toBe('zero_capacity');
    }
  });

  it('is tightened and loosened, keeps one permit, and serves those who wait when loosened', async () => {
    const { clock, gate } = setup({ limit: { kind: 'fixed', limit: 4 } });
    gate.tighten(0.5);
    ticket(gate.tryAcquire(claim()));
    ticket(gate.tryAcquire(claim()));
    const waits = waiting(gate.acquire(claim(), 1000));
    gate.tighten(1);
    await clock.advanceAsync(0);
    expect(waits.answer?.admitted).toBe(true);
    gate.tighten(0.01);
    expect(gate.snapshot()).toMatchObject({ effectiveLimit: 1, tightened: 0.01, inflight: 3 });
  });
});

describe('gate: waiting', () => {
  it('gives room to the next in order of class as soon as there is some', async () => {
    const { clock, gate } = setup();
    const [one, two] = warm(gate, clock);
    const low = waiting(gate.acquire(claim({ priority: 3 }), 1000));
    const high = waiting(gate.acquire(claim({ priority: 0 }), 1000));
    if (one !== undefined) gate.release(one, 'success');
    await clock.advanceAsync(0);
    expect([high.answer?.admitted, low.answer]).toEqual([true, undefined]);
    if (two !== undefined) gate.release(two, 'ignored');
    await clock.advanceAsync(0);
    expect(low.answer?.admitted).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  it('lets nobody past who waits, not even by tryAcquire', () => {
    const { clock, gate } = setup({ limit: { kind: 'fixed', limit: 2 } });
    const [one] = warm(gate, clock);
    waiting(gate.acquire(claim({ weight: 2 }), 1000));
    if (one !== undefined) gate.release(one, 'success');
    expect(gate.snapshot()).toMatchObject({ inflight: 1, queued: 1 });
    expect(refusal(gate.tryAcquire(claim({ priority: 0 }))).rule).toBe('queue_full');
    expect(refusal(gate.acquire(claim({ priority: 0 }), 0)).rule).toBe('queue_full');
  });

  it('ends a wait on time', async () => {
    const { clock, gate } = setup();
    warm(gate, clock);
    const waits = waiting(gate.acquire(claim(), 60));
    await clock.advanceAsync(59);
    expect(waits.answer).toBeUndefined();
    await clock.advanceAsync(1);
    expect(waits.answer).toMatchObject({ admitted: false, rule: 'wait_expired' });
    expect(gate.snapshot().queued).toBe(0);
  });

  it('gives no capacity to one whose wait is over, even when its timer is late', async () => {
    const clock = fakeClock();
    const gate = createGate(
      { limit: { kind: 'fixed', limit: 1 }, targetWaitMs: 100 },
      { clock, timers: { after: () => () => {} }, random: seededRandom(1) },
    );
    const held = ticket(gate.tryAcquire(claim()));
    const late = waiting(gate.acquire(claim(), 50));
    const next = waiting(gate.acquire(claim(), 500));
    clock.advance(60);
    gate.release(held, 'ignored');
    await clock.advanceAsync(0);
    expect(late.answer).toMatchObject({ rule: 'wait_expired' });
    expect(next.answer?.admitted).toBe(true);
  });

  it('lets an aborted waiter go at once, and lets go of its signal', async () => {
    const { clock, gate } = setup();
    const [one] = warm(gate, clock);
    const leaving = new AbortController();
    const staying = new AbortController();
    const gone = waiting(gate.acquire(claim(), 1000, leaving.signal));
    const stays = waiting(gate.acquire(claim(), 1000, staying.signal));
    leaving.abort();
    await clock.advanceAsync(0);
    expect(gone.answer).toMatchObject({ rule: 'aborted' });
    expect(gate.snapshot().queued).toBe(1);
    if (one !== undefined) gate.release(one, 'success');
    await clock.advanceAsync(0);
    staying.abort();
    expect(stays.answer?.admitted).toBe(true);
    expect(gate.snapshot()).toMatchObject({ inflight: 2, queued: 0 });
    expect(refusal(gate.acquire(claim(), 1000, AbortSignal.abort())).rule).toBe('aborted');
    expect(clock.pending()).toBe(0);
  });

  it('serves those behind a heavy waiter who leaves', async () => {
    const { clock, gate } = setup();
    const [one] = warm(gate, clock);
    const leaving = new AbortController();
    waiting(gate.acquire(claim({ weight: 2 }), 1000, leaving.signal));
    const light = waiting(gate.acquire(claim(), 1000));
    if (one !== undefined) gate.release(one, 'success');
    leaving.abort();
    await clock.advanceAsync(0);
    expect(light.answer?.admitted).toBe(true);
  });

  it('does not start a wait that cannot end in time', () => {
    const { clock, gate } = setup({ targetWaitMs: 1000 });
    warm(gate, clock, 100);
    // Two in flight of 100 ms each: every two who wait cost 100 ms.
    waiting(gate.acquire(claim(), 120));
    waiting(gate.acquire(claim(), 120));
    waiting(gate.acquire(claim(), 120));
    expect(refusal(gate.acquire(claim(), 120)).rule).toBe('queue_full');
    waiting(gate.acquire(claim(), 200));
    // A higher class stands before all of them.
    waiting(gate.acquire(claim({ priority: 0 }), 120));
  });

  it('gives the place of a lower class to a higher when the queue is full', async () => {
    const { clock, gate } = setup({ maxQueued: 2 });
    warm(gate, clock);
    const low = waiting(gate.acquire(claim({ priority: 3 }), 1000));
    waiting(gate.acquire(claim({ priority: 1 }), 1000));
    waiting(gate.acquire(claim({ priority: 0 }), 1000));
    await clock.advanceAsync(0);
    expect(low.answer).toMatchObject({ rule: 'queue_full' });
    expect(refusal(gate.acquire(claim({ priority: 2 }), 1000)).rule).toBe('queue_full');
  });

  it('gives the place of who has most waiting to who has less', async () => {
    const { clock, gate } = setup({ targetWaitMs: 50 });
    warm(gate, clock, 100);
    const flood = [1, 2, 3].map(() => waiting(gate.acquire(claim({ tenant: 'flood' }), 1000)));
    expect(refusal(gate.acquire(claim({ tenant: 'flood' }), 1000)).rule).toBe('queue_full');
    waiting(gate.acquire(claim({ tenant: 'b' }), 1000));
    await clock.advanceAsync(0);
    expect(flood.map((w) => w.answer?.admitted)).toEqual([undefined, undefined, false]);
    expect(flood[2]?.answer).toMatchObject({ rule: 'tenant_share' });
    expect(refusal(gate.acquire(claim({ tenant: 'flood' }), 1000)).rule).toBe('tenant_share');
  });

  it('closes: refuses those who wait and those who come', async () => {
    const { clock, gate } = setup();
    const [one] = warm(gate, clock);
    const waits = waiting(gate.acquire(claim(), 1000));
    gate.close();
    await clock.advanceAsync(0);
    expect(waits.answer).toMatchObject({ rule: 'closed' });
    expect(refusal(gate.acquire(claim(), 1000)).rule).toBe('closed');
    expect(refusal(gate.tryAcquire(claim())).rule).toBe('closed');
    if (one !== undefined) gate.release(one, 'success');
    expect(gate.snapshot()).toMatchObject({ inflight: 1, closed: true });
  });
});

describe('gate: pressure', () => {
  /** A gate under steady overload: two permits of 100 ms, and as many waiters as are let in. */
  async function pressed(): Promise<{
    clock: FakeClock;
    gate: Gate;
    held: Ticket[];
    queue: { answer: Answer | undefined }[];
  }> {
    const { clock, gate } = setup({ targetWaitMs: 100, pressureMemoryMs: 500 });
    const held = warm(gate, clock, 100);
    const queue = [1, 2, 3, 4].map(() => waiting(gate.acquire(claim({ priority: 0 }), 60_000)));
    await clock.advanceAsync(1500);
    return { clock, gate, held, queue };
  }

  it('cuts the lowest classes first, class 0 never, and says so', async () => {
    const { gate } = await pressed();
    expect(gate.snapshot().pressure).toBeGreaterThan(0.95);
    for (const priority of [1, 2, 3] as const) {
      const refused = refusal(gate.acquire(claim({ priority, cohort: 0.999 }), 1000));
      expect(refused.rule).toBe('pressure');
      expect(refused.reason).toContain(`class ${priority} is refused`);
      expect(refused.retryAfterMs).toBeGreaterThan(900);
    }
    waiting(gate.acquire(claim({ priority: 0, cohort: 0 }), 60_000));
    expect(gate.snapshot().refused.pressure).toEqual([0, 1, 1, 1]);
  });

  it('refuses nobody who could run now, however high the pressure still is', async () => {
    const { clock, gate, held, queue } = await pressed();
    expect(refusal(gate.acquire(claim({ priority: 3, cohort: 0 }), 1000)).rule).toBe('pressure');
    for (const one of held) gate.release(one, 'ignored');
    await clock.advanceAsync(0);
    for (const one of queue) if (one.answer?.admitted === true) gate.release(one.answer, 'ignored');
    await clock.advanceAsync(0);
    expect(gate.snapshot()).toMatchObject({ inflight: 2, queued: 0 });
    const last = queue.at(-1)?.answer;
    if (last?.admitted === true) gate.release(last, 'ignored');
    expect(gate.snapshot().pressure).toBeGreaterThan(0.95);
    ticket(gate.acquire(claim({ priority: 3, cohort: 0 }), 1000));
  });

  it('builds a refusal rarely: the same object serves the next 100 ms', async () => {
    const { clock, gate } = await pressed();
    const refused = refusal(gate.acquire(claim(), 1000));
    expect(refusal(gate.acquire(claim(), 1000))).toBe(refused);
    expect(refusal(gate.acquire(claim({ priority: 3 }), 1000))).not.toBe(refused);
    clock.advance(100);
    expect(refusal(gate.acquire(claim(), 1000))).not.toBe(refused);
    expect(Object.isFrozen(refused)).toBe(true);
  });

  it('forgets', async () => {
    const { clock, gate, held } = await pressed();
    gate.close();
    for (const one of held) gate.release(one, 'success');
    await clock.advanceAsync(10_000);
    expect(gate.snapshot().pressure).toBeLessThan(0.001);
  });
});

describe('gate: measuring', () => {
  /** Keeps an adaptive gate full with calls of a fixed length for a while. */
  async function busy(
    gate: Gate,
    clock: FakeClock,
    ms: number,
    took: (inflight: number) => number,
  ): Promise<void> {
    const until = clock.now() + ms;
    const begin = (answer: Answer): void => {
      if (!answer.admitted) return;
      clock.after(took(gate.snapshot().inflight), () => gate.release(answer, 'success'));
    };
    const arrive = (): void => {
      const answer = gate.acquire(claim(), 100);
      if (answer instanceof Promise) void answer.then(begin);
      else begin(answer);
      if (clock.now() < until) clock.after(2, arrive);
    };
    arrive();
    await clock.advanceAsync(ms + 1000);
  }

  it('finds the capacity of a service of four workers, probing on the way', async () => {
    const { clock, gate } = setup({ limit: { kind: 'adaptive', initialLimit: 30 } });
    await busy(gate, clock, 60_000, (inflight) => 40 * Math.max(1, inflight / 4));
    const s = gate.snapshot();
    expect(s.limit).toBeGreaterThanOrEqual(4);
    expect(s.limit).toBeLessThan(10);
    expect(s.inflight).toBe(0);
    expect(s.baselineMs).toBeGreaterThan(38);
    expect(s.baselineMs).toBeLessThan(60);
    expect(s.limitReason).not.toBe('');
  });

  it('lowers the limit for time-outs, and for quick refusals of the model, without taking those for latency', async () => {
    for (const took of [100, 1]) {
      const { clock, gate } = setup({ limit: { kind: 'adaptive' } });
      for (let i = 0; i < 200; i++) {
        const held: Ticket[] = [];
        for (let n = 0; n < 20; n++) {
          const answer = gate.tryAcquire(claim());
          if (answer.admitted) held.push(answer);
        }
        gate.tryAcquire(claim());
        clock.advance(took);
        const [ok, ...rest] = held;
        for (const one of rest) gate.release(one, 'dropped');
        clock.advance(50);
        if (ok !== undefined) gate.release(ok, 'success');
      }
      expect(gate.snapshot().limit).toBeLessThan(5);
      if (took === 1) expect(gate.snapshot().baselineMs).toBeGreaterThan(45);
    }
  });

  it('takes no sample from what was ignored', () => {
    const { clock, gate } = setup({ limit: { kind: 'adaptive' } });
    for (let i = 0; i < 500; i++) {
      const one = ticket(gate.tryAcquire(claim()));
      clock.advance(5);
      gate.release(one, 'ignored');
    }
    expect(gate.snapshot()).toMatchObject({ baselineMs: 0, latencyMs: 0, limit: 20 });
  });

  it('counts by class', () => {
    const { gate } = setup();
    for (const priority of [0, 1, 1, 3] as Priority[]) gate.tryAcquire(claim({ priority }));
    expect(gate.snapshot().admitted).toEqual([1, 1, 0, 0]);
    expect(gate.snapshot().refused.queue_full).toEqual([0, 1, 0, 1]);
  });
});
