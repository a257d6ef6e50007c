import type { Incident, TimelineEntry } from '../../api/wire.ts';

/**
 * What people did to an incident since it was looked at. What evenkeel notes by itself (a signal seen again, a page) does not count: a
 * person's decision is not void because a machine looked at the same trouble once more.
 */
export function meanwhile(
  seen: Pick<Incident, 'timeline'>,
  now: Pick<Incident, 'timeline'>,
): readonly TimelineEntry[] {
  return now.timeline.slice(seen.timeline.length).filter(({ automatic }) => !automatic);
}
