import type { Breaker, Cancellation, FeatureReading } from '@evenkeel/core';
import type { BatchTable } from './batch-table.ts';
import type { Defer } from './batcher.ts';
import type { EntityValues } from './entity-key.ts';
import type { GuardedFetchHost } from './guarded-fetch.ts';
import type { AgeOrigin } from './known-features.ts';

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
    signal: Cancellation | undefined,
    budgetMs: number,
  ): FeatureReading | Promise<FeatureReading>;
  /** Last known and batch values only. */
  readCached(entities: EntityValues): FeatureReading;
  snapshot(): FeatureReaderSnapshot;
  /** The source's own health check, outside the breaker. Resolves false or rejects when down. */
  healthy(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}
