/** A count with thin groups: 12 345. */
export function count(value: number): string {
  return new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 }).format(value).replaceAll(',', '\u202f');
}

/** A figure with as many digits as say something. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const abs = Math.abs(value);
  if (abs >= 10_000) return count(value);
  return String(Number(value.toPrecision(abs >= 100 ? 4 : 3))).replace('-', '−');
}

/** A share as a percentage. Close to all or nothing it keeps the digits that tell it from them. */
export function percent(share: number): string {
  const value = 100 * share;
  const fromEnd = Math.min(Math.abs(value), Math.abs(100 - value));
  const digits =
    fromEnd === 0 || Math.abs(value) > 200 ? 0 : fromEnd < 0.1 ? 3 : fromEnd < 1 ? 2 : fromEnd < 10 ? 1 : 0;
  return `${String(Number(value.toFixed(digits))).replace('-', '−')} %`;
}

/** Bytes in the unit that people use for so many. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let left = value;
  while (left >= 1_000 && unit < units.length - 1) {
    left /= 1_000;
    unit += 1;
  }
  return `${figure(left)} ${units[unit]}`;
}

/** "1 incident", "2 incidents". */
export function many(n: number, one: string, more: string = `${one}s`): string {
  return `${n === 1 ? '1' : count(n)} ${n === 1 ? one : more}`;
}
