import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { contract } from './contract.test.support.ts';
import { accessContract } from './contract-access.test.support.ts';
import { documentsContract } from './contract-documents.test.support.ts';
import { factsContract } from './contract-facts.test.support.ts';
import { seriesContract } from './contract-series.test.support.ts';
import { storeContract } from './contract-store.test.support.ts';
import { sweepContract } from './contract-sweep.test.support.ts';
import type { Database } from './database.ts';
import { openStore } from './open-store.ts';
import { openSqlite } from './sqlite.ts';

describe('SQLite', () => {
  const held = contract(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'evenkeel-store-'));
    let made = 0;
    return {
      async open(clock) {
        const file = join(dir, `${made++}`, 'store.db');
        const store = await openStore({ kind: 'sqlite', file }, { clock });
        let other: Promise<Database> | undefined;
        return {
          store,
          other() {
            other ??= openSqlite(file, { beside: true });
            return other;
          },
          second: () => openStore({ kind: 'sqlite', file, beside: true }, { clock }),
          async pass(ms) {
            clock.advance(ms);
            await new Promise((resolve) => setTimeout(resolve, 1));
          },
          async dispose() {
            await (await other)?.close();
          },
        };
      },
      async end() {
        rmSync(dir, { recursive: true });
      },
    };
  });
  factsContract(held);
  documentsContract(held);
  accessContract(held);
  seriesContract(held);
  storeContract(held);
  sweepContract(held);
});
