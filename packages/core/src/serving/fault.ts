import { cohort } from '../kernel/hash.ts';
import type { Priority } from '../kernel/level.ts';

/** How long something takes longer. Milliseconds. */
export type FaultLatency =
  | { readonly shape: 'constant'; readonly ms: number }
  /** Log-normal with this median and 99th percentile, never over `maxMs`: most are a little late, few are hopeless. */
  | {
      readonly shape: 'heavy_tail';
      readonly medianMs: number;
      readonly p99Ms: number;
      readonly maxMs: number;
    }
  /** The answer starts in time and then trickles: this much before each chunk of a stream, per token of a whole answer. */
  | { readonly shape: 'drip'; readonly firstMs: number; readonly chunkMs: number };

/** What a fault does to values. */
export type ValueFault =
  | { readonly how: 'null'; readonly fields: readonly string[] }
  /** The values of the two fields change places. */
  | { readonly how: 'swap'; readonly fields: readonly string[] }
  /** Numbers in another unit: times `factor`. */
  | { readonly how: 'scale'; readonly fields: readonly string[]; readonly factor: number }
  /** A category that nothing was trained on. */
  | { readonly how: 'new_category'; readonly fields: readonly string[]; readonly value: string }
  /** The value of some other request, so that each value is possible and none is right. */
  | { readonly how: 'shuffle'; readonly fields: readonly string[] }
  /** The components of a vector in another fixed order, as from another version of an embedding. */
  | { readonly how: 'permute'; readonly fields: readonly string[] };

export type ModelFailure =
  | { readonly how: 'error'; readonly status: number }
  /** No answer until the caller gives up. */
  | { readonly how: 'timeout' }
  | { readonly how: 'malformed' }
  /** Streams end after this many chunks, whole answers half way: both without their end. */
  | { readonly how: 'cut_stream'; readonly afterChunks: number }
  /** Refused for load, with the time to wait that the provider asks for. */
  | { readonly how: 'rate_limited'; readonly retryAfterMs: number };

/** Where extra traffic takes its timing from. */
export type OverloadPattern =
  /**
   * From what arrives by itself: `multiple` is total traffic over that, at least 1, with as many requests a second as
   * `floorPerSecond` where little arrives. The extra is made from arrivals in the blast radius, of their class and tenant.
   */
  | { readonly kind: 'multiple'; readonly multiple: number; readonly floorPerSecond: number }
  /** As recorded in the corpus, `speed` times as fast, over and over. */
  | { readonly kind: 'recording'; readonly speed: number };

/**
 * What a fault order breaks, at the place where the real thing would break. `rate` is the share of calls in its blast radius
 * that are hit, in (0, 1].
 */
export type FaultSpec =
  | {
      readonly type: 'model_failure';
      readonly model: string;
      readonly rate: number;
      readonly failure: ModelFailure;
      /** Its health check fails too, as when the whole server is gone. Only at a radius of 100 % of an unbounded segment. */
      readonly unhealthy: boolean;
    }
  | {
      readonly type: 'model_latency';
      readonly model: string;
      readonly rate: number;
      readonly latency: FaultLatency;
    }
  | { readonly type: 'feature_store_latency'; readonly rate: number; readonly latency: FaultLatency }
  | {
      readonly type: 'stale_features';
      readonly rate: number;
      /** Milliseconds by which event times are older. */
      readonly olderMs: number;
      /** Only these features; all when empty. */
      readonly fields: readonly string[];
      /** The source itself says that they are too old (Feast's OUTSIDE_MAX_AGE); else only the time stamps tell. */
      readonly marked: boolean;
    }
  | {
      readonly type: 'data_quality';
      readonly rate: number;
      /** Features as their source sends them, the model's input, or its output. */
      readonly at: 'features' | 'input' | 'output';
      /** For input and output: only this model's; every model's when undefined. */
      readonly model: string | undefined;
      readonly fault: ValueFault;
    }
  | {
      readonly type: 'capacity_overload';
      readonly pattern: OverloadPattern;
      /** Extra requests a second at most at one replica. */
      readonly ceilingPerSecond: number;
      /** File of bodies, NDJSON: `input`, and for a recording `at_ms`, `priority`, `tenant`, `user`. */
      readonly corpus: string;
      /** Clients that do not wait: each refused or slow request is sent again at once, up to this many times. */
      readonly retries: { readonly attempts: number; readonly slowerThanMs: number } | undefined;
    }
  /** The thread of a worker model dies, once, and again each `everyMs` while the fault is in force. */
  | { readonly type: 'worker_kill'; readonly model: string; readonly everyMs: number | undefined }
  /** What the replica writes into the store fails (the hold queue); the control plane honours the same order for its own. */
  | { readonly type: 'store_outage' }
  /** The control plane falls silent towards this service: its directives are not renewed and nothing is evaluated. */
  | { readonly type: 'control_outage' }
  /** Notifications to this destination fail; to all of them when undefined. */
  | { readonly type: 'notifier_outage'; readonly destination: string | undefined }
  /** Labels arrive this much later than they are sent. */
  | { readonly type: 'label_delay'; readonly byMs: number };

export type FaultType = FaultSpec['type'];

/** Faults whose place is not the replica: the control plane reads the order and obeys it there. */
export const CONTROL_FAULTS: readonly FaultType[] = ['control_outage', 'notifier_outage', 'label_delay'];

/** Longest lease of one fault order, in milliseconds: an experiment renews its own every few seconds. */
export const MAX_FAULT_LEASE_MS: number = 15 * 60_000;

/** Whose requests a fault may touch. All conditions hold together. */
export interface BlastRadius {
  /** Share of users in (0, 1], always the same ones for the same `cohort`. */
  readonly share: number;
  /** Names the draw: experiments with the same name hit the same users. */
  readonly cohort: string;
  /** Only callers of these tenants; all when empty. */
  readonly tenants: readonly string[];
  /** Only requests of these classes; all when empty. */
  readonly priorities: readonly Priority[];
}

/** A fault and whom it may touch: what the order of a fault directive carries. */
export interface Fault {
  readonly spec: FaultSpec;
  readonly radius: BlastRadius;
}

/** What decides about a request's arm. */
export interface RadiusSubject {
  readonly tenant: string;
  readonly user: string;
  readonly priority: Priority;
}

/**
 * Which group a request belongs to. `outside` the segment it tells nothing; inside, the hit users are the `experiment` and
 * the others, from the same traffic at the same time, the `control`.
 */
export type Arm = 'experiment' | 'control' | 'outside';

export function armOf(radius: BlastRadius, subject: RadiusSubject): Arm {
  if (radius.tenants.length > 0 && !radius.tenants.includes(subject.tenant)) return 'outside';
  if (radius.priorities.length > 0 && !radius.priorities.includes(subject.priority)) return 'outside';
  if (radius.share >= 1) return 'experiment';
  return cohort(subject.user, `chaos:${radius.cohort}`) < radius.share ? 'experiment' : 'control';
}

/** Whether nobody of the service's callers is spared. */
export function isUnbounded(radius: BlastRadius): boolean {
  return radius.share >= 1 && radius.tenants.length === 0 && radius.priorities.length === 0;
}
