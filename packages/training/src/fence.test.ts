import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileFences } from './fence.ts';

let dir = '';
let now = 1_000_000;
const fences = () =>
  fileFences(join(dir, 'fence'), {
    ttlMs: 30_000,
    wall: () => now,
    pause: async (ms) => {
      now += ms;
    },
  });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-fence-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('fileFences', () => {
  it('gives a run to one supervisor, and to the next after it was released, with a higher token', async () => {
    const first = await fences().take();
    expect(first).toMatchObject({ token: 1, tookOver: false });
    await expect(fences().take()).rejects.toThrow(/another supervisor has this run: process \d+/);
    await first.release();
    expect(await fences().take()).toMatchObject({ token: 2, tookOver: false });
    expect(await first.beat()).toBe(false);
  });

  it('gives it to one of several that come at the same moment', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => fences().take()));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  const claim = (holder: unknown): void => {
    mkdirSync(join(dir, 'fence'), { recursive: true });
    writeFileSync(
      join(dir, 'fence', '00000001'),
      typeof holder === 'string' ? holder : JSON.stringify(holder),
    );
  };

  it('takes over from a process that is gone, at once', async () => {
    const { hostname } = await import('node:os');
    claim({ pid: process.pid, startTicks: 1, host: hostname(), boot: 'an earlier boot' });
    const before = now;
    expect(await fences().take()).toMatchObject({ token: 2, tookOver: true });
    expect(now).toBe(before);
  });

  it('waits out the silence of another machine, over several looks, and hears a sign of life in between', async () => {
    claim({ pid: 1, host: 'elsewhere', boot: 'x' });
    const beat = join(dir, 'fence', 'beat.json');
    writeFileSync(beat, JSON.stringify({ token: 1, at: now - 10_000 }));
    await expect(fences().take()).rejects.toThrow(/10 s ago/);
    writeFileSync(beat, JSON.stringify({ token: 1, at: now - 40_000 }));
    const before = now;
    expect(await fences().take()).toMatchObject({ token: 2, tookOver: true });
    expect(now - before).toBeGreaterThanOrEqual(20_000);
  });

  it('does not take an unreadable claim for a death', async () => {
    claim('{"pid": 12');
    writeFileSync(join(dir, 'fence', 'beat.json'), JSON.stringify({ token: 1, at: now - 5 }));
    await expect(fences().take()).rejects.toThrow(/sign of life/);
  });
});
