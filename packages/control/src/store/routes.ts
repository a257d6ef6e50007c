import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { EvenkeelError } from '@evenkeel/core';
import type { Store } from '@evenkeel/store';
import { z } from 'zod';
import { noQuery, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';

const backupInput = z.strictObject({
  file: z
    .string()
    .min(1)
    .max(4_096)
    .refine(isAbsolute, 'expected an absolute path: this process may stand in another folder than you'),
});

export function storeRoutes(
  store: Store,
  audit: Recorder,
  behind: () => string | undefined,
): readonly Route[] {
  return [
    read({
      path: '/api/v1/health',
      role: 'operator',
      tag: 'process',
      summary: 'How the store and what is in it stand; looks at everything, so it may take a while.',
      query: noQuery,
      handle: async () => ({
        store: await store.health(),
        dialect: store.dialect,
        integrity: await store.integrity(),
        behind: behind() ?? null,
      }),
    }),
    write({
      method: 'post',
      path: '/api/v1/backups',
      role: 'admin',
      tag: 'process',
      summary: 'Writes a consistent copy of the embedded database to a file that is not there yet.',
      status: 201,
      body: backupInput,
      async handle({ file }, { caller }) {
        if (statSync(file, { throwIfNoEntry: false }) !== undefined) {
          throw new EvenkeelError('conflict', `${file} is there already: it is not overwritten`);
        }
        await store.backup(file);
        await audit(caller, 'store.backup', file, undefined, {});
        return { file, bytes: statSync(file).size };
      },
    }),
  ];
}
