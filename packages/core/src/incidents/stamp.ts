const DAY_MS = 86_400_000;

/** Fields of an instant in UTC. Months are 1–12. */
export interface UtcFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
}

/** The inverse of days-from-civil (Hinnant, "chrono-compatible low-level date algorithms"). */
export function utcFields(at: number): UtcFields {
  const whole = Math.floor(at);
  const days = Math.floor(whole / DAY_MS);
  const rest = whole - days * DAY_MS;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60,
    ms: rest % 1000,
  };
}

export const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

/** ISO 8601 in UTC to the second: 2026-11-24T11:47:06Z. */
export function isoTime(at: number): string {
  const t = utcFields(at);
  return `${pad(t.year, 4)}-${pad(t.month)}-${pad(t.day)}T${pad(t.hour)}:${pad(t.minute)}:${pad(t.second)}Z`;
}

/** A duration as people say it: 4 min 12 s, 3 h 5 min, 2 d 4 h; never more than two units. */
export function spell(ms: number): string {
  if (!Number.isFinite(ms)) return 'never';
  const sign = ms < 0 ? '−' : '';
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 1) return `${sign}${Math.round(Math.abs(ms))} ms`;
  if (seconds < 60) return `${sign}${seconds} s`;
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const parts: string[] = [];
  let rest = seconds;
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
    // Two neighbouring units at most: "3 h 0 min" says "3 h".
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return sign + parts.join(' ');
}

/** A share in per cent, as precise as it is of use. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value !== 0 && Math.abs(value) < 0.1) return `${value.toPrecision(2)} %`;
  return `${Number(value.toFixed(1))} %`;
}
