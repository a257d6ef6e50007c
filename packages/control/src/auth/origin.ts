import { EvenkeelError } from '@evenkeel/core';
import type { Context } from 'hono';

/** Names under which a loopback server may be asked for; anything else is DNS rebinding. */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * A page of another origin can reach a loopback port through its visitor's browser. Reads need a loopback Host;
 * writes also an Origin that is this server's, or none (curl, the command line).
 * @throws EvenkeelError forbidden
 */
export function checkOrigin(context: Context): void {
  const host = context.req.header('host') ?? '';
  if (!LOOPBACK_HOST.test(host)) {
    throw new EvenkeelError('forbidden', `this API answers on loopback only, not for "${host}"`);
  }
  const { method } = context.req;
  const origin = context.req.header('origin');
  if (method !== 'GET' && method !== 'HEAD' && origin !== undefined && origin !== `http://${host}`) {
    throw new EvenkeelError('forbidden', `writes from the origin "${origin}" are not allowed`);
  }
}
