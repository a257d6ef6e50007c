import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBreaker, type FakeClock, fakeClock, seededRandom } from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { breakerKey, openBreakerMemory } from './breaker-memory.ts';

let dir: string;
let file: string;
let clock: FakeClock;
let problems: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'evenkeel-breakers-'));
  file = join(dir, 'breakers.json');
  clock = fakeClock();
  problems = [];
});
afterEach(() => rm(dir, { recursive: true }));

const host = () => ({ clock, timers: clock, random: seededRandom(1) });
const open = () => openBreakerMemory(file, host(), (reason) => problems.push(reason));
const options = { policy: { kind: 'consecutive', failures: 1 }, recoveryMs: 30_000, jitter: 0 } as const;
const key = breakerKey('mail', 'primary', { url: 'http://127.0.0.1:1' });

async function endWithOpenBreaker(): Promise<void> {
  const memory = await open();
  const breaker = createBreaker(options, host());
  memory.keep(key, breaker);
  breaker.failure(breaker.tryAcquire());
  expect(breaker.admits()).toBe('no');
  await memory.close();
}

describe('breakers over a restart', () => {
  it('that were open stay open for what is left of their recovery, and are probed then', async () => {
    await endWithOpenBreaker();
    clock.advance(10_000);
    const breaker = createBreaker(options, { ...host(), restored: (await open()).restored(key) });
    expect(breaker.admits()).toBe('no');
    expect(breaker.snapshot().retryInMs).toBe(20_000);
    clock.advance(20_000);
    expect(breaker.admits()).toBe('probe');
  });

  it('are written while the process runs, too: it may be killed', async () => {
    const memory = await open();
    const breaker = createBreaker(options, host());
    memory.keep(key, breaker);
    breaker.failure(breaker.tryAcquire());
    clock.advance(5_000);
    await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toContain('"state":"open"');
    await memory.close();
  });

  it('are forgotten once they have closed', async () => {
    await endWithOpenBreaker();
    const memory = await open();
    const breaker = createBreaker({ ...options, probes: 1 }, { ...host(), restored: memory.restored(key) });
    memory.keep(key, breaker);
    clock.advance(30_000);
    breaker.success(breaker.tryAcquire(), 1);
    await memory.close();
    expect((await open()).restored(key)).toBeUndefined();
  });

  it('are found again by the same model only: one that has moved starts afresh', async () => {
    await endWithOpenBreaker();
    const memory = await open();
    expect(memory.restored(breakerKey('mail', 'primary', { url: 'http://127.0.0.1:2' }))).toBeUndefined();
    expect(memory.restored(breakerKey('other', 'primary', { url: 'http://127.0.0.1:1' }))).toBeUndefined();
    expect(memory.restored(key)).toBeDefined();
  });

  it('are carried over from the running one when a file is read anew', async () => {
    const memory = await open();
    const breaker = createBreaker(options, host());
    memory.keep(key, breaker);
    breaker.failure(breaker.tryAcquire());
    const next = createBreaker(options, { ...host(), restored: memory.restored(key) });
    expect(next.admits()).toBe('no');
  });

  it('are not believed after a quarter of an hour, nor from the future', async () => {
    await endWithOpenBreaker();
    clock.advance(15 * 60_000 + 1);
    expect((await open()).restored(key)).toBeUndefined();
    await writeFile(file, JSON.stringify({ version: 1, savedAt: clock.wall() + 1_000, breakers: {} }));
    expect((await open()).restored(key)).toBeUndefined();
    expect(problems).toEqual([]);
  });

  it.each([
    ['cut in the middle', '{"version":1,"savedAt":'],
    ['of another version', '{"version":2,"savedAt":0,"breakers":{}}'],
    ['of something else', '[]'],
    ['with a state that is none', 'STATE'],
  ])('of a file %s are none, and it is said', async (_, text) => {
    const broken = {
      version: 1,
      savedAt: clock.wall(),
      breakers: { [key]: { version: 1, state: 'ajar', manual: 'none', reason: 'x', recoveryMs: 1 } },
    };
    await writeFile(file, text === 'STATE' ? JSON.stringify(broken) : text);
    expect((await open()).restored(key)).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining(file)]);
  });
});
