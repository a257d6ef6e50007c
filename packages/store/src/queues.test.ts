import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { type NewQueueItem, type Queues, queues } from './queues.ts';
import { openSqlite } from './sqlite.ts';

const item = (id: string, service = 'moderation'): NewQueueItem => ({
  id,
  service,
  kind: 'hold',
  requestId: `req-${id}`,
  tenant: 'acme',
  reason: 'every classifier is down',
  content: { text: 'hello' },
});

describe('queues', () => {
  let dir: string;
  let sqlite: Database;
  let held: Queues;
  const clock = fakeClock();

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'evenkeel-queues-'));
    sqlite = await openSqlite(join(dir, 'store.db'));
    held = queues(sqlite, clock);
  });
  afterEach(async () => {
    await sqlite.close();
    rmSync(dir, { recursive: true });
  });

  it('refuses what is over the capacity of the service, also when all arrive at once', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => held.put(item(`q-${String(i).padStart(2, '0')}`), 7)),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(13);
    expect(refused[0]).toMatchObject({ reason: { code: 'queue_full' } });
    expect(await held.figures('moderation')).toMatchObject({ waiting: 7 });
    await held.put(item('q-other', 'other'), 7);
  });

  it('lets one person decide, and tells the second who was first', async () => {
    await held.put(item('q-1'), 10);
    const decided = await held.decide('q-1', 'allow', 'ann', undefined, 1_000);
    expect(decided).toMatchObject({
      state: 'decided',
      verdict: 'allow',
      decidedBy: 'ann',
      content: { text: 'hello' },
    });
    await expect(held.decide('q-1', 'block', 'bob', undefined, 1_000)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('ann'),
    });
    await expect(held.decide('q-9', 'block', 'bob', undefined, 1_000)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('forgets the content when its time after the verdict is up, and not before', async () => {
    await held.put(item('q-1'), 10);
    await held.put(item('q-2'), 10);
    await held.decide('q-1', 'allow', 'ann', 'fine', 1_000);
    clock.advance(999);
    expect(await held.sweep()).toBe(0);
    clock.advance(1);
    expect(await held.sweep()).toBe(1);
    expect(await held.get('q-1')).toMatchObject({ content: undefined, verdict: 'allow', note: 'fine' });
    expect(await held.get('q-2')).toMatchObject({ content: { text: 'hello' }, state: 'waiting' });
  });

  it('keeps what was acknowledged over a restart, and pages through it in order', async () => {
    for (const id of ['q-3', 'q-1', 'q-2']) await held.put(item(id), 10);
    await sqlite.close();
    sqlite = await openSqlite(join(dir, 'store.db'));
    held = queues(sqlite, clock);
    const first = await held.list({ service: 'moderation', state: 'waiting', limit: 2 });
    expect(first.map((found) => found.id)).toEqual(['q-1', 'q-2']);
    const rest = await held.list({ service: 'moderation', limit: 2, after: 'q-2' });
    expect(rest.map((found) => found.id)).toEqual(['q-3']);
  });

  it('rejects an operation that fails and keeps those committed beside it', async () => {
    const good = held.put(item('q-1'), 10);
    const doubled = held.put(item('q-1'), 10);
    const other = held.put(item('q-2'), 10);
    await good;
    await other;
    await expect(doubled).rejects.toThrow(/UNIQUE/);
    expect(await held.figures('moderation')).toMatchObject({ waiting: 2 });
  });
});
