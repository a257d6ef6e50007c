import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { EvenkeelError } from '@evenkeel/core';

/**
 * A key as its owner holds it: `ek_<id>_<secret>`. The secret has 192 random bits, so the hash only has to make a
 * stolen store useless; scrypt (RFC 7914) with N = 2^14 also holds where somebody chose a weak one by hand.
 */
export interface NewKey {
  readonly id: string;
  /** Shown once. */
  readonly token: string;
  readonly hash: string;
}

const COST = { N: 16_384, r: 8, p: 1 } as const;
const BYTES = 32;
const TOKEN = /^ek_([0-9a-f]{12})_([A-Za-z0-9_-]{32})$/;

/** In a thread of its own: it takes tens of milliseconds, in which this one may have predictions to serve. */
function derive(secret: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, BYTES, COST, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

export async function newKey(): Promise<NewKey> {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(24).toString('base64url');
  const salt = randomBytes(16);
  return {
    id,
    token: `ek_${id}_${secret}`,
    hash: `scrypt$${COST.N}$${salt.toString('base64url')}$${(await derive(secret, salt)).toString('base64url')}`,
  };
}

/** @throws EvenkeelError unauthorized for what is not a key at all */
export function readToken(token: string): { readonly id: string; readonly secret: string } {
  const [, id, secret] = TOKEN.exec(token) ?? [];
  if (id === undefined || secret === undefined) {
    throw new EvenkeelError('unauthorized', 'a key looks like ek_<id>_<secret>');
  }
  return { id, secret };
}

/** Compares in constant time. */
export async function matches(secret: string, hash: string): Promise<boolean> {
  const [kind, cost, salt, derived] = hash.split('$');
  if (kind !== 'scrypt' || Number(cost) !== COST.N || salt === undefined || derived === undefined)
    return false;
  const wanted = Buffer.from(derived, 'base64url');
  const given = await derive(secret, Buffer.from(salt, 'base64url'));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
