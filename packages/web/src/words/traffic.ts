import type { ServiceStatus } from '../api/wire.ts';

/** What the counts of a service stood at, at some moment. */
export interface Sight {
  readonly at: number;
  readonly answered: Readonly<Record<string, number>>;
  readonly failed: number;
}

export interface Shares {
  /** Share of the traffic that each rung answered, by name; undefined where nothing was answered. */
  readonly rungs: Readonly<Record<string, number>> | undefined;
  readonly perSecond: number | undefined;
  /** Milliseconds that this speaks of; undefined: since the replica started. */
  readonly overMs: number | undefined;
}

export function sightOf(service: ServiceStatus, at: number): Sight {
  return {
    at,
    answered: Object.fromEntries(service.rungs.map(({ name, counts }) => [name, counts?.answered ?? 0])),
    failed: service.figures.served.failed,
  };
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);

/**
 * Who answers now: what the counts have grown by since the oldest sight that is kept; since the start until there are two. Counts that
 * went down mean a new replica: what was seen before says nothing about it.
 */
export function shares(sights: readonly Sight[]): Shares {
  const last = sights.at(-1);
  if (last === undefined) return { rungs: undefined, perSecond: undefined, overMs: undefined };
  const first = sights.find((sight) => sight !== last && sum(sight.answered) <= sum(last.answered));
  const before = first?.answered ?? {};
  const grown = Object.entries(last.answered).map(
    ([name, value]) => [name, value - (before[name] ?? 0)] as const,
  );
  const all = grown.reduce((total, [, value]) => total + value, 0) + last.failed - (first?.failed ?? 0);
  const overMs = first === undefined ? undefined : last.at - first.at;
  return {
    rungs: all <= 0 ? undefined : Object.fromEntries(grown.map(([name, value]) => [name, value / all])),
    perSecond: overMs === undefined || overMs <= 0 ? undefined : (1_000 * all) / overMs,
    overMs,
  };
}

/** Adds a sight and forgets those older than `windowMs`, but for one: the difference needs it. */
export function remember(sights: readonly Sight[], next: Sight, windowMs: number): readonly Sight[] {
  const before = sights.at(-1);
  if (before !== undefined && sum(before.answered) > sum(next.answered)) return [next];
  const kept = sights.filter(({ at }) => next.at - at <= windowMs);
  return [...kept, next];
}
