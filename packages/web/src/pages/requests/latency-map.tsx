import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { RequestRecord } from '../../api/wire.ts';
import { When } from '../../parts/when.tsx';
import { spell } from '../../words/time.ts';
import { heatOf } from './heat.ts';

const COLUMNS = 48;
const CELL = 14;
const LABEL = 58;

/** How long requests took, as time went: each cell darker the more requests fell into it. */
export function LatencyMap({
  requests,
}: {
  readonly requests: readonly RequestRecord[];
}): JSX.Element | null {
  const heat = useMemo(() => heatOf(requests, COLUMNS), [requests]);
  if (heat === undefined || requests.length < 5) return null;
  const rows = heat.cells[0]?.length ?? 0;
  const width = LABEL + COLUMNS * CELL;
  const sorted = requests.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const at = (q: number): string =>
    spell(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);
  return (
    <figure class="heat">
      <svg
        viewBox={`0 0 ${width} ${rows * CELL}`}
        role="img"
        aria-label={`Latency of the last ${requests.length} requests: half under ${at(0.5)}, 95 % under ${at(0.95)}`}
      >
        {heat.cells.map((column, x) =>
          column.map((n, y) =>
            n === 0 ? undefined : (
              <rect
                key={`${x} ${y}`}
                x={LABEL + x * CELL + 1}
                y={(rows - 1 - y) * CELL + 1}
                width={CELL - 2}
                height={CELL - 2}
                rx="2"
                fill="currentColor"
                opacity={0.25 + 0.75 * Math.sqrt(n / heat.most)}
              >
                <title>
                  {n} {heat.edges[y] === undefined ? 'slower' : `up to ${spell(heat.edges[y])}`}
                </title>
              </rect>
            ),
          ),
        )}
        {Array.from({ length: rows }, (_, y) => (
          <text key={y} class="tick" x={LABEL - 8} y={(rows - 1 - y) * CELL + CELL - 3} text-anchor="end">
            {heat.edges[y] === undefined ? 'more' : `≤ ${spell(heat.edges[y])}`}
          </text>
        ))}
      </svg>
      <figcaption class="quiet small">
        The last {requests.length} that are at hand, since <When at={heat.from} as="clock" />: p50 {at(0.5)},
        p95 {at(0.95)}, p99 {at(0.99)}
      </figcaption>
    </figure>
  );
}
