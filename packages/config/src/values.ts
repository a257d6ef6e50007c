import { z } from 'zod';

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;
const YEAR_MS = 366 * MS.d;

function has<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(table, key);
}

/** `250ms`, `1.5s`, `10m`, `1h`, `7d` as milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = match?.[2] ?? '';
  return match !== null && has(MS, unit) ? Number(match[1]) * MS[unit] : undefined;
}

/** A duration as text, as milliseconds. */
export function duration(least: number, most: number, description: string) {
  return z
    .string({ error: 'expected a duration such as "250ms", "10s" or "5m"' })
    .describe(`${description} A duration such as "250ms", "10s", "5m", "1h" or "7d".`)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === undefined) {
        context.addIssue({
          code: 'custom',
          message: `expected a duration such as "250ms", "10s" or "5m", found "${text}"`,
        });
        return z.NEVER;
      }
      if (ms < least || ms > most) {
        context.addIssue({
          code: 'custom',
          message: `expected a duration from ${words(least)} to ${words(most)}, found ${text}`,
        });
        return z.NEVER;
      }
      return ms;
    });
}

function words(ms: number): string {
  for (const [unit, size] of Object.entries(MS).reverse())
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

/** Durations of a request or a wait: a millisecond to an hour. */
export const shortDuration = (description: string) => duration(1, MS.h, description);
/** Durations of keeping: a millisecond to a year. */
export const longDuration = (description: string) => duration(1, YEAR_MS, description);
/** As {@link shortDuration}, 0 allowed. */
export const optionalDuration = (description: string) => duration(0, MS.d, description);

/** `5%` or a number in [0, 1], as a number in [0, 1]. */
export function share(description: string, options: { readonly zero?: boolean } = {}) {
  return z
    .union([z.string(), z.number()])
    .describe(`${description} A share such as "5%" or 0.05.`)
    .transform((raw, context) => {
      const match = typeof raw === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(raw) : null;
      const value = match !== null ? Number(match[1]) / 100 : typeof raw === 'number' ? raw : Number.NaN;
      if (!(value >= 0 && value <= 1) || (value === 0 && options.zero !== true)) {
        const range = options.zero === true ? 'from 0% to 100%' : 'over 0% and up to 100%';
        context.addIssue({
          code: 'custom',
          message: `expected a share ${range} such as "5%", found ${JSON.stringify(raw)}`,
        });
        return z.NEVER;
      }
      return value;
    });
}

/** `64KiB`, `1MiB`, as bytes, from `least` to `most` of them (default 1 to a GiB). */
export function size(description: string, least = 1, most: number = BYTES.GiB) {
  return z
    .string({ error: 'expected a size such as "64KiB" or "1MiB"' })
    .describe(`${description} A size such as "64KiB" or "1MiB".`)
    .transform((text, context) => {
      const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text);
      const unit = match?.[2] ?? '';
      const bytes = match !== null && has(BYTES, unit) ? Number(match[1]) * BYTES[unit] : Number.NaN;
      if (!(bytes > 0 && bytes <= BYTES.GiB)) {
        context.addIssue({
          code: 'custom',
          message: `expected a size such as "64KiB" or "1MiB", found "${text}"`,
        });
        return z.NEVER;
      }
      if (bytes < least || bytes > most) {
        context.addIssue({
          code: 'custom',
          message: `expected a size from ${sizeWords(least)} to ${sizeWords(most)}, found ${text}`,
        });
        return z.NEVER;
      }
      return bytes;
    });
}

function sizeWords(bytes: number): string {
  for (const [unit, unitBytes] of Object.entries(BYTES).reverse())
    if (bytes >= unitBytes && bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  return `${bytes}B`;
}

/** Names of services, models and rungs. */
export const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    'expected a name of lower-case letters, digits, "-" and "_", at most 63 long',
  );

/** An environment variable by name: the value never stands in the file. */
export const envReference = z.strictObject({
  env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
    .describe('Name of the environment variable that holds the value.'),
});

/** A URL of a server, or an environment variable that holds it. */
export const serverUrl = z
  .union([
    z.url({ protocol: /^(https?|rediss?)$/, error: 'expected a URL such as "http://127.0.0.1:9000"' }),
    envReference,
  ])
  .describe('URL of the server, or { env: NAME } when it holds a password.');
