import type { RequestRecord } from '../../api/wire.ts';

/** Latencies counted by time and by how long they took. */
export interface Heat {
  readonly from: number;
  readonly to: number;
  /** Upper edges of the rows, in milliseconds, the fastest first; the last has none. */
  readonly edges: readonly number[];
  /** Counts by column and row. */
  readonly cells: readonly (readonly number[])[];
  readonly most: number;
}

/** Twice as long each row: latencies are spread over powers, not over sums. */
const EDGES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

export function heatOf(
  requests: readonly Pick<RequestRecord, 'at' | 'durationMs'>[],
  columns: number,
): Heat | undefined {
  if (requests.length === 0) return undefined;
  const ats = requests.map(({ at }) => at);
  const from = Math.min(...ats);
  const to = Math.max(...ats, from + 1);
  const rows = new Set<number>();
  const place = (ms: number): number => {
    const found = EDGES.findIndex((edge) => ms <= edge);
    return found < 0 ? EDGES.length : found;
  };
  for (const { durationMs } of requests) rows.add(place(durationMs));
  // Only the rows between the fastest and the slowest: empty ones around them say nothing.
  const low = Math.min(...rows);
  const high = Math.max(...rows);
  const cells = Array.from({ length: columns }, () => Array.from({ length: high - low + 1 }, () => 0));
  let most = 0;
  for (const { at, durationMs } of requests) {
    const column = cells[Math.min(columns - 1, Math.floor(((at - from) / (to - from)) * columns))];
    const row = place(durationMs) - low;
    if (column === undefined) continue;
    const next = (column[row] ?? 0) + 1;
    column[row] = next;
    most = Math.max(most, next);
  }
  return { from, to, edges: EDGES.slice(low, high + 1), cells, most };
}
