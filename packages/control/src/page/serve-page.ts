import { EvenkeelError } from '@evenkeel/core';
import type { Context, Hono } from 'hono';
import { checkOrigin } from '../auth/origin.ts';
import { problem } from '../problem.ts';
import type { BuiltPage, PageFile } from './built-page.ts';

/** Nothing inline, nothing from elsewhere, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  // A key may stand in the address for a moment; it must not travel with a link.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  vary: 'accept-encoding',
};
/** Names of assets carry the hash of their content. */
const FOREVER = 'public, max-age=31536000, immutable';

function respond(context: Context, file: PageFile, caching: string): Response {
  checkOrigin(context);
  const packed = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '') ? file.gzip : undefined;
  return new Response(packed ?? file.plain, {
    headers: {
      ...HEADERS,
      'content-type': file.type,
      'cache-control': caching,
      ...(packed === undefined ? {} : { 'content-encoding': 'gzip' }),
    },
  });
}

/** Hangs the dashboard into the server: the page at `/`, what it loads under `/assets/`. */
export function servePage(app: Hono, page: BuiltPage): void {
  app.get('/', (context) => respond(context, page.index, 'no-cache'));
  app.get('/assets/:name', (context) => {
    const file = page.assets.get(context.req.param('name'));
    return file === undefined
      ? problem(context, new EvenkeelError('not_found', 'no such file: reload the page, it was built anew'))
      : respond(context, file, FOREVER);
  });
}
