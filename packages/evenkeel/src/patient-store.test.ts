import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvenkeelError, type FakeClock, fakeClock } from '@evenkeel/core';
import { openStore, type Store } from '@evenkeel/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { patientStore } from './patient-store.ts';

let dir: string;
let clock: FakeClock;
let said: string[];
let opens: number;
/** What opening comes to, the next times; then it succeeds. */
let problems: Error[];

const away = (): Error => new EvenkeelError('internal', 'connection refused', { status: 503 });
const open = async (): Promise<Store> => {
  opens += 1;
  const problem = problems.shift();
  if (problem !== undefined) throw problem;
  return openStore({ kind: 'sqlite', file: join(dir, 'evenkeel.db') }, { clock });
};
const make = (): Promise<Store> =>
  patientStore(open, clock, (what, reason) => said.push(`${what}: ${reason}`));

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-patient-'));
  clock = fakeClock();
  said = [];
  opens = 0;
  problems = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a store that one can begin without', () => {
  it('is the store itself where that is there', async () => {
    const store = await make();
    expect(store.dialect).toBe('sqlite');
    expect(said).toEqual([]);
    await store.close();
  });

  it('rejects as a store that is away, until it has come', async () => {
    problems = [away(), away()];
    const store = await make();
    await expect(store.directives.active(0)).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('connection refused'),
    });
    expect(await store.health()).toMatchObject({ ok: false });
    let woken = false;
    const changed = store.changed('directives', new AbortController().signal).then(() => {
      woken = true;
    });
    await clock.advanceAsync(1_000);
    expect(opens).toBe(2);
    expect(woken).toBe(false);
    clock.advance(1_000);
    await changed;
    expect(await store.directives.active(0)).toEqual([]);
    expect(said).toEqual([
      'serving begins without the store; it is tried again: connection refused',
      'the store has come: it answers',
    ]);
    await store.close();
  });

  it('is not waited for where waiting does not help, at the start or later', async () => {
    problems = [new EvenkeelError('config_invalid', 'the schema is newer than this program')];
    await expect(make()).rejects.toMatchObject({ code: 'config_invalid' });
    problems = [away(), new EvenkeelError('config_invalid', 'the schema is newer than this program')];
    const store = await make();
    await clock.advanceAsync(1_000);
    expect(said.at(-1)).toBe('the store cannot be used: the schema is newer than this program');
    await store.close();
  });

  it('that is closed before it has come is not opened any more', async () => {
    problems = [away()];
    const store = await make();
    const left = store.changed('directives', new AbortController().signal);
    await store.close();
    await left;
    clock.advance(10_000);
    expect(opens).toBe(1);
  });
});
