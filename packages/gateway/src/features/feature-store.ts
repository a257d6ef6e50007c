import {
  type Breaker,
  type CancelTimer,
  describeError,
  EvenkeelError,
  type FeatureReading,
  type FeatureSet,
} from '@evenkeel/core';
import type { BatchTable } from './batch-table.ts';
import { createBatcher, type Defer } from './batcher.ts';
import { inWords } from './duration-words.ts';
import { createEntityKeyer, type EntityValues } from './entity-key.ts';
import { BREAKER_REFUSES, createGuardedFetch, type GuardedFetchHost } from './guarded-fetch.ts';
import { type AgeOrigin, knownFromRow } from './known-features.ts';
import { type KnownFeatures, lruMap } from './last-known.ts';
import type { EntityKey, FeatureRow } from './source.ts';

export interface FeatureReaderOptions {
  /** Names of the entities whose features are read, at least one. */
  readonly entities: readonly string[];
  /** Milliseconds one call to the source may take. Default 60. */
  readonly timeoutMs?: number;
  /** Last known values older than this many milliseconds are not used. Default 10 minutes. */
  readonly maxAgeMs?: number;
  /** Values of the batch table older than this many milliseconds are not used. Default 24 hours. */
  readonly batchMaxAgeMs?: number;
  /** Default `event`. */
  readonly ageFrom?: AgeOrigin;
  /** Entities whose last known values are kept. Default 50,000. */
  readonly cacheEntries?: number;
  /** A value that arrived no longer ago than this many milliseconds is not fetched again. Default 0: always fetched. */
  readonly freshForMs?: number;
  /** Entities in one call to the source at most. Default 100. */
  readonly maxBatch?: number;
}

export interface FeatureReaderHost extends GuardedFetchHost {
  /** Asked when neither source nor cache has anything usable. */
  readonly batch?: BatchTable;
  /** Default `setImmediate`: reads of one turn of the event loop share a call. */
  readonly defer?: Defer;
}

/** Counts since the start, and the state now. */
export interface FeatureReaderSnapshot {
  /** Reads answered by the source. */
  readonly fetched: number;
  /** Reads answered by values young enough to count as fresh. */
  readonly hits: number;
  /** Reads answered by older last known values. */
  readonly stale: number;
  /** Reads answered by the batch table. */
  readonly batched: number;
  /** Reads without any values. */
  readonly empty: number;
  /** Calls to the source. */
  readonly fetches: number;
  /** Entities asked for in them. */
  readonly keys: number;
  /** Reads that joined a fetch already on its way. */
  readonly singleFlight: number;
  /** Calls that failed, time-outs included. */
  readonly failures: number;
  readonly timeouts: number;
  /** Calls and reads that the breaker kept from the source. */
  readonly refused: number;
  readonly pending: number;
  readonly entries: number;
  readonly capacity: number;
  readonly evicted: number;
  /** Age of the oldest values kept, in milliseconds; undefined when nothing is. Found by a scan. */
  readonly oldestMs: number | undefined;
  readonly breaker: ReturnType<Breaker['snapshot']>;
  readonly batch: ReturnType<BatchTable['snapshot']> | undefined;
}

