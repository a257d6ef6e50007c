import type { Cancellation } from '../kernel/cancellation.ts';
import type { CancelTimer } from '../kernel/clock.ts';
import type { Priority } from '../kernel/level.ts';
import { fairQueue, type QueueEntry } from './fair-queue.ts';
import { createGateMeter, type GateMeter } from './gate-meter.ts';
import type { Claim, Gate, GateHost, GateOptions, Refusal, RefusalRule, Ticket } from './gate-types.ts';
import { createPressure } from './pressure.ts';
import { createRefusals, type RefusalWords, retryAfter } from './refusals.ts';
import { SHED_THRESHOLDS, shedReason, shedShare } from './shedder.ts';
import { tenantShares } from './tenant-shares.ts';

export type {
  ByClass,
  Claim,
  Gate,
  GateHost,
  GateLimit,
  GateOptions,
  GateSnapshot,
  Refusal,
  RefusalRule,
  ReleaseOutcome,
  Ticket,
} from './gate-types.ts';

class Room implements Ticket {
  readonly admitted = true;
  readonly weight: number;
  readonly startedAt: number;
  readonly epoch: number;
  /** The gate that gave it; undefined once handed back. */
  meter: GateMeter | undefined;

  constructor(weight: number, startedAt: number, epoch: number, meter: GateMeter) {
    this.weight = weight;
    this.startedAt = startedAt;
    this.epoch = epoch;
    this.meter = meter;
  }
}

interface Waiter {
  readonly since: number;
  readonly until: number;
  readonly settle: (verdict: Ticket | Refusal) => void;
  cancelTimer: CancelTimer;
  forgetSignal: () => void;
}

const nothing = (): void => {};

/** The target wait is never less than this many turns take. */
const SLOTS = 2;

/** The longest that timers can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** A weight that is no positive number would spoil every count after it. */
const sized = (weight: number): number => (weight > 0 && weight < Number.POSITIVE_INFINITY ? weight : 1);

/**
 * A gate joins an adaptive limit, a bounded fair queue and a shedder.
 *
 * Room is given at once when there is room and nobody waits: pressure never refuses what could run now. Otherwise a
 * request waits, unless its class (or its part of the class, by cohort) is cut at the present pressure, or the queue of
 * its class is so long that it would wait over twice the target (class 0: longer than it may), or it would not
 * get its turn within the wait it allows. Then a tenant with less waiting than the one with the most takes the place of that
 * one's newest waiter. When the queue is full for all, a higher class takes the place of a lower.
 *
 * A weight over the whole limit is admitted when nothing else is in flight, so nothing is unservable.
 */
