import {
  type Cancellation,
  type CancelTimer,
  describeError,
  EvenkeelError,
  type FeatureReading,
} from '@evenkeel/core';
import { createBatcher } from './batcher.ts';
import { inWords } from './duration-words.ts';
import { createEntityKeyer, type EntityValues } from './entity-key.ts';
import type { FeatureReader, FeatureReaderHost, FeatureReaderOptions } from './feature-reader.ts';
import { BREAKER_REFUSES, CLOSED, createGuardedFetch } from './guarded-fetch.ts';
import { featureSetOf, type KnownFeatures, knownFromRow } from './known-features.ts';
import { createLastKnown } from './last-known.ts';
import type { EntityKey, FeatureRow } from './source.ts';

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
  const lastKnown = createLastKnown({ entries: capacity, freshForMs });
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
    lastKnown.put(key, known);
    return known;
  }

  function hit(key: string, now: number): FeatureReading | undefined {
    const reading = lastKnown.fresh(key, now);
    if (reading !== undefined) counts.hits += 1;
    return reading;
  }

  /** Second best: last known, then batch, then nothing; `why` says what was wrong with the best. */
  function fallback(key: string, entities: EntityValues, why: string, startedAt: number): FeatureReading {
    const now = clock.now();
    const durationMs = now - startedAt;
    const known = lastKnown.get(key);
    let reason = why;
    if (known === undefined) {
      reason += '; no last known value';
    } else {
      const set = featureSetOf(known, 'cache', now);
      reason += `; last known value is ${inWords(set.ageMs)} old`;
      if (set.ageMs <= maxAgeMs) {
        counts.stale += 1;
        return { set, fresh: false, reason, durationMs };
      }
      reason += `, more than ${inWords(maxAgeMs)}`;
    }
    const row = batch?.lookup(entities);
    if (row !== undefined) {
      const set = featureSetOf(row, 'batch', now);
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
  function answered(
    key: string,
    entities: EntityValues,
    known: KnownFeatures,
    startedAt: number,
  ): FeatureReading {
    const now = clock.now();
    if (known.outdated.length === 0) {
      counts.fetched += 1;
      return {
        set: featureSetOf(known, 'online', now),
        fresh: true,
        reason: 'ok',
        durationMs: now - startedAt,
      };
    }
    const why = `feature source calls ${known.outdated.slice(0, 5).join(', ')} outside its max age`;
    if (Object.keys(known.values).length === 0) return fallback(key, entities, why, startedAt);
    counts.stale += 1;
    const set = featureSetOf(known, 'cache', now);
    const reason = `${why}; oldest value is ${inWords(set.ageMs)} old`;
    return { set, fresh: false, reason, durationMs: now - startedAt };
  }

  function wait(
    key: string,
    entities: EntityValues,
    signal: Cancellation | undefined,
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
      const young = hit(key, now);
      if (young !== undefined) return young;
      if (closed) return fallback(key, entities, CLOSED, now);
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
      return hit(key, now) ?? fallback(key, entities, 'the feature source was not asked', now);
    },
    snapshot() {
      const { batches, keys, joined, pending } = batcher.counts();
      const { failures, timeouts, refused } = guarded.counts();
      const born = lastKnown.oldestBornAt();
      return {
        ...counts,
        refused: counts.refused + refused,
        fetches: batches - refused,
        keys,
        singleFlight: joined,
        failures,
        timeouts,
        pending,
        entries: lastKnown.size,
        capacity,
        evicted: lastKnown.evicted,
        oldestMs: born === undefined ? undefined : clock.now() - born,
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
