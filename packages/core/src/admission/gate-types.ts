import type { Cancellation } from '../kernel/cancellation.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { Priority } from '../kernel/level.ts';
import type { Random } from '../kernel/random.ts';
import type { AdaptiveLimitOptions } from './limiter.ts';
import type { ShedThresholds } from './shedder.ts';
import type { ThresholdLimitOptions } from './threshold-limiter.ts';

/** Who wants in, and how much room it needs. */
export interface Claim {
  readonly priority: Priority;
  readonly tenant: string;
  /** Stable place of the user in [0, 1): see `cohort`. */
  readonly cohort: number;
  /** Permits needed, over 0: 1, or a size where requests differ in size. */
  readonly weight: number;
}

/** Room that was given. Hand it back exactly once; a second time has no effect. */
export interface Ticket {
  readonly admitted: true;
  readonly weight: number;
  /** Monotonic ms at which the room was given: the latency sample begins here. */
  readonly startedAt: number;
}

/** The rules that can refuse. */
export const REFUSAL_RULES = [
  'pressure',
  'queue_full',
  'tenant_share',
  'wait_expired',
  'zero_capacity',
  'aborted',
  'closed',
] as const;
export type RefusalRule = (typeof REFUSAL_RULES)[number];

/** Room that was not given. Objects are shared between refusals: never changed, not to be changed. */
export interface Refusal {
  readonly admitted: false;
  readonly rule: RefusalRule;
  readonly reason: string;
  /** Milliseconds after which asking again makes sense; not jittered. */
  readonly retryAfterMs: number;
}

/**
 * `success`: its duration is a sample. `dropped`: a time-out, or the model said it is overloaded; counts towards a lower
 * limit. `ignored`: says nothing about capacity (caller gone, caller's error).
 */
export type ReleaseOutcome = 'success' | 'dropped' | 'ignored';

/** Which limit a gate has. */
export type GateLimit =
  | ({ readonly kind: 'adaptive' } & AdaptiveLimitOptions)
  | ({ readonly kind: 'threshold' } & ThresholdLimitOptions)
  /** 0 is legal and refuses everything. */
  | { readonly kind: 'fixed'; readonly limit: number };

export interface GateOptions {
  /** Default adaptive. */
  readonly limit?: GateLimit;
  /**
   * Queue wait at which pressure is 100 %, ms. Default half of the no-load latency, but no more than an
   * sixteenth of what callers allow for waiting, and at least 5 ms and what two turns take.
   */
  readonly targetWaitMs?: number;
  /** Time constant with which pressure follows the queue, ms. Default 2000. */
  readonly pressureMemoryMs?: number;
  readonly thresholds?: ShedThresholds;
  /** Nobody but class 0 joins a queue whose wait would be over this many target waits. Default 2. */
  readonly queueFactor?: number;
  /** Waiters at most, whatever their class. Default 1000. */
  readonly maxQueued?: number;
  /** A tenant's weight against others, over 0. Default 1 for all. */
  readonly tenantShare?: (tenant: string) => number;
}

export interface GateHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** Counts by class: index 0 is class 0. */
export type ByClass = readonly [number, number, number, number];

export interface GateSnapshot {
  /** The measured limit, fractional. */
  readonly limit: number;
  /** What is admitted at once now: the limit rounded down, after `tighten` and while a probe runs. */
  readonly effectiveLimit: number;
  /** Why the limit was last decided as it is. */
  readonly limitReason: string;
  readonly inflight: number;
  readonly queued: number;
  readonly queuedWeight: number;
  /** Smoothed queue wait over target wait. */
  readonly pressure: number;
  /** What a waiter at the very end would wait now, ms. */
  readonly queueWaitMs: number;
  readonly targetWaitMs: number;
  /** No-load latency, ms; 0 when unknown or not measured. */
  readonly baselineMs: number;
  readonly latencyMs: number;
  readonly probing: boolean;
  readonly tightened: number;
  readonly admitted: ByClass;
  readonly refused: Readonly<Record<RefusalRule, ByClass>>;
  readonly closed: boolean;
}

/** A place of bounded, measured concurrency. */
export interface Gate {
  /**
   * Room now, or a refusal; never waits. Order of classes and fairness between tenants need somebody to wait: where they
   * matter, use `acquire` with at least the target wait.
   */
  tryAcquire(claim: Claim): Ticket | Refusal;
  /**
   * Room now, or within `maxWaitMs` from a bounded queue ordered by class and fair between tenants. Answers without a
   * promise whenever it can; the promise never rejects.
   */
  acquire(
    claim: Claim,
    maxWaitMs: number,
    signal?: Cancellation,
  ): Ticket | Refusal | Promise<Ticket | Refusal>;
  release(ticket: Ticket, outcome: ReleaseOutcome): void;
  snapshot(): GateSnapshot;
  /** Multiplies capacity by a factor in (0, 1]; 1 lifts it. At least one permit stays, unless the limit is 0. */
  tighten(factor: number): void;
  /** Refuses those who wait and all who come; what is in flight may end. */
  close(): void;
}
