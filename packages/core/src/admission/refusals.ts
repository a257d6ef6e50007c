import { PRIORITIES, type Priority } from '../kernel/level.ts';
import type { ByClass, Refusal, RefusalRule } from './gate-types.ts';

/**
 * Refusals, counted, and built rarely: under overload a refusal must cost next to nothing, so one object per rule and
 * class serves all refusals of the next 100 ms.
 */
export interface Refusals {
  /** Counts a refusal. @returns the shared object, or undefined when it is too old and must be built */
  kept(rule: RefusalRule, priority: Priority, now: number): Refusal | undefined;
  /** Builds the object that is shared from now on. Counts nothing. */
  build(rule: RefusalRule, priority: Priority, now: number, words: RefusalWords): Refusal;
  counts(): Record<RefusalRule, ByClass>;
}

export interface RefusalWords {
  readonly reason: string;
  readonly retryAfterMs: number;
}

interface Slot {
  refusal: Refusal | undefined;
  builtAt: number;
  count: number;
}

const KEEP_MS = 100;
const slot = (): Slot => ({ refusal: undefined, builtAt: 0, count: 0 });
type Slots = Record<Priority, Slot>;
const slots = (): Slots => ({ 0: slot(), 1: slot(), 2: slot(), 3: slot() });

export function createRefusals(): Refusals {
  const byRule: Record<RefusalRule, Slots> = {
    pressure: slots(),
    queue_full: slots(),
    tenant_share: slots(),
    wait_expired: slots(),
    zero_capacity: slots(),
    aborted: slots(),
    closed: slots(),
  };
  return {
    kept(rule, priority, now) {
      const own = byRule[rule][priority];
      own.count += 1;
      return now - own.builtAt < KEEP_MS ? own.refusal : undefined;
    },
    build(rule, priority, now, words) {
      const own = byRule[rule][priority];
      own.refusal = Object.freeze({
        admitted: false,
        rule,
        reason: words.reason,
        retryAfterMs: words.retryAfterMs,
      });
      own.builtAt = now;
      return own.refusal;
    },
    counts() {
      const of = (rule: RefusalRule): ByClass => {
        const [a, b, c, d] = PRIORITIES;
        const s = byRule[rule];
        return [s[a].count, s[b].count, s[c].count, s[d].count];
      };
      return {
        pressure: of('pressure'),
        queue_full: of('queue_full'),
        tenant_share: of('tenant_share'),
        wait_expired: of('wait_expired'),
        zero_capacity: of('zero_capacity'),
        aborted: of('aborted'),
        closed: of('closed'),
      };
    },
  };
}

/** Bounds a wait to what a client can use: a quarter of a second to a minute. */
export function retryAfter(ms: number): number {
  return Math.round(Math.min(60_000, Math.max(250, ms)));
}
