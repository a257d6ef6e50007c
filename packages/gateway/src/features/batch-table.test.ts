import { mkdtemp, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BatchTable, openBatchTable } from './batch-table.ts';

let folder = '';
let open: BatchTable[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batch-table-'));
});
afterEach(async () => {
  for (const table of open) table.close();
  open = [];
  await rm(folder, { recursive: true });
});

async function tableOf(name: string, text: string, mtime = new Date('2026-01-01T00:00:00Z')) {
  const file = join(folder, name);
  const write = async (next: string, at: Date): Promise<void> => {
    await writeFile(file, next);
    await utimes(file, at, at);
  };
  await write(text, mtime);
  const clock = fakeClock(5_000, Date.UTC(2026, 0, 1, 2));
  const table = await openBatchTable({ file, key: 'sender' }, { clock, timers: clock });
  open.push(table);
  return { file, write, clock, table };
}

describe('openBatchTable', () => {
  it('finds rows by the entity, with the age of as_of or else of the file', async () => {
    const { table, clock } = await tableOf(
      'senders.ndjson',
      '\uFEFF{"sender":"a","seen":1,"as_of":"2026-01-01T01:30:00Z"}\n{"sender":"b","seen":2}\r\n\n{"sender":7,"seen":3}',
    );
    const now = clock.now();
    expect(table.lookup({ sender: 'a' })).toMatchObject({ values: { seen: 1 }, bornAt: now - 1_800_000 });
    expect(table.lookup({ sender: 'b' })).toMatchObject({ values: { seen: 2 }, bornAt: now - 7_200_000 });
    expect(table.lookup({ sender: 7 })).toMatchObject({ values: { seen: 3 } });
    expect(table.lookup({ sender: 'nobody' })).toBeUndefined();
    expect(table.lookup({ other: 'a' })).toBeUndefined();
  });

  it('keeps the good lines and tells the numbers of the bad ones', async () => {
    const { table } = await tableOf('senders.csv', 'sender,seen\na,1\nb\n\n"c,2\nd,4\n');
    expect(table.snapshot()).toMatchObject({
      rows: 2,
      malformed: 2,
      problems: [
        { line: 3, message: '1 fields where the header has 2' },
        { line: 5, message: 'a quoted field is not closed on its line' },
      ],
      error: undefined,
    });
    expect(table.lookup({ sender: 'd' })?.values).toEqual({ seen: 4 });
  });

  it('does not open what is missing, too large or all bad', async () => {
    const clock = fakeClock();
    const host = { clock, timers: clock };
    await expect(openBatchTable({ file: join(folder, 'none'), key: 'k' }, host)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('ENOENT'),
    });
    const file = join(folder, 'bad.ndjson');
    await writeFile(file, 'x\ny\n');
    await expect(openBatchTable({ file, key: 'k' }, host)).rejects.toThrowError(
      'no good line in it; line 1: not JSON',
    );
    await expect(openBatchTable({ file, key: 'k', maxBytes: 3 }, host)).rejects.toThrowError(
      '4 bytes are more than',
    );
  });

  it('loads a changed file in the background', async () => {
    const { table, write, clock } = await tableOf('t.ndjson', '{"sender":"a","seen":1}\n');
    await write('{"sender":"a","seen":2}\n', new Date('2026-01-01T01:00:00Z'));
    clock.advance(4_999);
    expect(table.lookup({ sender: 'a' })?.values).toEqual({ seen: 1 });
    clock.advance(1);
    // The timer has started the same refresh that this waits for.
    await table.refresh();
    expect(table.lookup({ sender: 'a' })?.values).toEqual({ seen: 2 });
    await clock.advanceAsync(0);
    expect(clock.pending()).toBe(1);
    const { loadedAt } = table.snapshot();
    clock.advance(1_000);
    await table.refresh();
    expect(table.snapshot().loadedAt).toBe(loadedAt);
    table.close();
    expect(clock.pending()).toBe(0);
  });

  it('goes on with the old table when the new file is bad or gone, and says why', async () => {
    const { table, write, file } = await tableOf('t.ndjson', '{"sender":"a","seen":1}\n');
    await write('{"sender":\n', new Date('2026-01-01T01:00:00Z'));
    await table.refresh();
    expect(table.snapshot().error).toBe('no good line in it; line 1: not JSON');
    expect(table.lookup({ sender: 'a' })?.values).toEqual({ seen: 1 });
    await table.refresh();
    expect(table.snapshot().error).toBe('no good line in it; line 1: not JSON');
    await unlink(file);
    await table.refresh();
    expect(table.snapshot().error).toContain('ENOENT');
    await write('{"sender":"a","seen":3}\n', new Date('2026-01-01T02:00:00Z'));
    await table.refresh();
    expect(table.snapshot().error).toBeUndefined();
    expect(table.lookup({ sender: 'a' })?.values).toEqual({ seen: 3 });
  });
});
