import type { Clock } from '../kernel/clock.ts';
import { EvenkeelError } from '../kernel/errors.ts';
import { type Fault, MAX_FAULT_LEASE_MS } from './fault.ts';

/** A registered version of a model, as a replica loads it. */
export interface ServedVersion {
  readonly model: string;
  readonly version: string;
  /** Path of the weights, as the replicas see it. */
  readonly weights: string;
  /** Of the weights, lower-case hex: other bytes are not served. */
  readonly sha256: string;
}

/** What a directive orders the serving path to do. */
export type Order =
  /** Requests enter the ladder at this rung, never above. */
  | { readonly kind: 'pin'; readonly rung: string }
  /** This rung is not used. */
  | { readonly kind: 'forbid'; readonly rung: string }
  /** Every gate of the service works with this share of its capacity, in (0, 1]. */
  | { readonly kind: 'tighten'; readonly factor: number }
  /** The output safety check works at this strictness. */
  | { readonly kind: 'strictness'; readonly level: 'relaxed' | 'normal' | 'strict' }
  /** The model answers with the version that the file names as its previous one. */
  | { readonly kind: 'roll_back'; readonly model: string }
  /** The model answers with this version of its weights instead of those that the file names. */
  | ({ readonly kind: 'use_version' } & ServedVersion)
  /** This version of its weights answers `share` of the users, in (0, 1], always the same ones. */
  | ({ readonly kind: 'canary'; readonly share: number } & ServedVersion)
  /** Something breaks, for those in its blast radius: a chaos experiment. */
  | { readonly kind: 'fault'; readonly fault: Fault };

/** An instruction to the serving path: it always has an owner, a reason and an expiry. */
export interface Directive {
  readonly id: string;
  readonly service: string;
  readonly order: Order;
  readonly owner: string;
  readonly reason: string;
  /** Wall milliseconds, for people. The lease itself runs on the monotonic clock. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Longest lease: what should last longer belongs into the file. */
export const MAX_LEASE_MS: number = 7 * 24 * 3_600_000;

/** The directives in force at one service of one replica. */
export interface DirectiveBoard {
  /**
   * Puts a directive in force for `leaseMs` milliseconds. The same id again renews it.
   * @throws EvenkeelError bad_request when owner or reason is empty or the lease is not in (0, {@link MAX_LEASE_MS}], a fault's not in (0, {@link MAX_FAULT_LEASE_MS}]
   */
  set(directive: Omit<Directive, 'createdAt' | 'expiresAt'>, leaseMs: number): Directive;
  /** Ends one before its time. False when it was not in force. */
  lift(id: string): boolean;
  /** Those in force, newest first: for two that contradict, the first wins. */
  active(): readonly Directive[];
  /** Milliseconds that are left of its lease, by the monotonic clock; 0 when it is not in force. */
  leftMs(id: string): number;
  /** Grows by one whenever the set in force may have changed. */
  revision(): number;
}

export function directiveBoard(clock: Clock): DirectiveBoard {
  const leases = new Map<string, { directive: Directive; until: number }>();
  let revision = 0;
  let nextExpiry = Number.POSITIVE_INFINITY;
  let cached: readonly Directive[] = [];

  function changed(): void {
    revision += 1;
    nextExpiry = Number.POSITIVE_INFINITY;
    for (const lease of leases.values()) nextExpiry = Math.min(nextExpiry, lease.until);
    cached = [...leases.values()].map((lease) => lease.directive).reverse();
  }

  function expire(): void {
    const now = clock.now();
    if (now < nextExpiry) return;
    for (const [id, lease] of leases) if (lease.until <= now) leases.delete(id);
    changed();
  }

  return {
    set(order, leaseMs) {
      if (order.owner.trim() === '' || order.reason.trim() === '') {
        throw new EvenkeelError('bad_request', 'a directive needs an owner and a reason');
      }
      if (!(leaseMs > 0 && leaseMs <= MAX_LEASE_MS)) {
        throw new EvenkeelError(
          'bad_request',
          `a directive lasts more than 0 and at most ${MAX_LEASE_MS} ms, not ${leaseMs}`,
        );
      }
      if (order.order.kind === 'fault' && leaseMs > MAX_FAULT_LEASE_MS) {
        throw new EvenkeelError(
          'bad_request',
          `a fault lasts at most ${MAX_FAULT_LEASE_MS} ms without being renewed, not ${leaseMs}`,
        );
      }
      const known = leases.get(order.id)?.directive;
      const directive: Directive = {
        ...order,
        createdAt: known?.createdAt ?? clock.wall(),
        expiresAt: clock.wall() + leaseMs,
      };
      leases.delete(order.id);
      leases.set(order.id, { directive, until: clock.now() + leaseMs });
      changed();
      return directive;
    },
    lift(id) {
      expire();
      const was = leases.delete(id);
      if (was) changed();
      return was;
    },
    active() {
      expire();
      return cached;
    },
    leftMs: (id) => Math.max(0, (leases.get(id)?.until ?? 0) - clock.now()),
    revision() {
      expire();
      return revision;
    },
  };
}
