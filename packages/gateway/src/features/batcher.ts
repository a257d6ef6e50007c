import type { EntityKey } from './source.ts';

/** Calls `fn` soon, after the callbacks that are due now: `setImmediate` in a running gateway. */
export type Defer = (fn: () => void) => void;

export interface BatcherOptions {
  /** Entities in one call at most, 1 or more. A full batch leaves at once. */
  readonly maxBatch: number;
  readonly defer: Defer;
}

export interface BatcherCounts {
  /** Calls made. */
  readonly batches: number;
  /** Entities asked for in these calls. */
  readonly keys: number;
  /** Callers that joined a fetch already on its way. */
  readonly joined: number;
  /** Entities being waited for now. */
  readonly pending: number;
}

/** Turns single reads into few calls. */
export interface Batcher<T> {
  /**
   * The result for one entity. Callers that ask for the same entity before its answer share one fetch. Nobody can
   * cancel a fetch: who no longer wants the answer stops waiting, the others still get theirs.
   */
  load(entity: EntityKey): Promise<T>;
  counts(): BatcherCounts;
}

interface Waiting<T> {
  readonly entity: EntityKey;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param run fetches a batch; one result per entity, in their order. An `Error` in place of a result fails that
 * entity alone, a rejection fails the batch.
 */
export function createBatcher<T>(
  options: BatcherOptions,
  run: (entities: readonly EntityKey[]) => Promise<readonly (T | Error)[]>,
): Batcher<T> {
  const inflight = new Map<string, Promise<T>>();
  let gathering: Waiting<T>[] = [];
  let batches = 0;
  let keys = 0;
  let joined = 0;

  async function settle(batch: readonly Waiting<T>[]): Promise<void> {
    try {
      const results = await run(batch.map((waiting) => waiting.entity));
      for (const [i, waiting] of batch.entries()) {
        inflight.delete(waiting.entity.key);
        const result = results[i];
        if (result === undefined) waiting.reject(new Error('the source returned no row for this entity'));
        else if (result instanceof Error) waiting.reject(result);
        else waiting.resolve(result);
      }
    } catch (error) {
      for (const waiting of batch) {
        inflight.delete(waiting.entity.key);
        waiting.reject(error);
      }
    }
  }

  function flush(): void {
    if (gathering.length === 0) return;
    const batch = gathering;
    gathering = [];
    batches += 1;
    keys += batch.length;
    void settle(batch);
  }

  return {
    load(entity) {
      const known = inflight.get(entity.key);
      if (known !== undefined) {
        joined += 1;
        return known;
      }
      const promise = new Promise<T>((resolve, reject) => {
        gathering.push({ entity, resolve, reject });
      });
      // Everybody may have stopped waiting by the time it fails.
      promise.catch(() => {});
      inflight.set(entity.key, promise);
      if (gathering.length >= options.maxBatch) flush();
      else if (gathering.length === 1) options.defer(flush);
      return promise;
    },
    counts: () => ({ batches, keys, joined, pending: inflight.size }),
  };
}
