const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in at most two units: "4 min", "1 h 20 min", "3 d 4 h". */
export function spell(ms: number): string {
  const abs = Math.abs(ms);
  if (abs > 0 && abs < 0.1) return `${Number((1_000 * abs).toPrecision(2))} µs`;
  if (abs < SECOND)
    return abs >= 10 || abs === 0 ? `${Math.round(abs)} ms` : `${Number(abs.toPrecision(2))} ms`;
  if (abs < 10 * SECOND) return `${Number((abs / SECOND).toFixed(1))} s`;
  const units = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
    [SECOND, 's'],
  ] as const;
  for (const [i, [size, name]] of units.entries()) {
    if (abs < size && size !== SECOND) continue;
    const next = units[i + 1];
    // Seconds beside minutes and minutes beside days say more than anybody reads.
    if (next === undefined || size === MINUTE) return `${Math.round(abs / size)} ${name}`;
    const whole = Math.floor(abs / size);
    const rest = Math.floor((abs - whole * size) / next[0]);
    return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${next[1]}`;
  }
  return '0 s';
}

/** "4 min ago", "in 2 h", "now". */
export function relative(at: number, now: number): string {
  const away = now - at;
  if (Math.abs(away) < 5 * SECOND) return 'now';
  return away > 0 ? `${spell(away)} ago` : `in ${spell(away)}`;
}

/** An instant on the viewer's clock: the time alone today, with the day otherwise. */
export function clockTime(at: number, now: number, zone?: string): string {
  const options = zone === undefined ? {} : { timeZone: zone };
  const day = new Intl.DateTimeFormat('en-CA', { ...options, dateStyle: 'short' });
  const time = new Intl.DateTimeFormat('en-GB', {
    ...options,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const date = new Intl.DateTimeFormat('en-GB', { ...options, day: 'numeric', month: 'short' });
  return day.format(at) === day.format(now) ? time.format(at) : `${date.format(at)} ${time.format(at)}`;
}

/** The exact instant, with its zone: what the shorter words stand for. */
export function exactTime(at: number, zone?: string): string {
  const local = new Intl.DateTimeFormat('en-GB', {
    ...(zone === undefined ? {} : { timeZone: zone }),
    dateStyle: 'full',
    timeStyle: 'long',
  });
  return `${local.format(at)} · ${new Date(at).toISOString()}`;
}

export const RANGES = { '1h': HOUR, '6h': 6 * HOUR, '1d': DAY, '7d': 7 * DAY, '30d': 30 * DAY } as const;
export type Range = keyof typeof RANGES;
export function rangeOf(text: string | undefined, otherwise: Range): Range {
  return text === '1h' || text === '6h' || text === '1d' || text === '7d' || text === '30d'
    ? text
    : otherwise;
}

/** The value of a `datetime-local` field for an instant, on the viewer's clock. */
export function fieldTime(at: number): string {
  const date = new Date(at);
  const pad = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
