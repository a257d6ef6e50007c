import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { RequestRecord } from './record.ts';
import { type Reservoir, reservoir } from './reservoir.ts';
import { type TailQuantile, tailQuantile } from './tail-quantile.ts';

/** Which rule kept a record. */
export type KeptBecause = 'error' | 'degraded' | 'shed' | 'slow' | 'random';

/** A record that is kept in full, and how many requests it stands for. */
export interface KeptRecord {
  readonly record: RequestRecord;
  /** 1 or more; the weights of one `take` add up to the requests offered. */
  readonly weight: number;
  readonly kept: KeptBecause;
}

export interface SamplerOptions {
  /** Milliseconds between two `take`s, which the rates below are meant for. Default 1000. */
  readonly intervalMs?: number;
  /** Errors of one code and service that are all kept, per second; above it a share of them. Default 1000. */
  readonly errorsPerSecond?: number;
  /** Degraded answers of one level and service that are all kept, per second; above it a share of them. Default 50. */
  readonly degradedPerSecond?: number;
  /** Records kept of each group of shed requests (same service, class and reason, numbers aside) in an interval. Default 1. */
  readonly shedPerGroup?: number;
  /** Groups told apart in an interval, per service; the rest is one more group. Default 64. */
  readonly shedGroups?: number;
  /** Share of undisturbed answers that is not the slow tail. Default 0.99. */
  readonly slowQuantile?: number;
  /** Slow answers of a service that are all kept, per second; above it a share of them. Default 20. */
  readonly slowPerSecond?: number;
  /** Of all other answers of a service, how many are kept per second. Default 10. */
  readonly othersPerSecond?: number;
  /**
   * Records held between two `take`s over all services. When they are held, groups stop growing and go on as samples;
   * only a group without any record yet takes one more. Default 10000 (some 10 MB).
   */
  readonly mostHeld?: number;
}

/** Decides which records are kept in full. */
export interface Sampler {
  /** O(1); allocates nothing but the slot. Call it for every finished request. */
  offer(record: RequestRecord): void;
  /** What was kept since the last call, with weights. */
  take(): readonly KeptRecord[];
  /** Records held now. */
  held(): number;
}

interface Stratum {
  readonly kept: KeptBecause;
  readonly sample: Reservoir<RequestRecord>;
}

/** Everything of one service; strata are made when first needed and emptied, not dropped, by `take`. */
interface Strata {
  readonly errors: Map<string, Stratum>;
  readonly degraded: Map<string, Stratum>;
  /** By class and reason; several reasons may share a stratum. Dropped by `take`, because reasons come and go. */
  readonly shed: Map<string, Stratum>[];
  shedGroups: number;
  readonly slow: Stratum;
  readonly others: Stratum;
  readonly tail: TailQuantile;
}

const HALF_LIFE_MS = 300_000;
const TAIL_MINIMUM = 100;
const REST = '';
/** Reasons of a class that are remembered word by word between two takes. */
const MOST_REASONS = 1_000;

/**
 * A stratified sample: errors by code, degraded answers by level, shed requests by group, the slow tail, and the rest, each
 * with a bounded uniform sample of its own. A stratum that fits is kept whole with weight 1; of one that does not, every
 * record weighs (seen / kept), so that totals stay unbiased (Horvitz and Thompson 1952) and counts exact.
 */
