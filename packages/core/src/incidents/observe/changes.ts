import { changePath } from '../links.ts';
import type { ChangeSignalKind, Observation } from '../signal.ts';
import type { Change, SignalSnapshot } from '../snapshot.ts';
import { spell } from '../stamp.ts';

const KIND: Readonly<Record<Change['kind'], ChangeSignalKind>> = {
  deploy: 'change_deploy',
  model: 'change_model',
  schema: 'change_schema',
  data: 'change_data',
  config: 'change_config',
  baseline: 'change_baseline',
};

/** A change stops being suspect: most that break something do it at once, few after hours. Milliseconds. */
const MEMORY_MS = 7_200_000;
const LONGEST_MS: number = 6 * 3_600_000;

/** What was changed lately; the later, the more suspect. */
export function observeChanges(snapshot: SignalSnapshot, now: number): Observation[] {
  const found: Observation[] = [];
  for (const { id, kind, at, what, summary, by } of snapshot.changes) {
    const ago = now - at;
    if (ago < 0 || ago > LONGEST_MS) continue;
    found.push({
      kind: KIND[kind],
      name: what,
      segment: `id=${id}`,
      strength: Math.exp(-ago / MEMORY_MS),
      since: at,
      evidence: {
        text: `${by} changed ${what} ${spell(ago)} ago: ${summary}`,
        figures: { ago_ms: ago },
        link: changePath(id),
      },
    });
  }
  return found;
}
