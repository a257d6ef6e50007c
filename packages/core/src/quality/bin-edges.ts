/** Values that a halved tail bin must still hold. */
const TAIL_COUNT = 10;

/** Cumulative counts at which bins should end: equal shares, and the outermost ones halved while ten values are left in a half. */
function targets(n: number, bins: number, tails: boolean): number[] {
  const result: number[] = [];
  for (let k = 1; k < bins; k++) result.push((k * n) / bins);
  if (tails) {
    for (let tail = n / bins / 2; tail >= TAIL_COUNT; tail /= 2) {
      result.unshift(tail);
      result.push(n - tail);
    }
  }
  return result;
}

/**
 * Inner edges that cut sorted values into bins of about equal counts; see `numericReference`.
 * @param sorted ascending, finite, at least one
 */
export function cutSorted(sorted: Float64Array, bins: number, tails: boolean): number[] {
  const edges: number[] = [];
  const n = sorted.length;
  const ends = targets(n, bins, tails);
  const add = (edge: number): void => {
    const last = edges[edges.length - 1];
    if (Number.isFinite(edge) && (last === undefined || edge > last)) edges.push(edge);
  };
  let filled = 0; // values in the bin being filled
  let next = 0; // the target to be reached
  for (let start = 0; start < n; ) {
    const value = sorted[start] ?? 0;
    let end = start + 1;
    while (end < n && sorted[end] === value) end++;
    const run = end - start;
    if (run >= n / bins) {
      // Between two such values the reference has nothing: no bin for nothing.
      if (filled === 0 && edges.length > 1) edges.pop();
      add(value);
      add(nextUp(value));
      filled = 0;
      while ((ends[next] ?? n) <= end && next < ends.length) next++;
    } else {
      // Equal values stay together, on the side where the counts come nearer to what was aimed at.
      const due = next;
      while (next < ends.length && (ends[next] ?? n) <= start + run / 2) next++;
      if (next > due && filled > 0) {
        add(value);
        filled = 0;
      }
      filled += run;
    }
    start = end;
  }
  return edges;
}

const asFloat = new Float64Array(1);
const asBits = new BigInt64Array(asFloat.buffer);

/** The next double above; Infinity above the largest. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  asFloat[0] = value;
  asBits[0] = (asBits[0] ?? 0n) + (value > 0 ? 1n : -1n);
  return asFloat[0];
}
