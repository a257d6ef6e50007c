import type { IncomingHttpHeaders } from 'node:http';
import { EvenkeelError, parseRetryAfter } from '@evenkeel/core';
import { failure } from './failure.ts';
import { isRecord } from './record.ts';

const MAX_MESSAGE = 500;

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The upstream's own words, whichever of the common shapes it puts them in. Markup is not words. */
export function messageOf(body: unknown): string | undefined {
  if (!isRecord(body)) return undefined;
  const { error } = body;
  const found =
    (isRecord(error) ? textIn(error.message) : textIn(error)) ?? textIn(body.message) ?? textIn(body.detail);
  return found === undefined || found.length <= MAX_MESSAGE ? found : `${found.slice(0, MAX_MESSAGE)}…`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The field that the upstream says is wrong: `error.param` of the OpenAI API. */
function fieldOf(body: unknown): string | undefined {
  return isRecord(body) && isRecord(body.error) ? textIn(body.error.param)?.slice(0, 200) : undefined;
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function retryAfterMs(headers: IncomingHttpHeaders, wallNow: number): number | undefined {
  const seconds = header(headers, 'retry-after');
  const milliseconds = header(headers, 'retry-after-ms');
  if (seconds === undefined && milliseconds === undefined) return undefined;
  return parseRetryAfter(
    {
      ...(seconds === undefined ? {} : { retryAfter: seconds }),
      ...(milliseconds === undefined ? {} : { retryAfterMs: milliseconds }),
    },
    wallNow,
  );
}

/** Statuses by which an upstream turns down what the caller sent, rather than failing. */
const CALLERS_FAULT: ReadonlySet<number> = new Set([400, 413, 422]);

/**
 * What an answer of another status than 2xx means for the caller.
 * 404 is not the caller's fault: path and model name are ours. Nor are 401 and 403: the key is; and since upstreams
 * like to quote the key in their message, that message goes no further.
 * @param wallNow milliseconds since the epoch, for a `Retry-After` that names a date
 */
export function statusFailure(
  status: number,
  headers: IncomingHttpHeaders,
  text: string,
  wallNow: number,
): EvenkeelError {
  const body = parsed(text);
  const message = messageOf(body);
  const detail = message === undefined ? `status ${status}` : `status ${status}: ${message}`;
  if (CALLERS_FAULT.has(status))
    return new EvenkeelError('bad_request', message ?? detail, { status, field: fieldOf(body) });
  if (status === 401 || status === 403)
    return new EvenkeelError('upstream_error', `status ${status}: refused our key`);
  if (status !== 408 && status !== 429 && status < 500) return new EvenkeelError('upstream_error', detail);
  // Out of money, not out of breath: waiting does not help.
  if (isRecord(body) && isRecord(body.error) && body.error.code === 'insufficient_quota')
    return new EvenkeelError('upstream_error', detail);
  const wait = retryAfterMs(headers, wallNow);
  const kind = status === 429 || status === 503 ? 'overload' : 'server_error';
  return failure(kind, 'upstream_error', detail, wait === undefined ? {} : { retryAfterMs: wait });
}
