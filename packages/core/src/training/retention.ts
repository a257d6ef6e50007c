import type { CheckpointNote } from './checkpoint.ts';
import { usable } from './checkpoint.ts';
import type { GateDirection } from './gate-spec.ts';

export interface RetentionPolicy {
  /** The newest usable ones (default 3, at least 1). */
  readonly last: number;
  /** Every this-many-th checkpoint besides; 0 for none (default 0). */
  readonly every: number;
  /** The best by this metric, of those that have it. */
  readonly best?:
    | { readonly metric: string; readonly direction: GateDirection; readonly keep: number }
    | undefined;
}

export const RETENTION_DEFAULTS: RetentionPolicy = { last: 3, every: 0 };

export interface RetentionVerdict {
  readonly keep: readonly { readonly name: string; readonly why: string }[];
  readonly remove: readonly string[];
}

const there = (note: CheckpointNote): boolean => note.standing !== 'deleted' && note.standing !== 'corrupt';

/**
 * Which checkpoints may go. Nothing goes that a registry or an incident names, and nothing that is as new as the newest
 * usable one: what is deleted always has a newer verified checkpoint above it.
 * Tainted ones, and ones that failed a gate but the last, go as soon as nobody names them and a newer usable one is there.
 * @param named names that somebody holds on to, with who
 */
export function retainCheckpoints(
  notes: readonly CheckpointNote[],
  policy: RetentionPolicy,
  named: ReadonlyMap<string, string> = new Map(),
): RetentionVerdict {
  const present = notes.filter(there);
  const good = present.filter(usable).sort((a, b) => b.step - a.step);
  const newest = good[0];
  const why = new Map<string, string>();
  for (const [name, who] of named) why.set(name, who);
  for (const note of good.slice(0, Math.max(1, policy.last)))
    if (!why.has(note.name)) why.set(note.name, `one of the last ${Math.max(1, policy.last)}`);
  if (policy.every > 0)
    for (const note of good)
      if (note.ordinal % policy.every === 0 && !why.has(note.name))
        why.set(note.name, `every ${policy.every}th`);
  const condemned = present.filter((note) => note.standing === 'failed').sort((a, b) => b.step - a.step)[0];
  if (condemned !== undefined && !why.has(condemned.name))
    why.set(condemned.name, 'the last that failed, to look at');
  const { best } = policy;
  if (best !== undefined) {
    const sign = best.direction === 'higher' ? -1 : 1;
    const measured = good.flatMap((note) => {
      const value = note.metrics?.[best.metric];
      return value === undefined || Number.isNaN(value) ? [] : [{ note, value }];
    });
    measured.sort((a, b) => sign * (a.value - b.value) || b.note.step - a.note.step);
    for (const { note } of measured.slice(0, best.keep))
      if (!why.has(note.name)) why.set(note.name, `best ${best.metric}`);
  }
  const keep: { name: string; why: string }[] = [];
  const remove: string[] = [];
  for (const note of present) {
    const reason =
      why.get(note.name) ??
      (newest === undefined || note.step >= newest.step ? 'nothing newer is verified' : undefined);
    if (reason === undefined) remove.push(note.name);
    else keep.push({ name: note.name, why: reason });
  }
  return { keep, remove };
}
