import { EvenkeelError } from '@evenkeel/core';
import type { Context } from 'hono';
import type { z } from 'zod';

/** Reads a JSON body through its schema. @throws EvenkeelError bad_request naming every field that is wrong */
export async function jsonBody<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const type = context.req.header('content-type') ?? '';
  if (!/^application\/json\b/i.test(type)) {
    throw new EvenkeelError('unsupported_media_type', `the body must be application/json, not "${type}"`);
  }
  let raw: unknown;
  try {
    raw = await context.req.json();
  } catch {
    throw new EvenkeelError('bad_request', 'the body is not valid JSON');
  }
  return valid(raw, schema, 'body');
}

/** Reads the query through its schema. @throws EvenkeelError bad_request */
export function query<T>(context: Context, schema: z.ZodType<T>): T {
  return valid(context.req.query(), schema, 'query');
}

function valid<T>(raw: unknown, schema: z.ZodType<T>, where: string): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  throw new EvenkeelError('bad_request', wrong.join('; '));
}
