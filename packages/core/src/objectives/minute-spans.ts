import { MINUTE_MS } from './minute-block.ts';
import type { Span } from './window.ts';

/** Sorted, disjoint, half-open stretches of whole minutes since the epoch: [a0, b0, a1, b1, …]. */
export type MinuteSpans = readonly number[];

/**
 * Spans of time as whole minutes, merged. A minute that an edge cuts is inside: the events of a minute cannot be told
 * apart, and errors of work that began within it would stay in otherwise.
 */
export function minuteSpans(spans: readonly Span[]): MinuteSpans {
  const sorted = spans
    .map(({ start, end }) => [Math.floor(start / MINUTE_MS), Math.ceil(end / MINUTE_MS)] as const)
    .filter(([from, to]) => to > from)
    .sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last) merged[merged.length - 1] = Math.max(last, to);
    else merged.push(from, to);
  }
  return merged;
}

/** Whether a minute lies in one of the spans. */
export function inSpans(spans: MinuteSpans, minute: number): boolean {
  let low = 0;
  let high = spans.length;
  // The number of edges at or before the minute: odd inside, even outside.
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] ?? 0) <= minute) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** Minutes of the spans that lie in [from, to). */
export function minutesIn(spans: MinuteSpans, from: number, to: number): number {
  let minutes = 0;
  for (let i = 0; i < spans.length; i += 2) {
    minutes += Math.max(0, Math.min(to, spans[i + 1] ?? 0) - Math.max(from, spans[i] ?? 0));
  }
  return minutes;
}

/** The minutes that are in exactly one of the two. */
export function differingSpans(a: MinuteSpans, b: MinuteSpans): MinuteSpans {
  const edges = [...a, ...b].sort((x, y) => x - y);
  const kept: number[] = [];
  for (const edge of edges) {
    if (kept.at(-1) === edge) kept.pop();
    else kept.push(edge);
  }
  return kept;
}