export function createGate(options: GateOptions, host: GateHost): Gate {
  const { clock, timers } = host;
  const meter = createGateMeter(options.limit ?? { kind: 'adaptive' }, host);
  const share = options.tenantShare ?? (() => 1);
  const queue = fairQueue<Waiter>(share);
  const shares = tenantShares(share);
  const refusals = createRefusals();
  const thresholds = options.thresholds ?? SHED_THRESHOLDS;
  const queueFactor = options.queueFactor ?? 2;
  const maxQueued = options.maxQueued ?? 1000;
  const pressure = createPressure(options.pressureMemoryMs ?? 2000, clock.now());
  const admitted: [number, number, number, number] = [0, 0, 0, 0];
  let closed = false;
  let tightened = 1;

  /** Milliseconds that callers allow for waiting, smoothed; 0 when nobody has had to wait yet. */
  let allowedMs = 0;
  /** Weight of one who waits, smoothed. */
  let usualWeight = 1;

  function targetMs(): number {
    if (options.targetWaitMs !== undefined) return options.targetWaitMs;
    const unloaded = meter.baselineMs();
    const half = (unloaded > 0 ? unloaded : meter.latencyMs()) / 2;
    // Less than a few turns is no queue: one who waits would be pressure, and a small service would stand idle.
    return Math.max(5, SLOTS * waitFor(usualWeight), allowedMs > 0 ? Math.min(half, allowedMs / 16) : half);
  }

  /** Milliseconds until `weight` that waits has been served: Little's law with the limit in flight. */
  const waitFor = (weight: number): number => (weight * meter.latencyMs()) / Math.max(1, meter.effective());

  function observe(now: number): void {
    // The queue that a probe makes is no sign of overload.
    const wait = meter.holding() ? pressure.value() * targetMs() : waitFor(queue.weight());
    pressure.update(wait, targetMs(), now);
  }

  const hasRoom = (weight: number): boolean => {
    const inflight = meter.inflight();
    return inflight === 0 ? meter.effective() > 0 : inflight + weight <= meter.effective();
  };

  function admit(claim: { readonly priority: Priority; readonly weight: number }, now: number): Ticket {
    admitted[claim.priority] += 1;
    const weight = sized(claim.weight);
    return new Room(weight, now, meter.began(weight, now), meter);
  }

  /** @param cut share of the class that is refused, for the words of a refusal by pressure */
  function refuse(rule: RefusalRule, priority: Priority, now: number, cut = 1): Refusal {
    return (
      refusals.kept(rule, priority, now) ?? refusals.build(rule, priority, now, words(rule, priority, cut))
    );
  }

  function words(rule: RefusalRule, priority: Priority, cut: number): RefusalWords {
    const turn = waitFor(queue.weight()) + targetMs();
    switch (rule) {
      case 'pressure':
        // The queue is short by design: what has to pass is the overload, of which pressure is the only measure.
        return {
          reason: shedReason(pressure.value(), priority, cut),
          retryAfterMs: retryAfter(1000 * pressure.value()),
        };
      case 'queue_full':
        return {
          reason: `no room: ${meter.inflight()} of ${meter.effective()} in flight, ${queue.size()} waiting`,
          retryAfterMs: retryAfter(turn),
        };
      case 'tenant_share':
        return {
          reason: 'its tenant has more than its share waiting while others are short of theirs',
          retryAfterMs: retryAfter(1000 * Math.max(1, pressure.value())),
        };
      case 'wait_expired':
        return { reason: 'its wait ran out before there was room', retryAfterMs: retryAfter(turn) };
      case 'zero_capacity':
        return { reason: 'the limit is 0: nothing is admitted', retryAfterMs: 5000 };
      case 'aborted':
        return { reason: 'the caller left while it waited', retryAfterMs: 0 };
      case 'closed':
        return { reason: 'the gate is closed', retryAfterMs: 1000 };
    }
  }

  function settle(entry: QueueEntry<Waiter>, verdict: Ticket | Refusal): void {
    entry.item.cancelTimer();
    entry.item.forgetSignal();
    entry.item.settle(verdict);
  }

  /** Takes a waiter out with a refusal; nothing when it has left already. */
  function evict(entry: QueueEntry<Waiter>, rule: RefusalRule): void {
    const now = clock.now();
    observe(now);
    if (!queue.remove(entry)) return;
    settle(entry, refuse(rule, entry.priority, now));
    // It may have stood before smaller ones that fit.
    serve(now);
  }

  function serve(now: number): void {
    for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
      if (now >= next.item.until) {
        queue.shift();
        settle(next, refuse('wait_expired', next.priority, now));
        continue;
      }
      if (!hasRoom(next.weight)) {
        meter.reached();
        return;
      }
      queue.shift();
      settle(next, admit(next, now));
    }
  }

  /** The share of a class that is cut, as it falls on this tenant: those over their share bear it. */
  function cutOf(claim: Claim, now: number): number {
    const cut = shedShare(pressure.value(), claim.priority, thresholds);
    if (cut <= 0 || cut >= 1) return cut;
    const latency = meter.latencyMs();
    const capacity = latency > 0 ? meter.effective() / latency : 0;
    return Math.min(1, cut * shares.factor(claim.tenant, capacity, now));
  }

  /** Why a claim may not wait, or undefined when it may (perhaps because another had to make place). */
  function barred(claim: Claim, weight: number, maxWaitMs: number, now: number): Refusal | undefined {
    const { priority, tenant } = claim;
    shares.note(tenant, weight, now);
    const cut = cutOf(claim, now);
    if (claim.cohort < cut) return refuse('pressure', priority, now, cut);

    const bound = priority === 0 ? maxWaitMs : Math.min(maxWaitMs, queueFactor * targetMs());
    if (waitFor(queue.weightUpTo(priority)) > bound) {
      const heaviest = queue.heaviest(priority);
      if (heaviest === undefined) return refuse('queue_full', priority, now);
      const own = queue.loadOf(priority, tenant);
      if (heaviest.load > own + weight / Math.max(1e-6, share(tenant))) evict(heaviest.entry, 'tenant_share');
      else {
        const among = heaviest.entry.tenant === tenant && queue.tenantsOf(priority) > 1;
        return refuse(among ? 'tenant_share' : 'queue_full', priority, now);
      }
    }
    if (queue.size() >= maxQueued) {
      const last = queue.lastClass();
      const victim = last === undefined || last <= priority ? undefined : queue.heaviest(last);
      if (victim === undefined) return refuse('queue_full', priority, now);
      evict(victim.entry, 'queue_full');
    }
    return undefined;
  }

  function acquire(
    claim: Claim,
    maxWait: number,
    signal?: Cancellation,
  ): Ticket | Refusal | Promise<Ticket | Refusal> {
    const now = clock.now();
    const maxWaitMs = Math.min(LONGEST_MS, maxWait);
    if (closed) return refuse('closed', claim.priority, now);
    if (queue.size() === 0 && hasRoom(claim.weight)) return admit(claim, now);
    if (meter.effective() === 0) return refuse('zero_capacity', claim.priority, now);
    if (signal?.aborted === true) return refuse('aborted', claim.priority, now);
    meter.check(now);
    observe(now);
    serve(now);
    if (queue.size() === 0 && hasRoom(claim.weight)) return admit(claim, now);
    meter.reached();
    if (!(maxWaitMs > 0)) return refuse('queue_full', claim.priority, now);
    allowedMs = allowedMs === 0 ? maxWaitMs : allowedMs + 0.02 * (maxWaitMs - allowedMs);
    usualWeight += 0.02 * (sized(claim.weight) - usualWeight);
    const refusal = barred(claim, sized(claim.weight), maxWaitMs, now);
    if (refusal !== undefined) return refusal;

    return new Promise((resolve) => {
      const waiter: Waiter = {
        since: now,
        until: now + maxWaitMs,
        settle: resolve,
        cancelTimer: nothing,
        forgetSignal: nothing,
      };
      const entry = queue.push(waiter, claim.priority, claim.tenant, sized(claim.weight));
      waiter.cancelTimer = timers.after(maxWaitMs, () => evict(entry, 'wait_expired'));
      if (signal !== undefined) {
        const leave = (): void => evict(entry, 'aborted');
        signal.addEventListener('abort', leave, { once: true });
        waiter.forgetSignal = () => signal.removeEventListener('abort', leave);
      }
      // Making place may have left room.
      serve(now);
    });
  }

  return {
    tryAcquire(claim) {
      const now = clock.now();
      if (closed) return refuse('closed', claim.priority, now);
      if (queue.size() === 0 && hasRoom(claim.weight)) return admit(claim, now);
      if (meter.effective() === 0) return refuse('zero_capacity', claim.priority, now);
      meter.check(now);
      meter.reached();
      observe(now);
      serve(now);
      if (queue.size() === 0 && hasRoom(claim.weight)) return admit(claim, now);
      return refuse('queue_full', claim.priority, now);
    },
    acquire,
    release(ticket, outcome) {
      if (!(ticket instanceof Room) || ticket.meter !== meter) return;
      ticket.meter = undefined;
      const now = clock.now();
      if (queue.size() > 0) observe(now);
      meter.ended(ticket.weight, ticket.startedAt, ticket.epoch, outcome, now);
      if (queue.size() > 0) serve(now);
    },
    snapshot() {
      const now = clock.now();
      observe(now);
      return {
        limit: meter.limit(),
        effectiveLimit: meter.effective(),
        limitReason: meter.reason(),
        inflight: meter.inflight(),
        queued: queue.size(),
        queuedWeight: queue.weight(),
        pressure: pressure.value(),
        queueWaitMs: waitFor(queue.weight()),
        targetWaitMs: targetMs(),
        baselineMs: meter.baselineMs(),
        latencyMs: meter.latencyMs(),
        probing: meter.probing(),
        tightened,
        admitted: [...admitted],
        refused: refusals.counts(),
        closed,
      };
    },
    tighten(factor) {
      const now = clock.now();
      observe(now);
      tightened = Number.isFinite(factor) ? Math.min(1, Math.max(0, factor)) : 1;
      meter.tighten(tightened);
      serve(now);
    },
    close() {
      closed = true;
      const now = clock.now();
      observe(now);
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        settle(next, refuse('closed', next.priority, now));
      }
    },
  };
}
