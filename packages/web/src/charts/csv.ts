import type { Plotted } from './plotted.ts';

/** A field as RFC 4180 wants it; what a spreadsheet would run as a formula is kept from it. */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

/** The figures of a chart, by time; what happened comes after them. */
export function plotCsv({ times, lines, markers }: Plotted): string {
  const figures = times.map((at, i) => [
    new Date(at).toISOString(),
    ...lines.map(({ values }) => values[i] ?? null),
  ]);
  const happened = markers.map(({ at, kind, text }) => [new Date(at).toISOString(), kind, text]);
  return csvOf([
    ['time', ...lines.map(({ label }) => label)],
    ...figures,
    ...(happened.length === 0 ? [] : [[], ['time', 'kind', 'what'], ...happened]),
  ]);
}
