const UNITS = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A length of time in Prometheus' notation: the largest unit that divides it, days for weeks (`30d`, `6h`, `90m`). */
export function printRange(ms: number): string {
  for (const [unit, size] of UNITS)
    if (unit !== 'w' && ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${Math.max(1, Math.round(ms))}ms`;
}

/** Reads `5m`, `1h30m`, `30d`; undefined when it is none. */
export function parseRange(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdw]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g))
    total += Number(count) * (UNITS.find(([name]) => name === unit)?.[1] ?? Number.NaN);
  return total > 0 ? total : undefined;
}
