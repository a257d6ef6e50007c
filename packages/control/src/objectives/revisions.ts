import { type Clock, isEvenkeelError, type Objective } from '@evenkeel/core';
import type { Documents } from '@evenkeel/store';

/** Text by which two definitions are compared: equal definitions have equal text, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Numbers the definitions of objectives: a changed target does not rewrite what was computed under the old one. */
export function objectiveRevisions(
  documents: Documents,
  clock: Clock,
): { current(service: string, objectives: readonly Objective[]): Promise<ReadonlyMap<string, number>> } {
  async function revisionOf(service: string, objective: Objective): Promise<number> {
    const id = `${service}/${objective.name}`;
    const known = await documents.get('objective_revision', id);
    if (known !== undefined && canonical(known.body) === canonical(objective)) return known.revision;
    const at = Math.round(clock.wall());
    await documents.commit({
      puts: [
        {
          kind: 'objective_revision',
          id,
          service,
          state: 'in_force',
          label: objective.category,
          createdAt: known?.createdAt ?? at,
          updatedAt: at,
          revision: known?.revision ?? 0,
          body: objective,
        },
      ],
      audit: [
        {
          at,
          by: 'evenkeel',
          action: 'objective.revise',
          subject: objective.name,
          service,
          detail: { revision: (known?.revision ?? 0) + 1, before: known?.body ?? null, after: objective },
        },
      ],
      outbox: [],
    });
    return (known?.revision ?? 0) + 1;
  }

  return {
    async current(service, objectives) {
      const found = new Map<string, number>();
      for (const objective of objectives) {
        try {
          found.set(objective.name, await revisionOf(service, objective));
        } catch (error) {
          // Another process with the same file was faster: its revision is ours.
          if (!isEvenkeelError(error) || error.code !== 'conflict') throw error;
          found.set(objective.name, await revisionOf(service, objective));
        }
      }
      return found;
    },
  };
}
