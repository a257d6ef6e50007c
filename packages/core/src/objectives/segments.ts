import { cohort } from '../kernel/hash.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import type { SegmentRule } from './objective.ts';

/** The value that stands for all that have no figures of their own. */
export const OTHER = 'other';
/** Cohorts of users, each a tenth of them, always the same ones. */
export const COHORTS = 10;

/** Names of segments, at most so many of each kind. */
export interface SegmentNames {
  /** `tenant=acme`, or `tenant=other` when the kind has as many values as it may; undefined for no value. */
  name(by: SegmentRule['by'], value: string | undefined): string | undefined;
  /** Segments with figures of their own, without `other`. */
  own(by: SegmentRule['by']): readonly string[];
  /** Counts of values that became `other`. */
  folded(by: SegmentRule['by']): number;
}

/**
 * Bounds the number of segments: first come, first served, those that are `known` before all (so that replicas and
 * restarts agree). A caller that invents a million tenants costs a million look-ups and no memory.
 * @param known segments that have figures already: `tenant=acme`
 */
export function segmentNames(rules: readonly SegmentRule[], known: readonly string[] = []): SegmentNames {
  const kinds = new Map(
    rules.map((rule) => [rule.by, { most: rule.most, own: new Map<string, string>(), folded: 0 }]),
  );
  for (const segment of known) {
    const [by = '', ...rest] = segment.split('=');
    const value = rest.join('=');
    for (const [kind, held] of kinds)
      if (kind === by && value !== OTHER && held.own.size < held.most) held.own.set(value, segment);
  }
  return {
    name(by, value) {
      const kind = kinds.get(by);
      if (kind === undefined || value === undefined || value === '') return undefined;
      const own = kind.own.get(value);
      if (own !== undefined) return own;
      if (kind.own.size >= kind.most || value === OTHER) {
        kind.folded += 1;
        return `${by}=${OTHER}`;
      }
      const segment = `${by}=${value}`;
      kind.own.set(value, segment);
      return segment;
    },
    own: (by) => [...(kinds.get(by)?.own.values() ?? [])],
    folded: (by) => kinds.get(by)?.folded ?? 0,
  };
}

function segmentValue(by: SegmentRule['by'], record: RequestRecord): string | undefined {
  switch (by) {
    case 'version':
      return record.version === undefined ? undefined : `${record.model ?? ''}@${record.version}`;
    case 'tenant':
      return record.tenant;
    case 'cohort':
      return record.user === ''
        ? undefined
        : String(Math.min(COHORTS - 1, Math.floor(cohort(record.user, 'segment') * COHORTS)));
  }
}

/** The segments that a request belongs to; undefined without rules, so that it costs nothing. */
export function segmentsOf(
  rules: readonly SegmentRule[] | undefined,
  names: SegmentNames,
): ((record: RequestRecord) => readonly string[]) | undefined {
  if (rules === undefined || rules.length === 0) return undefined;
  return (record) => {
    const found: string[] = [];
    for (const { by } of rules) {
      const name = names.name(by, segmentValue(by, record));
      if (name !== undefined) found.push(name);
    }
    return found;
  };
}
