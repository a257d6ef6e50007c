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
import { openPostgres } from './postgres.ts';
import { noPostgres, startPostgres } from './postgres-server.test.support.ts';

describe.skipIf(noPostgres() !== undefined)('PostgreSQL', () => {
  const held = contract(async () => {
    const server = await startPostgres();
    return {
      async open(clock) {
        const url = await server.database();
        const store = await openStore({ kind: 'postgres', url }, { clock });
        let other: Promise<Database> | undefined;
        return {
          store,
          other() {
            other ??= openPostgres(url);
            return other;
          },
          second: () => openStore({ kind: 'postgres', url }, { clock }),
          async pass(ms) {
            clock.advance(ms);
            await new Promise((resolve) => setTimeout(resolve, ms));
          },
          async dispose() {
            await (await other)?.close();
          },
        };
      },
      end: () => server.end(),
    };
  });
  factsContract(held);
  documentsContract(held);
  accessContract(held);
  seriesContract(held);
  storeContract(held);
  sweepContract(held);
});
