import type { FeatureSet } from '@evenkeel/core';
import type { FeatureRow } from './source.ts';

/** Features as they are known for one entity. Times are on the monotonic clock. */
export interface KnownFeatures {
  readonly values: Readonly<Record<string, unknown>>;
  /** Names asked for that have no value. */
  readonly missing: readonly string[];
  /** When the oldest value became true, moved to the monotonic clock: a step of the wall clock changes no age. */
  readonly bornAt: number;
  /** When the answer arrived. */
  readonly arrivedAt: number;
  /** Names whose values the source itself called too old; empty for current values. */
  readonly outdated: readonly string[];
}

/**
 * Where an age is counted from. `event`: from the event time the source gives, from arrival where it gives none.
 * `arrival`: always from arrival, for sources whose event times say when something last happened to the entity and not
 * when the value was last right.
 */
export type AgeOrigin = 'event' | 'arrival';

export interface AgeRule {
  readonly ageFrom: AgeOrigin;
  /** Values that the source calls outdated are used up to this age. */
  readonly maxAgeMs: number;
}

/** The instant, on both clocks. */
export interface Instant {
  readonly now: number;
  readonly wall: number;
}

/**
 * What a row of a source amounts to. Values that the source calls outdated stay if they are young enough for
 * `maxAgeMs`; else, or without an event time to tell by, they are as good as absent.
 */
export function knownFromRow(row: FeatureRow, at: Instant, rule: AgeRule): KnownFeatures {
  const values: [string, unknown][] = [];
  const missing: string[] = [];
  const outdated: string[] = [];
  let oldest = at.wall;
  for (const { name, value, status, eventTime } of row.values) {
    if (status === 'outside_max_age') outdated.push(name);
    const usable =
      status === 'present' ||
      (status === 'outside_max_age' && eventTime !== undefined && at.wall - eventTime <= rule.maxAgeMs);
    if (!usable || value === null || value === undefined) {
      missing.push(name);
      continue;
    }
    values.push([name, value]);
    const counts = rule.ageFrom === 'event' || status === 'outside_max_age';
    if (counts && eventTime !== undefined && eventTime < oldest) oldest = eventTime;
  }
  return {
    // Own properties even for a feature called __proto__.
    values: Object.fromEntries(values),
    missing,
    bornAt: at.now - (at.wall - oldest),
    arrivedAt: at.now,
    outdated,
  };
}

/** The same as core's pipeline takes it, with its age now. */
export function featureSetOf(known: KnownFeatures, source: FeatureSet['source'], now: number): FeatureSet {
  return { values: known.values, source, ageMs: Math.max(0, now - known.bornAt), missing: known.missing };
}
