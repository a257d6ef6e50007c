/** Below this a number is taken for seconds since 1970 (as milliseconds it would be before March 1973). */
const SECONDS_BELOW = 1e11;

/**
 * Reads a point in time the ways feature stores write it: ISO 8601, or seconds or milliseconds since 1970 as a number
 * or as digits.
 * @returns wall milliseconds; undefined for anything else and for 1970-01-01T00:00:00Z, which stores write for "none"
 */
export function parseEventTime(value: unknown): number | undefined {
  let ms: number;
  if (typeof value === 'number') ms = fromNumber(value);
  else if (typeof value !== 'string' || value === '') return undefined;
  else if (/^\d+(\.\d+)?$/.test(value)) ms = fromNumber(Number(value));
  else ms = Date.parse(value);
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function fromNumber(value: number): number {
  return value < SECONDS_BELOW ? value * 1000 : value;
}
