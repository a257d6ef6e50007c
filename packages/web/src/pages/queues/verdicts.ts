import type { QueueItem } from '../../api/wire.ts';

/** Decided, and not sent yet: for a moment it can be taken back. */
export interface Pending {
  readonly item: QueueItem;
  readonly verdict: string;
}

/** Milliseconds in which a verdict can be taken back. */
export const UNDO_MS = 4_000;

const USUAL = ['allow', 'block'];
const MOST = 6;

/** Verdicts on offer, each with a key: what people chose here before, the usual ones, and the answer that waits. */
export function offeredVerdicts(item: QueueItem, decided: readonly QueueItem[]): readonly string[] {
  const times = new Map<string, number>();
  for (const { service, verdict } of decided) {
    if (service === item.service && verdict !== undefined) times.set(verdict, (times.get(verdict) ?? 0) + 1);
  }
  const before = [...times].sort((a, b) => b[1] - a[1]).map(([verdict]) => verdict);
  // A key that means another verdict with each item would be pressed wrongly: those of all items come in one order.
  const offered = [...USUAL, ...before.filter((verdict) => !USUAL.includes(verdict)).sort()];
  if (item.label !== undefined && !offered.includes(item.label)) offered.push(item.label);
  return offered.slice(0, MOST);
}

/** The items that are left to decide: what was decided here a moment ago is not shown again while the list is read anew. */
export function leftOf(
  items: readonly QueueItem[],
  decidedHere: ReadonlySet<string>,
  skipped: readonly string[],
): readonly QueueItem[] {
  const open = items.filter(({ id }) => !decidedHere.has(id));
  // Who is skipped comes back at the end, in the order of skipping.
  const later = skipped.flatMap((id) => open.filter((item) => item.id === id));
  return [...open.filter(({ id }) => !skipped.includes(id)), ...later];
}