/** Features of entities: from the source, else last known, else from the batch table, else none. */
export interface FeatureReader {
  /**
   * Answers without a promise when nothing needs waiting for: a value young enough, a breaker that is open, no budget.
   * Neither throws nor rejects.
   * @param signal ends the waiting, not the fetch: others may be waiting for it, and its answer is kept
   * @param budgetMs milliseconds this caller can wait; running out of them is no vote against the source
   */
  read(
    entities: EntityValues,
    signal: AbortSignal | undefined,
    budgetMs: number,
  ): FeatureReading | Promise<FeatureReading>;
  /** Last known and batch values only. */
  readCached(entities: EntityValues): FeatureReading;
  snapshot(): FeatureReaderSnapshot;
  /** The source's own health check, outside the breaker. Resolves false or rejects when down. */
  healthy(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** Ages of cache hits are told to this many milliseconds, so that hits in between share one object. */
const HIT_STEP_MS = 10;

interface Slot {
  readonly known: KnownFeatures;
  hit: FeatureReading | undefined;
  hitAt: number;
}

function setOf(known: KnownFeatures, source: FeatureSet['source'], now: number): FeatureSet {
  return { values: known.values, source, ageMs: Math.max(0, now - known.bornAt), missing: known.missing };
}

/** @param host `source` may be wrapped, to inject faults or to record; `breaker` is the source's own */
export function createFeatureReader(options: FeatureReaderOptions, host: FeatureReaderHost): FeatureReader {
  const { clock, timers, source, breaker, batch } = host;
  const timeoutMs = options.timeoutMs ?? 60;
  const maxAgeMs = options.maxAgeMs ?? 600_000;
  const batchMaxAgeMs = options.batchMaxAgeMs ?? 86_400_000;
  const freshForMs = options.freshForMs ?? 0;
  const capacity = options.cacheEntries ?? 50_000;
  const ageRule = { ageFrom: options.ageFrom ?? 'event', maxAgeMs } as const;

  const keyer = createEntityKeyer(options.entities);
  const slots = lruMap<Slot>(capacity);
  const guarded = createGuardedFetch(timeoutMs, host);
  const batcher = createBatcher<KnownFeatures>(
    { maxBatch: options.maxBatch ?? 100, defer: host.defer ?? setImmediate },
    fetchBatch,
  );
  const counts = { fetched: 0, hits: 0, stale: 0, batched: 0, empty: 0, refused: 0 };
  let closed = false;

  async function fetchBatch(entities: readonly EntityKey[]): Promise<readonly (KnownFeatures | Error)[]> {
    const rows = await guarded.fetch(entities);
    return entities.map((entity, i) => keep(entity.key, rows[i]));
  }

  function keep(key: string, row: FeatureRow | undefined): KnownFeatures | Error {
    if (row === undefined) return new EvenkeelError('upstream_malformed', 'feature source sent no row');
    if (row.failed !== undefined) {
      return new EvenkeelError('upstream_error', `feature source failed for this entity: ${row.failed}`);
    }
    const known = knownFromRow(row, { now: clock.now(), wall: clock.wall() }, ageRule);
    // A row that holds nothing usable but what is too old must not push out what is still good.
    if (known.outdated.length === 0 || Object.keys(known.values).length > 0) {
      slots.set(key, { known, hit: undefined, hitAt: 0 });
    }
    return known;
  }

  /** The value is young enough to stand for a fetch, or undefined. */
  function hit(slot: Slot | undefined, now: number): FeatureReading | undefined {
    if (slot === undefined || slot.known.outdated.length > 0) return undefined;
    if (now - slot.known.arrivedAt >= freshForMs) return undefined;
    counts.hits += 1;
    if (slot.hit === undefined || now - slot.hitAt >= HIT_STEP_MS) {
      slot.hit = { set: setOf(slot.known, 'cache', now), fresh: true, reason: 'ok', durationMs: 0 };
      slot.hitAt = now;
    }
    return slot.hit;
  }

  /** Second best: last known, then batch, then nothing; `why` says what was wrong with the best. */
  function fallback(key: string, entities: EntityValues, why: string, startedAt: number): FeatureReading {
    const now = clock.now();
    const durationMs = now - startedAt;
    const slot = slots.get(key);
    let reason = why;
    if (slot === undefined) {
      reason += '; no last known value';
    } else {
      const set = setOf(slot.known, 'cache', now);
      reason += `; last known value is ${inWords(set.ageMs)} old`;
      if (set.ageMs <= maxAgeMs) {
        counts.stale += 1;
        return { set, fresh: false, reason, durationMs };
      }
      reason += `, more than ${inWords(maxAgeMs)}`;
    }
    const row = batch?.lookup(entities);
    if (row !== undefined) {
      const set = setOf(row, 'batch', now);
      reason += `; batch value is ${inWords(set.ageMs)} old`;
      if (set.ageMs <= batchMaxAgeMs) {
        counts.batched += 1;
        return { set, fresh: false, reason, durationMs };
      }
      reason += `, more than ${inWords(batchMaxAgeMs)}`;
    } else if (batch !== undefined) {
      reason += '; not in the batch table';
    }
    counts.empty += 1;
    return { set: undefined, fresh: false, reason, durationMs };
  }

  /** What the source's own answer is worth. */
  function answered(key: string, entities: EntityValues, known: KnownFeatures, startedAt: number): FeatureReading {
    const now = clock.now();
    if (known.outdated.length === 0) {
      counts.fetched += 1;
      return { set: setOf(known, 'online', now), fresh: true, reason: 'ok', durationMs: now - startedAt };
    }
    const why = `feature source calls ${known.outdated.slice(0, 5).join(', ')} outside its max age`;
    if (Object.keys(known.values).length === 0) return fallback(key, entities, why, startedAt);
    counts.stale += 1;
    const set = setOf(known, 'cache', now);
    const reason = `${why}; oldest value is ${inWords(set.ageMs)} old`;
    return { set, fresh: false, reason, durationMs: now - startedAt };
  }

  function wait(
    key: string,
    entities: EntityValues,
    signal: AbortSignal | undefined,
    budgetMs: number,
  ): Promise<FeatureReading> {
    const startedAt = clock.now();
    return new Promise((resolve) => {
      let waiting = true;
      let cancel: CancelTimer | undefined;
      const done = (): boolean => {
        if (!waiting) return false;
        waiting = false;
        cancel?.();
        signal?.removeEventListener('abort', leave);
        return true;
      };
      const giveUp = (why: string): void => {
        if (done()) resolve(fallback(key, entities, why, startedAt));
      };
      const leave = (): void => giveUp('the caller stopped waiting');
      signal?.addEventListener('abort', leave, { once: true });
      // With at least the source's time-out to spare, that time-out is the end of the waiting.
      if (budgetMs < timeoutMs) {
        const why = `feature source did not answer within the ${inWords(budgetMs)} this request had for it`;
        cancel = timers.after(budgetMs, () => giveUp(why));
      }
      batcher.load(keyer.entity(key, entities)).then(
        (known) => {
          if (done()) resolve(answered(key, entities, known, startedAt));
        },
        (error: unknown) => giveUp(describeError(error)),
      );
    });
  }

  function unnamed(entities: EntityValues): FeatureReading {
    counts.empty += 1;
    const reason = `the request names no ${keyer.missing(entities) ?? 'entity'}`;
    return { set: undefined, fresh: false, reason, durationMs: 0 };
  }

  return {
    read(entities, signal, budgetMs) {
      const key = keyer.key(entities);
      if (key === undefined) return unnamed(entities);
      const now = clock.now();
      if (freshForMs > 0) {
        const young = hit(slots.get(key), now);
        if (young !== undefined) return young;
      }
      if (closed) return fallback(key, entities, 'the feature source was closed', now);
      if (breaker.admits() === 'no') {
        counts.refused += 1;
        return fallback(key, entities, BREAKER_REFUSES, now);
      }
      if (signal?.aborted === true) return fallback(key, entities, 'the caller stopped waiting', now);
      if (!(budgetMs > 0)) return fallback(key, entities, 'no time was left to ask the feature source', now);
      return wait(key, entities, signal, budgetMs);
    },
    readCached(entities) {
      const key = keyer.key(entities);
      if (key === undefined) return unnamed(entities);
      const now = clock.now();
      return hit(slots.get(key), now) ?? fallback(key, entities, 'the feature source was not asked', now);
    },
    snapshot() {
      const { batches, keys, joined, pending } = batcher.counts();
      const { failures, timeouts, refused } = guarded.counts();
      let born = Number.POSITIVE_INFINITY;
      for (const slot of slots.values()) born = Math.min(born, slot.known.bornAt);
      return {
        ...counts,
        refused: counts.refused + refused,
        fetches: batches - refused,
        keys,
        singleFlight: joined,
        failures,
        timeouts,
        pending,
        entries: slots.size,
        capacity,
        evicted: slots.evicted,
        oldestMs: slots.size === 0 ? undefined : clock.now() - born,
        breaker: breaker.snapshot(),
        batch: batch?.snapshot(),
      };
    },
    healthy: (signal) => source.healthy(signal),
    async close() {
      closed = true;
      guarded.close();
      batch?.close();
      await source.close();
    },
  };
}
