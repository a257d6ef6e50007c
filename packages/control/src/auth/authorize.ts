import { createHash } from 'node:crypto';
import { type Clock, EvenkeelError } from '@evenkeel/core';
import type { Keys, Role } from '@evenkeel/store';
import type { Context } from 'hono';
import type { ApiCaller } from '../api/route.ts';
import type { Authorize } from '../api/serve-routes.ts';
import { checkOrigin } from './origin.ts';
import { matches, readToken } from './secret.ts';

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Milliseconds for which a key that was looked up is not looked up again: a revoked one works for this long. */
const REMEMBERED_MS = 5_000;
const REMEMBERED = 1_000;

function tokenOf(context: Context): string | undefined {
  const header = context.req.header('authorization');
  if (header === undefined) return undefined;
  const [, token] = /^bearer +(\S+)$/i.exec(header) ?? [];
  if (token === undefined) throw new EvenkeelError('unauthorized', 'expected "authorization: Bearer <key>"');
  return token;
}

/**
 * Decides by key and role. Without a key a caller on this machine may read, and nobody may write.
 * @param anonymous who a call without a key is; undefined: nobody
 */
export function authorizer(keys: Keys, clock: Clock, anonymous: ApiCaller | undefined): Authorize {
  const looked = new Map<string, { readonly found: ApiCaller | string; readonly until: number }>();

  /** Who holds it, or why it is not good; `forMs` is how long that may be believed. */
  async function lookUp(
    token: string,
  ): Promise<{ readonly found: ApiCaller | string; readonly forMs: number }> {
    const { id, secret } = readToken(token);
    const key = await keys.get(id);
    const bad = (found: string) => ({ found, forMs: REMEMBERED_MS });
    if (key === undefined) return { found: 'this key is not known here', forMs: 0 };
    if (!(await matches(secret, key.hash))) return bad('this key is not known here');
    if (key.revokedAt !== undefined) return bad('this key was revoked');
    const leftMs = key.expiresAt === undefined ? REMEMBERED_MS : key.expiresAt - clock.wall();
    if (leftMs <= 0) return bad('this key has expired');
    return { found: { name: key.name, role: key.role }, forMs: Math.min(REMEMBERED_MS, leftMs) };
  }

  async function callerOf(token: string): Promise<ApiCaller> {
    // The memory holds hashes: a heap dump must not hold keys.
    const print = createHash('sha256').update(token).digest('base64');
    let known = looked.get(print);
    if (known === undefined || clock.now() >= known.until) {
      looked.delete(print);
      const { found, forMs } = await lookUp(token);
      known = { found, until: clock.now() + forMs };
      // A key that was refused is remembered too: whoever goes on trying it must not keep deriving hashes.
      if (looked.size >= REMEMBERED) looked.clear();
      if (forMs > 0) looked.set(print, known);
    }
    if (typeof known.found === 'string') throw new EvenkeelError('unauthorized', known.found);
    return known.found;
  }

  return async (context, role) => {
    checkOrigin(context);
    const token = tokenOf(context);
    if (role === 'public' && token === undefined) return { name: 'anonymous', role: 'viewer' };
    const caller = token === undefined ? anonymous : await callerOf(token);
    if (caller === undefined) throw new EvenkeelError('unauthorized');
    if (role === 'public') return caller;
    if (RANK[caller.role] < RANK[role]) {
      if (token === undefined)
        throw new EvenkeelError('unauthorized', 'this needs a key: see "evenkeel keys"');
      throw new EvenkeelError('forbidden', `this needs the role ${role}; the key has ${caller.role}`);
    }
    return caller;
  };
}
