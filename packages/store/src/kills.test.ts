import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killRound } from './kills.test.support.ts';
import type { StoreTarget } from './open-store.ts';
import { noPostgres, startPostgres } from './postgres-server.test.support.ts';

// A sample; `node packages/store/scripts/kills.mjs` does a hundred.
async function rounds(target: StoreTarget): Promise<void> {
  for (const [round, afterMs] of [40, 150, 320].entries()) {
    const result = await killRound(target, round, afterMs);
    expect(result).toMatchObject({ lost: 0, doubled: 0, problems: [] });
    expect(result.acknowledged).toBeGreaterThan(0);
  }
}

describe('a process that is killed loses and doubles nothing that was acknowledged', () => {
  it('on SQLite', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'evenkeel-kills-'));
    try {
      await rounds({ kind: 'sqlite', file: join(dir, 'store.db') });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it.skipIf(noPostgres() !== undefined)('on PostgreSQL', async () => {
    const server = await startPostgres();
    try {
      await rounds({ kind: 'postgres', url: await server.database() });
    } finally {
      await server.end();
    }
  });
});
