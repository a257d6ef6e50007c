import { InvalidArgumentError } from 'commander';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/;

/** `90s`, `15m`, `2h`, `1d`, `1w` as milliseconds. @throws InvalidArgumentError */
export function durationMs(text: string): number {
  const [, amount, unit] = DURATION.exec(text.trim()) ?? [];
  const scale = Object.entries(UNITS).find(([name]) => name === unit)?.[1];
  const ms = scale === undefined ? Number.NaN : Number(amount) * scale;
  if (ms > 0) return ms;
  throw new InvalidArgumentError(`expected a duration such as 15m, 2h or 1d, not "${text}"`);
}

/** A duration that goes to the API as it was written; only its form is looked at here. */
export function duration(text: string): string {
  durationMs(text);
  return text.trim();
}

/**
 * A moment as wall milliseconds: `now`, `+2h`, `-30m`, a date and time (RFC 3339; without a zone: this machine's), or milliseconds
 * since 1970. @throws InvalidArgumentError
 */
export function moment(text: string, now: number = Date.now()): number {
  const clean = text.trim();
  if (clean === 'now') return now;
  if (/^[+-]\d/.test(clean)) {
    const ms = durationMs(clean.slice(1));
    return Math.round(clean.startsWith('-') ? now - ms : now + ms);
  }
  if (/^\d{12,14}$/.test(clean)) return Number(clean);
  const parsed = /^\d{4}-\d\d-\d\d/.test(clean) ? Date.parse(clean) : Number.NaN;
  if (Number.isFinite(parsed)) return parsed;
  throw new InvalidArgumentError(
    `expected a moment such as now, +2h, -30m or 2026-01-31T18:00Z, not "${text}"`,
  );
}

/** For options: commander hands a second argument to its parsers. */
export const momentOption = (text: string): number => moment(text);

/** A whole number from 1. @throws InvalidArgumentError */
export function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(`expected a whole number from 1, not "${text}"`);
}

/** `13:02:34` today, with the date otherwise; UTC, as the rest of what evenkeel writes. */
export function clockTime(at: number, now: number = Date.now()): string {
  const iso = new Date(at).toISOString();
  return iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? `${iso.slice(11, 19)}Z`
    : `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}
