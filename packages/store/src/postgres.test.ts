import { fakeClock } from '@evenkeel/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { openPostgres } from './postgres.ts';
import { noPostgres, type PostgresServer, startPostgres } from './postgres-server.test.support.ts';
import type { AuditEntry, Store } from './store.ts';

const entry: AuditEntry = { at: 1, by: 'ann', action: 'a.b', subject: 's', service: undefined, detail: null };
const host = { clock: fakeClock() };
const TIMEOUT_MS = 600;

describe.skipIf(noPostgres() !== undefined)('a database of PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  let store: Store;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.end(), 60_000);
  beforeEach(async () => {
    url = await server.database();
    store = await openStore({ kind: 'postgres', url, timeoutMs: TIMEOUT_MS, connections: 3 }, host);
  });
  afterEach(() => store.close());

  /** Tries until it works, as a flusher would. */
  async function again(attempt: () => Promise<unknown>): Promise<void> {
    for (let left = 50; ; left--) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async function expectRefusals(): Promise<void> {
    const begun = performance.now();
    const attempts = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? store.audit.append([entry]) : store.keys.list())),
    );
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS * 2 + 500);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({
        status: 'rejected',
        reason: {
          isEvenkeelError: true,
          status: 503,
          message: expect.stringContaining('the store cannot be used now'),
        },
      });
    }
    expect(await store.health()).toMatchObject({ ok: false, schemaVersion: 7 });
  }

  /** What is written by another process is heard of at once: the connection that listens is back too. */
  async function expectHearing(): Promise<void> {
    const other = await openStore({ kind: 'postgres', url }, host);
    const abort = new AbortController();
    await again(async () => {
      const begun = performance.now();
      const heard = store.changed('documents', abort.signal).then(() => performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 30));
      const id = `d${Math.round(begun)}`;
      await other.documents.commit({
        puts: [
          {
            kind: 'state',
            id,
            service: '',
            state: '',
            label: '',
            createdAt: 0,
            updatedAt: 0,
            revision: 0,
            body: 1,
          },
        ],
        audit: [],
        outbox: [],
      });
      // A poll would have taken longer.
      expect(await heard).toBeLessThan(900);
    });
    await other.close();
  }

  it('that is stopped is refused in bounded time, and used again when it is back', async () => {
    await store.audit.append([entry]);
    const abort = new AbortController();
    await server.stop();
    await expectRefusals();
    await expect(openStore({ kind: 'postgres', url, timeoutMs: TIMEOUT_MS }, host)).rejects.toMatchObject({
      status: 503,
    });
    // Nobody who waits hangs for ever, and nothing rejects.
    await store.changed('facts', abort.signal);
    await server.start();
    await again(() => store.audit.append([entry]));
    expect(await store.audit.verify()).toEqual({ entries: 2, brokenAt: undefined });
    expect(await store.health()).toMatchObject({ ok: true });
    await expectHearing();
  });

  it('that hangs is refused in bounded time, and used again when it answers', async () => {
    await store.audit.append([entry]);
    server.freeze();
    try {
      await expectRefusals();
    } finally {
      server.thaw();
    }
    await again(() => store.audit.append([entry]));
    // What was sent before it hung may have been done: it was not acknowledged, and the chain is whole.
    const { entries, brokenAt } = await store.audit.verify();
    expect(entries).toBeGreaterThanOrEqual(2);
    expect(brokenAt).toBeUndefined();
    await expectHearing();
  });

  it('that crashes has all that was acknowledged', async () => {
    let acknowledged = 0;
    const writer = (async () => {
      for (;;) {
        await store.audit.append([{ ...entry, at: acknowledged + 1 }]);
        acknowledged += 1;
      }
    })().catch(() => {});
    while (acknowledged < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.kill();
    await writer;
    await server.start();
    await again(() => store.keys.list());
    const { entries, brokenAt } = await store.audit.verify();
    expect(brokenAt).toBeUndefined();
    expect(entries).toBeGreaterThanOrEqual(acknowledged);
    expect(entries).toBeLessThanOrEqual(acknowledged + 1);
  });

  it('waits for a lock no longer than an operation may take', async () => {
    const other = await openPostgres(url, { timeoutMs: 3_000 });
    const holding = other.run([
      { sql: 'select 1 from audit_head for update', params: [] },
      { sql: 'select pg_sleep(1.2)', params: [] },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(store.audit.append([entry])).rejects.toMatchObject({ status: 503 });
    await holding;
    await store.audit.append([entry]);
    await other.close();
  });

  it('is brought up once by many that start together', async () => {
    const fresh = await server.database();
    const stores = await Promise.all(
      Array.from({ length: 5 }, () => openStore({ kind: 'postgres', url: fresh }, host)),
    );
    await Promise.all(stores.map((each) => each.audit.append([entry])));
    expect(await stores[0]?.audit.verify()).toEqual({ entries: 5, brokenAt: undefined });
    await Promise.all(stores.map((each) => each.close()));
  });

  it('of a newer or changed schema is refused', async () => {
    const other = await openPostgres(url);
    await other.run([{ sql: "insert into schema_migration values (99, 'later', 'c', 0)", params: [] }]);
    await expect(openStore({ kind: 'postgres', url }, host)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('has schema 99'),
    });
    await other.run([{ sql: 'delete from schema_migration where version = 99', params: [] }]);
    await other.run([{ sql: "update schema_migration set checksum = 'x' where version = 2", params: [] }]);
    await expect(openStore({ kind: 'postgres', url }, host)).rejects.toMatchObject({
      code: 'config_invalid',
    });
    await other.close();
  });

  it('gives an id back after a deadlock, by repeating the operation', async () => {
    const other = await openPostgres(url);
    await other.run([{ sql: "insert into consumer (name, cursor) values ('a', 0), ('b', 0)", params: [] }]);
    const both = (first: string, second: string) => [
      { sql: 'update consumer set cursor = cursor + 1 where name = $1', params: [first] },
      { sql: 'select pg_sleep(0.3)', params: [] },
      { sql: 'update consumer set cursor = cursor + 1 where name = $1', params: [second] },
    ];
    await Promise.all([other.run(both('a', 'b')), other.run(both('b', 'a'))]);
    const [rows] = await other.run([{ sql: 'select name, cursor from consumer order by name', params: [] }]);
    expect(rows?.rows).toEqual([
      { name: 'a', cursor: 2 },
      { name: 'b', cursor: 2 },
    ]);
    await other.close();
  });

  it('is backed up by its own means', async () => {
    await expect(store.backup('/tmp/never')).rejects.toMatchObject({ code: 'bad_request' });
  });
});
