import { createHash } from 'node:crypto';
import { type Clock, EvenkeelError } from '@evenkeel/core';
import type { Keys, Role } from '@evenkeel/store';
import type { Context } from 'hono';
import type { ApiCaller } from '../api/route.ts';
import type { Authorize } from '../api/serve-routes.ts';
import { checkOrigin } from './origin.ts';
import { matches, readToken } from './secret.ts';

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Milliseconds for which a key that was found good is not looked up again: a revoked one works for this long. */
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
  const good = new Map<string, { readonly caller: ApiCaller; readonly until: number }>();

  async function callerOf(token: string): Promise<ApiCaller> {
    // The memory holds hashes: a heap dump must not hold keys.
    const print = createHash('sha256').update(token).digest('base64');
    const remembered = good.get(print);
    if (remembered !== undefined && clock.now() < remembered.until) return remembered.caller;
    good.delete(print);
    const { id, secret } = readToken(token);
    const key = await keys.get(id);
    if (key === undefined || !(await matches(secret, key.hash))) {
      throw new EvenkeelError('unauthorized', 'this key is not known here');
    }
    if (key.revokedAt !== undefined) throw new EvenkeelError('unauthorized', 'this key was revoked');
    if (key.expiresAt !== undefined && key.expiresAt <= clock.wall()) {
      throw new EvenkeelError('unauthorized', 'this key has expired');
    }
    const caller = { name: key.name, role: key.role };
    if (good.size >= REMEMBERED) good.clear();
    good.set(print, { caller, until: clock.now() + REMEMBERED_MS });
    return caller;
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
