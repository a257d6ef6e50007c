import { ERRORS, EvenkeelError, isEvenkeelError } from '@evenkeel/core';
import type { Context } from 'hono';

/** Every error of the API, in one shape: what went wrong, in the registry's words, and what to do. */
export function problem(_context: Context, error: unknown): Response {
  const known = isEvenkeelError(error) ? error : new EvenkeelError('internal', undefined, { cause: error });
  const body = { error: { code: known.code, message: known.message, action: ERRORS[known.code].action } };
  return new Response(JSON.stringify(body), {
    status: known.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}
