import { EvenkeelError } from '@evenkeel/core';

/** What an entity is called by: the name of an account, the number of a driver. */
export type EntityValue = string | number;

/** One entity whose features are asked for. */
export interface EntityKey {
  /** Equal for equal entities, different for different ones; see `createEntityKeyer`. */
  readonly key: string;
  /** Value by entity name; all keys of one source carry the same names. */
  readonly values: Readonly<Record<string, EntityValue>>;
}

/**
 * What a source says about one value. `null`: the entity is known, the feature has no value. `not_found`: the entity
 * is not known. `outside_max_age`: a value, but older than the source itself allows. `invalid`: unusable.
 */
export type FeatureStatus = 'present' | 'null' | 'not_found' | 'outside_max_age' | 'invalid';

/** One feature of one entity. */
export interface FeatureValue {
  readonly name: string;
  readonly value: unknown;
  readonly status: FeatureStatus;
  /** When the value became true, in wall milliseconds; undefined where the source does not say. */
  readonly eventTime: number | undefined;
}

/** The features of one entity. */
export interface FeatureRow {
  readonly values: readonly FeatureValue[];
  /** Why this entity alone has no answer, although the source answered for others in the same call. */
  readonly failed?: string;
}

/** Where features come from. Wrappable: whoever injects faults or records calls stands in between. */
export interface FeatureSource {
  /**
   * Fetches the features of several entities in one call.
   * @param signal aborted when nobody waits for the answer any more
   * @param budgetMs milliseconds until then
   * @returns one row per key, in the order of the keys; an unknown entity has a row of `not_found`, not an error
   */
  fetch(keys: readonly EntityKey[], signal: AbortSignal, budgetMs: number): Promise<readonly FeatureRow[]>;
  /** Background health check: resolves false or rejects when down. */
  healthy(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Rows of a source that asks for each entity by itself: where every one failed, the source did, and not the entities.
 * @throws EvenkeelError `upstream_error` with the first one's reason
 */
export function failedTogether(rows: readonly FeatureRow[]): readonly FeatureRow[] {
  const [first] = rows;
  if (first?.failed !== undefined && rows.every((row) => row.failed !== undefined)) {
    throw new EvenkeelError('upstream_error', first.failed);
  }
  return rows;
}
