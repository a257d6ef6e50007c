import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueKey } from '@evenkeel/control';
import type { Clock } from '@evenkeel/core';
import type { Store } from '@evenkeel/store';
import { LOCAL_KEY_FILE } from './api-client.ts';

/**
 * The key of this machine's owner: made at the first start, kept in a file that only the owner can read, so that the command
 * line on the same machine needs no set-up.
 */
export async function localKey(store: Store, dataDir: string, clock: Clock): Promise<string> {
  const file = join(dataDir, LOCAL_KEY_FILE);
  if (existsSync(file)) {
    const token = readFileSync(file, 'utf8').trim();
    const id = token.split('_')[1] ?? '';
    const known = await store.keys.get(id);
    if (known !== undefined && known.revokedAt === undefined) return token;
  }
  const { token } = await issueKey(
    store.keys,
    { name: 'local', role: 'admin' },
    'first start',
    Math.round(clock.wall()),
  );
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}
