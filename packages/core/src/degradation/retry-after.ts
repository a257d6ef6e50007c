import { daysFromCivil } from '../kernel/civil.ts';

/** The headers of an answer that say when to come again. */
export interface RetryAfterHeaders {
  /** `retry-after`: seconds, or an HTTP date. */
  readonly retryAfter?: string | undefined;
  /** `retry-after-ms`: milliseconds; wins where both are given. */
  readonly retryAfterMs?: string | undefined;
}

/** A server that says "in a month" is not believed for longer than this, in milliseconds. */
const LONGEST_MS = 3_600_000;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** IMF-fixdate of RFC 9110, section 5.6.7; the obsolete forms are read too. */
const IMF = /^[a-z]{3}, (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/;
const RFC850 = /^[a-z]{6,9}, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/;
const ASCTIME = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

function httpDate(text: string): number | undefined {
  const imf = IMF.exec(text);
  const old = imf === null ? RFC850.exec(text) : null;
  const asc = imf === null && old === null ? ASCTIME.exec(text) : null;
  const match = imf ?? old;
  const [day, monthName, yearText, hour, minute, second] =
    match !== null ? match.slice(1) : asc !== null ? [asc[2], asc[1], asc[6], asc[3], asc[4], asc[5]] : [];
  const month = MONTHS.indexOf(monthName ?? '') + 1;
  if (month === 0 || yearText === undefined) return undefined;
  const short = Number(yearText);
  const year = yearText.length === 2 ? (short < 70 ? 2000 : 1900) + short : short;
  return (
    ((daysFromCivil(year, month, Number(day)) * 24 + Number(hour)) * 60 + Number(minute)) * 60_000 +
    Number(second) * 1000
  );
}

/**
 * Milliseconds to wait, in [0, an hour]; undefined when the headers say nothing that can be read.
 * @param wallNow wall milliseconds, for the form that names a date
 */
export function parseRetryAfter(headers: RetryAfterHeaders, wallNow: number): number | undefined {
  const bounded = (ms: number): number => Math.min(LONGEST_MS, Math.max(0, ms));
  const ms = headers.retryAfterMs?.trim();
  if (ms !== undefined && /^\d{1,12}(\.\d+)?$/.test(ms)) return bounded(Number(ms));
  const text = headers.retryAfter?.trim().toLowerCase();
  if (text === undefined || text.length > 64) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return bounded(Number(text) * 1000);
  const date = httpDate(text);
  return date === undefined ? undefined : bounded(date - wallNow);
}
