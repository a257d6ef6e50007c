import { type Clock, EvenkeelError } from '@evenkeel/core';
import type { KeyRow, Keys, Role } from '@evenkeel/store';
import { z } from 'zod';
import { noBody, noQuery, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import { newKey } from '../auth/secret.ts';

const ROLES = ['viewer', 'operator', 'admin'] as const;
const DAY_MS = 86_400_000;
const keyInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: z.enum(ROLES),
  days: z
    .number()
    .positive()
    .max(3_650)
    .optional()
    .describe('Expires after so many days; never unless said.'),
});

function shown({ hash: _, ...key }: KeyRow): Omit<KeyRow, 'hash'> {
  return key;
}

/** Makes a key and keeps its hash; the token is in the answer and nowhere else. */
export async function issueKey(
  keys: Keys,
  wanted: { readonly name: string; readonly role: Role; readonly days?: number | undefined },
  by: string,
  now: number,
): Promise<{ readonly key: Omit<KeyRow, 'hash'>; readonly token: string }> {
  const { id, token, hash } = await newKey();
  const key: KeyRow = {
    id,
    name: wanted.name,
    role: wanted.role,
    hash,
    createdAt: now,
    createdBy: by,
    expiresAt: wanted.days === undefined ? undefined : now + wanted.days * DAY_MS,
    revokedAt: undefined,
  };
  await keys.add(key);
  return { key: shown(key), token };
}

export function keyRoutes(keys: Keys, clock: Clock, audit: Recorder): readonly Route[] {
  const now = (): number => Math.round(clock.wall());
  return [
    read({
      path: '/api/v1/keys',
      role: 'admin',
      tag: 'keys',
      summary: 'The keys, without their secrets.',
      query: noQuery,
      handle: async () => ({ keys: (await keys.list()).map(shown) }),
    }),
    write({
      method: 'post',
      path: '/api/v1/keys',
      role: 'admin',
      tag: 'keys',
      summary: 'Makes a key; the answer shows it once.',
      status: 201,
      body: keyInput,
      async handle(wanted, { caller }) {
        const made = await issueKey(keys, wanted, caller.name, now());
        await audit(caller, 'key.add', made.key.id, undefined, { name: wanted.name, role: wanted.role });
        return made;
      },
    }),
    write({
      method: 'delete',
      path: '/api/v1/keys/{id}',
      role: 'admin',
      tag: 'keys',
      summary: 'Revokes a key.',
      body: noBody,
      async handle(_, { params, caller }) {
        const { id = '' } = params;
        if (!(await keys.revoke(id, now()))) {
          throw new EvenkeelError('not_found', `no key ${id}, or it was revoked before`);
        }
        await audit(caller, 'key.revoke', id, undefined, {});
        return undefined;
      },
    }),
  ];
}
