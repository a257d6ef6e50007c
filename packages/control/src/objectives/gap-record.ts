import type { Clock } from '@evenkeel/core';
import type { Documents, Lease } from '@evenkeel/store';
import { z } from 'zod';
import type { Gaps } from './gaps.ts';

const body = z.object({
  until: z.number(),
  gaps: z.array(z.object({ start: z.number(), end: z.number() })).max(10_000),
});
/** How far a service was reported on is kept this often, in milliseconds: a restart finds a gap no longer than it was by this. */
const EVERY_MS = 5_000;

/** Keeps the gaps over restarts of the control plane: a hole in the past does not close by itself. */
export function gapRecord(
  documents: Documents,
  gaps: Gaps,
  clock: Clock,
): {
  readonly restore: (service: string) => Promise<void>;
  /** @param changed services with a new gap, kept at once; emptied */
  readonly keep: (
    services: Iterable<string>,
    changed: Set<string>,
    lease: Lease | undefined,
  ) => Promise<void>;
} {
  const revisions = new Map<string, number>();
  let keptAt = Number.NEGATIVE_INFINITY;
  const idOf = (service: string): string => `gaps/${service}`;
  return {
    async restore(service) {
      const row = await documents.get('state', idOf(service));
      revisions.set(service, row?.revision ?? 0);
      const parsed = body.safeParse(row?.body);
      if (parsed.success && gaps.coveredUntil(service) === 0) {
        gaps.restore(service, parsed.data.until, parsed.data.gaps);
      }
    },
    async keep(services, changed, lease) {
      const due = clock.now() - keptAt >= EVERY_MS;
      if (!due && changed.size === 0) return;
      const at = Math.round(clock.wall());
      for (const service of services) {
        if (!due && !changed.has(service)) continue;
        const until = gaps.coveredUntil(service);
        if (until === 0) continue;
        const revision = revisions.get(service) ?? 0;
        await documents.commit({
          puts: [
            {
              kind: 'state',
              id: idOf(service),
              service,
              state: 'kept',
              label: '',
              createdAt: at,
              updatedAt: at,
              revision,
              body: { until, gaps: gaps.of(service) },
            },
          ],
          audit: [],
          outbox: [],
          lease,
        });
        revisions.set(service, revision + 1);
      }
      changed.clear();
      if (due) keptAt = clock.now();
    },
  };
}
