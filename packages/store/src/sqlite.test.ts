import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeClock } from '@evenkeel/core';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { openSqlite } from './sqlite.ts';
import { restoreSqlite } from './sqlite-tasks.ts';
import { type SqliteThread, startThread } from './sqlite-thread.ts';
import type { AuditEntry, Store } from './store.ts';

const entry: AuditEntry = { at: 1, by: 'ann', action: 'a.b', subject: 's', service: undefined, detail: null };
const host = { clock: fakeClock() };
const opener = fileURLToPath(new URL('../dist/sqlite-process.test.support.js', import.meta.url));

/** A real second process, and the first line that it says. */
async function another(file: string): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn(process.execPath, [opener, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('exit', () => resolve('nothing'));
  });
  return { child, said };
}

const gone = (child: ChildProcess): Promise<unknown> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve();

describe('a database file', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'evenkeel-file-'));
    file = join(dir, 'store.db');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('belongs to one process, by name, until that one is gone, however it went', async () => {
    const first = await another(file);
    expect(first.said).toBe('open');
    const refused = openStore({ kind: 'sqlite', file }, host);
    await expect(refused).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`in use by process ${first.child.pid}`),
    });
    // A tool may look, and write, beside it.
    const tool = await openStore({ kind: 'sqlite', file, beside: true }, host);
    await tool.audit.append([entry]);
    await tool.close();
    first.child.kill('SIGKILL');
    await gone(first.child);
    const ours = await openStore({ kind: 'sqlite', file }, host);
    expect(await ours.audit.verify()).toEqual({ entries: 1, brokenAt: undefined });
    const third = await another(file);
    expect(third.said).toContain(`in use by process ${process.pid}`);
    await gone(third.child);
    await expect(openStore({ kind: 'sqlite', file }, host)).rejects.toMatchObject({ code: 'conflict' });
    await ours.audit.append([entry]);
    await ours.close();
    expect(existsSync(`${file}.pid`)).toBe(false);
    await (await openStore({ kind: 'sqlite', file }, host)).close();
  });

  describe('that cannot be written', () => {
    let store: Store;
    beforeEach(async () => {
      store = await openStore({ kind: 'sqlite', file, busyMs: 150 }, host);
    });
    afterEach(() => store.close());

    it('refuses in bounded time while somebody locks it, still reads, and recovers by itself', async () => {
      await store.audit.append([entry]);
      const other = new DatabaseSync(file);
      other.exec('begin immediate');
      const begun = performance.now();
      const attempts = await Promise.allSettled(
        Array.from({ length: 5 }, async (_, i) => {
          await new Promise((resolve) => setTimeout(resolve, i * 40));
          await store.audit.append([entry]);
        }),
      );
      expect(performance.now() - begun).toBeLessThan(2_000);
      for (const attempt of attempts) {
        expect(attempt).toMatchObject({
          status: 'rejected',
          reason: { isEvenkeelError: true, status: 503, message: expect.stringContaining('locked') },
        });
      }
      expect(await store.health()).toMatchObject({ ok: false, reason: expect.stringContaining('locked') });
      expect(await store.audit.list({ limit: 9 })).toHaveLength(1);
      other.exec('rollback');
      other.close();
      await store.audit.append([entry]);
      expect(await store.health()).toMatchObject({ ok: true });
      expect(await store.audit.verify()).toEqual({ entries: 2, brokenAt: undefined });
    });

    it('refuses while the disk is full, and recovers by itself', async () => {
      const database = await openSqlite(join(dir, 'small.db'));
      const body = 'x'.repeat(50_000);
      const fill = (id: string) =>
        database.run([
          {
            sql: 'insert into consumer_state (consumer, key, body) values (?, ?, ?)',
            params: ['c', id, new Uint8Array(Buffer.from(body))],
          },
        ]);
      await fill('a');
      await database.run([{ sql: 'pragma max_page_count = 60', params: [] }]);
      const results = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => fill(`b${i}`)));
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]).toMatchObject({ reason: { status: 503, message: expect.stringContaining('full') } });
      await database.run([{ sql: 'pragma max_page_count = 1000000', params: [] }]);
      await fill('c');
      const [kept] = await database.run([{ sql: 'select key from consumer_state', params: [] }]);
      expect(kept?.rows).toHaveLength(2 + results.length - refused.length);
      await database.close();
    });
  });

  it('on a disk that hangs is refused in bounded time, and used again when it answers', async () => {
    const database = await openSqlite(file, { timeoutMs: 250 });
    const slow = database.run([
      {
        sql: 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select max(i) from n',
        params: [],
      },
    ]);
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const write = { sql: "insert into consumer (name, cursor) values ('behind', 1)", params: [] };
    const behind = database.run([write]);
    for (const refused of await Promise.allSettled([slow, behind])) {
      expect(refused).toMatchObject({ status: 'rejected', reason: { status: 503 } });
    }
    expect(performance.now() - begun).toBeLessThan(1_000);
    let rows: unknown;
    while (rows === undefined) {
      rows = await database.run([{ sql: 'select name from consumer', params: [] }]).then(
        ([result]) => result?.rows,
        () => undefined,
      );
    }
    // What was refused while it waited was not done later.
    expect(rows).toEqual([]);
    await database.run([write]);
    await database.close();
  });

  it('gets another thread when its own is lost', async () => {
    const threads: SqliteThread[] = [];
    const database = await openSqlite(file, {}, async (options) => {
      const thread = await startThread(options);
      threads.push(thread);
      return thread;
    });
    const put = (name: string) =>
      database.run([{ sql: 'insert into consumer (name, cursor) values (?, 1)', params: [name] }]);
    await put('a');
    await threads[0]?.end();
    await expect(put('lost')).rejects.toMatchObject({ status: 503 });
    await put('b');
    const [result] = await database.run([{ sql: 'select name from consumer order by name', params: [] }]);
    expect(result?.rows).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(threads).toHaveLength(2);
    await database.close();
  });

  it('is copied whole while others write, and put back with checks', async () => {
    const store = await openStore({ kind: 'sqlite', file }, host);
    for (let i = 0; i < 20; i++) await store.audit.append([{ ...entry, at: i }]);
    const copy = join(dir, 'backup', 'copy.db');
    let writing = true;
    const writer = (async () => {
      while (writing) await store.audit.append([entry]);
    })();
    await store.backup(copy);
    writing = false;
    await writer;
    await expect(store.backup(copy)).rejects.toMatchObject({ code: 'conflict' });
    await expect(restoreSqlite(copy, file, { replace: true })).rejects.toMatchObject({ code: 'conflict' });
    await store.close();
    await expect(restoreSqlite(copy, file)).rejects.toMatchObject({ code: 'conflict' });
    await restoreSqlite(copy, file, { replace: true });
    expect(existsSync(`${file}.replaced`)).toBe(true);
    const restored = await openStore({ kind: 'sqlite', file }, host);
    const { entries, brokenAt } = await restored.audit.verify();
    expect(entries).toBeGreaterThanOrEqual(20);
    expect(brokenAt).toBeUndefined();
    expect(await restored.integrity()).toEqual([]);
    await restored.close();

    const elsewhere = join(dir, 'other', 'store.db');
    await expect(restoreSqlite(join(dir, 'none.db'), elsewhere)).rejects.toMatchObject({ code: 'not_found' });
    const text = join(dir, 'text.db');
    writeFileSync(text, 'no database at all '.repeat(100));
    await expect(restoreSqlite(text, elsewhere)).rejects.toMatchObject({ code: 'bad_request' });
    truncateSync(copy, 40_000);
    await expect(restoreSqlite(copy, elsewhere)).rejects.toMatchObject({ code: 'bad_request' });
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('that was damaged is told by integrity()', async () => {
    const store = await openStore({ kind: 'sqlite', file }, host);
    const rows = Array.from({ length: 400 }, (_, i) => ({ ...entry, subject: `${i}`.repeat(20) }));
    await store.audit.append(rows);
    await store.close();
    const { openSync, writeSync, closeSync } = await import('node:fs');
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(2_000, 0xee), 0, 2_000, 30 * 4_096);
    closeSync(handle);
    const damaged = await openStore({ kind: 'sqlite', file }, host);
    expect((await damaged.integrity()).length).toBeGreaterThan(0);
    await damaged.close();
  });

  it('commits what arrives together, together', async () => {
    const store = await openStore({ kind: 'sqlite', file }, host);
    const begun = performance.now();
    await Promise.all(Array.from({ length: 3_000 }, (_, i) => store.directives.remove(`d${i}`)));
    // One at a time, each with its own fsync, would take tens of seconds.
    expect(performance.now() - begun).toBeLessThan(5_000);
    await store.close();
  });
});