export function createSampler(
  options: SamplerOptions,
  host: { readonly random: Random; readonly clock: Clock },
): Sampler {
  const { random, clock } = host;
  const seconds = (options.intervalMs ?? 1_000) / 1_000;
  const size = (perSecond: number): number => Math.max(1, Math.ceil(perSecond * seconds));
  const errorSize = size(options.errorsPerSecond ?? 1_000);
  const degradedSize = size(options.degradedPerSecond ?? 50);
  const slowSize = size(options.slowPerSecond ?? 20);
  const othersSize = size(options.othersPerSecond ?? 10);
  const shedSize = Math.max(1, Math.floor(options.shedPerGroup ?? 1));
  const shedGroups = Math.max(1, Math.floor(options.shedGroups ?? 64));
  const quantile = options.slowQuantile ?? 0.99;
  const mostHeld = Math.max(1, Math.floor(options.mostHeld ?? 10_000));

  const services = new Map<string, Strata>();
  let held = 0;
  let takenAt = clock.now();

  const stratum = (kept: KeptBecause, capacity: number): Stratum => ({
    kept,
    sample: reservoir(capacity, random),
  });

  function strataOf(service: string): Strata {
    const known = services.get(service);
    if (known !== undefined) return known;
    const made: Strata = {
      errors: new Map(),
      degraded: new Map(),
      shed: [],
      shedGroups: 0,
      slow: stratum('slow', slowSize),
      others: stratum('random', othersSize),
      tail: tailQuantile(quantile, HALF_LIFE_MS, TAIL_MINIMUM),
    };
    services.set(service, made);
    return made;
  }

  function inMap(map: Map<string, Stratum>, key: string, kept: KeptBecause, capacity: number): Stratum {
    const known = map.get(key);
    if (known !== undefined) return known;
    const made = stratum(kept, capacity);
    map.set(key, made);
    return made;
  }

  function shedStratum(strata: Strata, record: RequestRecord): Stratum {
    let byReason = strata.shed[record.priority];
    if (byReason === undefined) {
      byReason = new Map();
      strata.shed[record.priority] = byReason;
    }
    const known = byReason.get(record.reason);
    if (known !== undefined) return known;
    // "a wait of 12 ms" and "a wait of 13 ms" are one group.
    const words = record.reason.replace(/\d+(?:\.\d+)?/g, '#');
    let group = byReason.get(words);
    if (group === undefined) {
      const full = strata.shedGroups >= shedGroups;
      if (!full) strata.shedGroups += 1;
      group = inMap(byReason, full ? REST : words, 'shed', shedSize);
    }
    // The same reason comes again and again: under overload it is looked up, not taken apart.
    if (byReason.size < MOST_REASONS) byReason.set(record.reason, group);
    return group;
  }

  function stratumOf(strata: Strata, record: RequestRecord): Stratum {
    const { error } = record;
    if (error === 'shed' || error === 'rate_limited') return shedStratum(strata, record);
    if (error !== undefined) return inMap(strata.errors, error, 'error', errorSize);
    if (record.level === 'failed') return inMap(strata.errors, record.level, 'error', errorSize);
    if (record.level !== 'full_service')
      return inMap(strata.degraded, record.level, 'degraded', degradedSize);
    const threshold = strata.tail.threshold();
    strata.tail.add(record.durationMs);
    return threshold !== undefined && record.durationMs > threshold ? strata.slow : strata.others;
  }

  function drain({ kept, sample }: Stratum, into: KeptRecord[]): void {
    const records = sample.values();
    if (records.length === 0) return;
    const weight = sample.seen() / records.length;
    for (const record of records) into.push({ record, weight, kept });
    sample.clear();
  }

  return {
    offer(record) {
      const strata = strataOf(record.service);
      const { sample } = stratumOf(strata, record);
      const before = sample.values().length;
      sample.offer(record, held < mostHeld);
      held += sample.values().length - before;
    },
    take() {
      const now = clock.now();
      const taken: KeptRecord[] = [];
      for (const strata of services.values()) {
        for (const one of strata.errors.values()) drain(one, taken);
        for (const byReason of strata.shed) for (const one of byReason?.values() ?? []) drain(one, taken);
        for (const one of strata.degraded.values()) drain(one, taken);
        drain(strata.slow, taken);
        drain(strata.others, taken);
        strata.shed.length = 0;
        strata.shedGroups = 0;
        strata.tail.settle(now - takenAt);
      }
      takenAt = now;
      held = 0;
      return taken;
    },
    held: () => held,
  };
}
