import { describe, expect, it } from 'vitest';
import { createBatcher } from './batcher.ts';
import type { EntityKey } from './source.ts';

function rig(maxBatch = 10) {
  const deferred: (() => void)[] = [];
  const runs: {
    keys: string[];
    answer: (results: readonly (string | Error)[]) => void;
    fail: (e: unknown) => void;
  }[] = [];
  const batcher = createBatcher<string>(
    { maxBatch, defer: (fn) => void deferred.push(fn) },
    (entities) =>
      new Promise((answer, fail) => {
        runs.push({ keys: entities.map((e) => e.key), answer, fail });
      }),
  );
  const tick = (): void => {
    for (const fn of deferred.splice(0)) fn();
  };
  const load = (key: string): Promise<string> =>
    batcher.load({ key, values: { e: key } } satisfies EntityKey);
  return { batcher, runs, tick, load };
}

describe('createBatcher', () => {
  it('makes one call of the loads of one turn', async () => {
    const { runs, tick, load, batcher } = rig();
    const all = Promise.all([load('a'), load('b'), load('c')]);
    expect(runs).toHaveLength(0);
    tick();
    expect(runs.map((r) => r.keys)).toEqual([['a', 'b', 'c']]);
    runs[0]?.answer(['A', 'B', 'C']);
    expect(await all).toEqual(['A', 'B', 'C']);
    expect(batcher.counts()).toEqual({ batches: 1, keys: 3, joined: 0, pending: 0 });
  });

  it('shares one fetch between loads of one key, gathered or on its way', async () => {
    const { runs, tick, load, batcher } = rig();
    const first = load('a');
    const gathered = load('a');
    tick();
    const later = load('a');
    tick();
    expect(runs).toHaveLength(1);
    runs[0]?.answer(['A']);
    expect(await Promise.all([first, gathered, later])).toEqual(['A', 'A', 'A']);
    expect(batcher.counts().joined).toBe(2);
  });

  it('fetches anew once the answer is there', async () => {
    const { runs, tick, load } = rig();
    const first = load('a');
    tick();
    runs[0]?.answer(['A']);
    await first;
    void load('a');
    tick();
    expect(runs).toHaveLength(2);
  });

  it('sends a full batch at once and the rest later', () => {
    const { runs, tick, load } = rig(2);
    for (const key of ['a', 'b', 'c']) void load(key);
    expect(runs.map((r) => r.keys)).toEqual([['a', 'b']]);
    tick();
    expect(runs.map((r) => r.keys)).toEqual([['a', 'b'], ['c']]);
  });

  it('fails everybody in a failed batch, and the next load tries again', async () => {
    const { runs, tick, load } = rig();
    const all = Promise.allSettled([load('a'), load('b')]);
    tick();
    runs[0]?.fail(new Error('down'));
    expect((await all).map((r) => r.status)).toEqual(['rejected', 'rejected']);
    void load('a');
    tick();
    expect(runs).toHaveLength(2);
  });

  it('fails one entity alone', async () => {
    const { runs, tick, load } = rig();
    const all = Promise.allSettled([load('a'), load('b'), load('c')]);
    tick();
    runs[0]?.answer(['A', new Error('bad b')]);
    expect((await all).map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('leaves no rejection unhandled when nobody waits any more', async () => {
    const seen: unknown[] = [];
    const note = (reason: unknown): void => void seen.push(reason);
    process.on('unhandledRejection', note);
    try {
      const { runs, tick, load } = rig();
      void load('a');
      tick();
      runs[0]?.fail(new Error('down'));
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(seen).toEqual([]);
  });
});
