import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@evenkeel/core';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppliedMigration, MIGRATIONS, pendingMigrations } from './migrations.ts';
import { openStore } from './open-store.ts';

const known = MIGRATIONS.sqlite;
const applied = known.map(({ version, name, checksum }): AppliedMigration => ({ version, name, checksum }));

describe('pendingMigrations', () => {
  it('gives what is left, in order', () => {
    expect(pendingMigrations(known, [], 'f').map((step) => step.version)).toEqual(
      known.map((step) => step.version),
    );
    expect(pendingMigrations(known, applied.slice(0, 2), 'f')).toEqual(known.slice(2));
    expect(pendingMigrations(known, applied, 'f')).toEqual([]);
  });

  it('refuses a newer schema, an edited step and a gap, by name', () => {
    const newer = [...applied, { version: known.length + 1, name: 'later', checksum: 'c' }];
    expect(() => pendingMigrations(known, newer, 'the file')).toThrow(
      `the file has schema ${known.length + 1}, this program knows up to ${known.length}`,
    );
    const edited = applied.map((step) => (step.version === 2 ? { ...step, checksum: 'other' } : step));
    expect(() => pendingMigrations(known, edited, 'f')).toThrow('step 2 of the schema (rollups and series)');
    expect(() => pendingMigrations(known, applied.toSpliced(2, 1), 'f')).toThrow('step 3');
  });

  it('says the same in both dialects but for the types', () => {
    expect(MIGRATIONS.postgres.map((step) => step.name)).toEqual(known.map((step) => step.name));
    for (const { statements } of [...known, ...MIGRATIONS.postgres]) {
      for (const ddl of statements) expect(ddl).not.toContain('$');
    }
  });
});

describe('files of SQLite', () => {
  let dir: string;
  let file: string;
  const host = { clock: fakeClock() };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'evenkeel-migrations-'));
    file = join(dir, 'store.db');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function change(sql: string): void {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  }

  it('of the first release are brought up, with their rows', async () => {
    // As the first release made it: no table of steps, the number in the file alone.
    change(`create table queue_item (
        id text primary key, service text not null,
        kind text not null check (kind in ('hold', 'review')),
        request_id text not null, tenant text not null, created_at integer not null, reason text not null,
        content text, content_until integer, label text, score real,
        state text not null check (state in ('waiting', 'decided')),
        verdict text, decided_by text, decided_at integer, note text
      ) strict;
      create index queue_item_waiting on queue_item (service, state, created_at);
      create index queue_item_content on queue_item (content_until) where content_until is not null;
      insert into queue_item (id, service, kind, request_id, tenant, created_at, reason, content, state)
        values ('q-1', 'moderation', 'hold', 'req-1', 'acme', 5, 'down', '{"a":1}', 'waiting');
      pragma user_version = 1;`);
    const store = await openStore({ kind: 'sqlite', file }, host);
    expect(await store.queues.get('q-1')).toMatchObject({ content: { a: 1 }, createdAt: 5 });
    expect(await store.health()).toMatchObject({ ok: true, schemaVersion: known.length });
    await store.close();
    // And once more: nothing is left to do.
    await (await openStore({ kind: 'sqlite', file }, host)).close();
  });

  it('of a newer program are refused, and left alone', async () => {
    await (await openStore({ kind: 'sqlite', file }, host)).close();
    change(`insert into schema_migration values (${known.length + 1}, 'later', 'c', 0)`);
    const refused = openStore({ kind: 'sqlite', file }, host);
    await expect(refused).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('use the evenkeel that wrote it'),
    });
    change(`delete from schema_migration where version > ${known.length}`);
    await (await openStore({ kind: 'sqlite', file }, host)).close();
  });

  it('with a step that was edited are refused', async () => {
    await (await openStore({ kind: 'sqlite', file }, host)).close();
    change("update schema_migration set checksum = 'x' where version = 3");
    await expect(openStore({ kind: 'sqlite', file }, host)).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it('that would have to change are refused by a tool beside the server', async () => {
    await expect(openStore({ kind: 'sqlite', file, beside: true }, host)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('start evenkeel once'),
    });
  });

  it('that are no database are refused with a reason', async () => {
    const text = join(dir, 'text.db');
    (await import('node:fs')).writeFileSync(
      text,
      'not a database, but long enough to look like one '.repeat(50),
    );
    await expect(openStore({ kind: 'sqlite', file: text }, host)).rejects.toThrow(/not a database/);
  });
});
