import { getEventListeners } from 'node:events';
import { type FeatureReading, fakeClock } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import type { BatchTable } from './batch-table.ts';
import { callAt, fakeBreaker, fakeSource, row } from './fakes.test.support.ts';
import type { FeatureReaderOptions } from './feature-reader.ts';
import { createFeatureReader } from './feature-store.ts';
import type { KnownFeatures } from './known-features.ts';

function batchOf(rows: Readonly<Record<string, KnownFeatures>>): BatchTable {
  return {
    lookup: (entities) => rows[String(entities.sender)],
    snapshot: () => ({ file: 'f', rows: 1, loadedAt: 0, malformed: 0, problems: [], error: undefined }),
    refresh: () => Promise.resolve(),
    close: () => {},
  };
}

function rig(options: Partial<FeatureReaderOptions> = {}, batch?: BatchTable) {
  const clock = fakeClock(1_000_000);
  const source = fakeSource();
  const fake = fakeBreaker();
  const reader = createFeatureReader(
    { entities: ['sender'], timeoutMs: 60, maxAgeMs: 600_000, ...options },
    {
      clock,
      timers: clock,
      source,
      breaker: {
        ...fake.breaker,
        snapshot: () => {
          throw new Error('unused');
        },
      },
      defer: (fn) => void clock.after(0, fn),
      ...(batch === undefined ? {} : { batch }),
    },
  );
  const read = (
    sender: string,
    budgetMs = 400,
    signal?: AbortSignal,
  ): FeatureReading | Promise<FeatureReading> => reader.read({ sender }, signal, budgetMs);
  /** Reads one entity and has the source answer with this row. */
  async function seed(sender: string, answer = row(1)): Promise<FeatureReading> {
    const reading = read(sender);
    clock.advance(0);
    callAt(source, source.calls.length - 1).answer([answer]);
    return await reading;
  }
  return { clock, source, fake, reader, read, seed };
}

describe('a source that answers', () => {
  it('gives fresh values with the age of the oldest and the names without one', async () => {
    const { clock, seed } = rig();
    const wall = clock.wall();
    const reading = await seed('a', {
      values: [
        { name: 'seen', value: 5, status: 'present', eventTime: wall - 3_000 },
        { name: 'share', value: 0.5, status: 'present', eventTime: wall - 7_000 },
        { name: 'first', value: null, status: 'null', eventTime: wall - 99_000 },
        { name: 'odd', value: 1, status: 'invalid', eventTime: undefined },
      ],
    });
    expect(reading).toEqual({
      set: { values: { seen: 5, share: 0.5 }, source: 'online', ageMs: 7_000, missing: ['first', 'odd'] },
      fresh: true,
      reason: 'ok',
      durationMs: 0,
    });
  });

  it('does not take an unknown entity for a failure', async () => {
    const { seed, fake } = rig();
    const reading = await seed('nobody', row(null, undefined, 'not_found'));
    expect(reading).toMatchObject({ fresh: true, set: { values: {}, missing: ['seen'] } });
    expect(fake.votes).toEqual(['success 0']);
  });

  it('asks once for one entity and once for many', async () => {
    const { clock, source, read } = rig();
    const readings = [read('a'), read('a'), read('b')];
    clock.advance(0);
    expect(source.calls).toHaveLength(1);
    expect(callAt(source, 0).keys).toEqual([
      { key: 'a', values: { sender: 'a' } },
      { key: 'b', values: { sender: 'b' } },
    ]);
    callAt(source, 0).answer([row(1), row(2)]);
    const values = (await Promise.all(readings)).map((r) => r.set?.values.seen);
    expect(values).toEqual([1, 1, 2]);
  });

  it('keeps a failure of one entity to that entity', async () => {
    const { clock, source, fake, read } = rig();
    const readings = [read('a'), read('b')];
    clock.advance(0);
    callAt(source, 0).answer([{ values: [], failed: 'bad name' }, row(2)]);
    const [a, b] = await Promise.all(readings);
    expect(a).toMatchObject({ set: undefined, reason: expect.stringContaining('for this entity: bad name') });
    expect(b?.fresh).toBe(true);
    expect(fake.votes).toEqual(['success 0']);
  });
});

describe('values young enough', () => {
  it('are answered without a promise, a fetch or a new object within 10 ms', async () => {
    const { clock, source, read, seed, reader } = rig({ freshForMs: 1_000 });
    await seed('a');
    clock.advance(500);
    const hit = read('a');
    expect(hit).toEqual({
      set: { values: { seen: 1 }, source: 'cache', ageMs: 500, missing: [] },
      fresh: true,
      reason: 'ok',
      durationMs: 0,
    });
    clock.advance(9);
    expect(read('a')).toBe(hit);
    expect(reader.readCached({ sender: 'a' })).toBe(hit);
    clock.advance(1);
    expect(read('a')).toMatchObject({ set: { ageMs: 510 } });
    expect(source.calls).toHaveLength(1);
    clock.advance(490);
    expect(read('a')).toBeInstanceOf(Promise);
  });

  it('are young by their arrival, whatever their event time', async () => {
    const { clock, read, seed } = rig({ freshForMs: 1_000 });
    await seed('a', row(1, clock.wall() - 5_000_000));
    expect(read('a')).toMatchObject({ fresh: true, set: { ageMs: 5_000_000 } });
  });
});

describe('a source that fails', () => {
  it('leaves the last known value, with its age and the reason', async () => {
    const { clock, fake, read, seed } = rig();
    await seed('a');
    clock.advance(40_940);
    const reading = read('a');
    await clock.advanceAsync(60);
    expect(await reading).toEqual({
      set: { values: { seen: 1 }, source: 'cache', ageMs: 41_000, missing: [] },
      fresh: false,
      reason: 'feature source timed out after 60 ms; last known value is 41 s old',
      durationMs: 60,
    });
    expect(fake.votes).toEqual(['success 0', 'failure 60']);
  });

  it('does not let the wall clock change an age', async () => {
    const { clock, read, seed, fake } = rig();
    await seed('a', row(1, clock.wall() - 1_000));
    clock.stepWall(86_400_000);
    clock.advance(1_000);
    fake.admits = 'no';
    expect(read('a')).toMatchObject({ set: { ageMs: 2_000 } });
    clock.stepWall(-172_800_000);
    expect(read('a')).toMatchObject({ set: { ageMs: 2_000 } });
  });

  it('does not use last known values over their age, counted from the event time', async () => {
    const { clock, read, seed, fake } = rig();
    await seed('a', row(1, clock.wall() - 590_000));
    fake.admits = 'no';
    clock.advance(10_000);
    expect(read('a')).toMatchObject({ set: { ageMs: 600_000 }, fresh: false });
    clock.advance(1);
    expect(read('a')).toEqual({
      set: undefined,
      fresh: false,
      reason: 'the breaker of the feature source is open; last known value is 10 min old, more than 10 min',
      durationMs: 0,
    });
  });

  it('counts from arrival where told so', async () => {
    const { clock, read, seed, fake } = rig({ ageFrom: 'arrival' });
    await seed('a', row(1, clock.wall() - 9_000_000));
    fake.admits = 'no';
    clock.advance(1_000);
    expect(read('a')).toMatchObject({ set: { ageMs: 1_000 } });
  });

  it('goes on to the batch table when the last known value is too old or there is none', async () => {
    const known: KnownFeatures = {
      values: { seen: 9 },
      missing: ['share'],
      bornAt: 1_000_000 - 3 * 3_600_000,
      arrivedAt: 0,
      outdated: [],
    };
    const { read, fake, reader, clock } = rig({}, batchOf({ a: known }));
    fake.admits = 'no';
    const because = 'the breaker of the feature source is open; no last known value; ';
    expect(read('a')).toEqual({
      set: { values: { seen: 9 }, source: 'batch', ageMs: 3 * 3_600_000, missing: ['share'] },
      fresh: false,
      reason: `${because}batch value is 3 h old`,
      durationMs: 0,
    });
    expect(read('b')).toMatchObject({ set: undefined, reason: `${because}not in the batch table` });
    clock.advance(22 * 3_600_000);
    expect(read('a')).toMatchObject({
      set: undefined,
      reason: `${because}batch value is 25 h old, more than 24 h`,
    });
    expect(reader.readCached({ sender: 'c' }).reason).toBe(
      'the feature source was not asked; no last known value; not in the batch table',
    );
  });

  it('is not asked at all while the breaker is open, and the answer needs no waiting', async () => {
    const { source, read, seed, fake } = rig();
    await seed('a');
    fake.admits = 'no';
    expect(read('a')).not.toBeInstanceOf(Promise);
    expect(source.calls).toHaveLength(1);
  });

  it('gets as many probes as the breaker has permits', async () => {
    const { clock, source, read, fake } = rig();
    fake.admits = 'probe';
    fake.permits = 1;
    const first = read('a');
    clock.advance(0);
    const second = read('b');
    clock.advance(0);
    expect(source.calls).toHaveLength(1);
    expect(await second).toMatchObject({ reason: expect.stringContaining('breaker') });
    callAt(source, 0).answer([row(1)]);
    expect((await first).fresh).toBe(true);
  });
});

describe('values that the source calls outdated', () => {
  it('are served as cached ones with their age while that is within max age', async () => {
    const { clock, seed, read } = rig({ freshForMs: 60_000 });
    const reading = await seed('a', row(1, clock.wall() - 300_000, 'outside_max_age'));
    expect(reading).toEqual({
      set: { values: { seen: 1 }, source: 'cache', ageMs: 300_000, missing: [] },
      fresh: false,
      reason: 'feature source calls seen outside its max age; oldest value is 5 min old',
      durationMs: 0,
    });
    expect(read('a')).toBeInstanceOf(Promise);
  });

  it('are as old as their event says, wherever other ages are counted from', async () => {
    const { clock, seed } = rig({ ageFrom: 'arrival' });
    const reading = await seed('a', row(1, clock.wall() - 300_000, 'outside_max_age'));
    expect(reading.set?.ageMs).toBe(300_000);
  });

  it('do not push out a value that is still good', async () => {
    const { clock, seed } = rig();
    await seed('a');
    const reading = await seed('a', row(2, clock.wall() - 700_000, 'outside_max_age'));
    expect(reading).toMatchObject({ fresh: false, set: { values: { seen: 1 } } });
  });

  it.each([700_000, undefined])('are not served when %s ms old', async (age) => {
    const { clock, seed } = rig();
    const reading = await seed(
      'a',
      row(1, age === undefined ? undefined : clock.wall() - age, 'outside_max_age'),
    );
    expect(reading).toMatchObject({
      set: undefined,
      fresh: false,
      reason: 'feature source calls seen outside its max age; no last known value',
    });
  });

  it('make the whole answer a cached one, without the value that is too old', async () => {
    const { clock, seed } = rig();
    const reading = await seed('a', {
      values: [
        { name: 'seen', value: 1, status: 'present', eventTime: clock.wall() - 1_000 },
        { name: 'share', value: 2, status: 'outside_max_age', eventTime: clock.wall() - 700_000 },
      ],
    });
    expect(reading).toMatchObject({
      fresh: false,
      set: { values: { seen: 1 }, missing: ['share'], ageMs: 1_000 },
    });
  });
});

describe('a caller', () => {
  it('that leaves takes nothing from the others, and the answer is kept', async () => {
    const { clock, source, fake, read, reader } = rig();
    const controller = new AbortController();
    const leaving = read('a', 400, controller.signal);
    const staying = read('a');
    clock.advance(0);
    controller.abort();
    expect(await leaving).toMatchObject({
      set: undefined,
      reason: expect.stringContaining('stopped waiting'),
    });
    expect(callAt(source, 0).signal.aborted).toBe(false);
    callAt(source, 0).answer([row(1)]);
    expect((await staying).fresh).toBe(true);
    expect(reader.readCached({ sender: 'a' }).set?.values).toEqual({ seen: 1 });
    expect(fake.votes).toEqual(['success 0']);
  });

  it('with little time gets the next best in time, which is no vote against the source', async () => {
    const { clock, source, fake, read, seed } = rig();
    await seed('a');
    const reading = read('a', 20);
    await clock.advanceAsync(20);
    expect(await reading).toMatchObject({
      fresh: false,
      durationMs: 20,
      reason:
        'feature source did not answer within the 20 ms this request had for it; last known value is 20 ms old',
    });
    expect(fake.votes).toEqual(['success 0']);
    callAt(source, 1).answer([row(2)]);
    await clock.advanceAsync(0);
    expect(fake.votes).toEqual(['success 0', 'success 20']);
    expect(clock.pending()).toBe(0);
  });

  it('leaves no timer and no listener behind once it is answered', async () => {
    const { clock, source, read } = rig();
    const { signal } = new AbortController();
    const hurried = read('a', 20, signal);
    clock.advance(0);
    // The source's time-out and the caller's own.
    expect(clock.pending()).toBe(2);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    callAt(source, 0).answer([row(1)]);
    await hurried;
    expect(clock.pending()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    void read('b', 60);
    clock.advance(0);
    // Nobody needs a timer of their own for what the source's time-out ends anyway.
    expect(clock.pending()).toBe(1);
  });

  it.each([0, -5, Number.NaN])('with %s ms left is answered at once', (budgetMs) => {
    const { source, read } = rig();
    expect(read('a', budgetMs)).toMatchObject({ reason: expect.stringContaining('no time was left') });
    expect(source.calls).toHaveLength(0);
  });

  it('whose signal is aborted already is answered at once', () => {
    expect(rig().read('a', 400, AbortSignal.abort())).toMatchObject({ fresh: false });
  });

  it('that names no entity is told which one', () => {
    const { reader } = rig();
    expect(reader.read({}, undefined, 400)).toMatchObject({
      set: undefined,
      reason: 'the request names no sender',
    });
    expect(reader.readCached({})).toMatchObject({ reason: 'the request names no sender' });
  });
});

describe('housekeeping', () => {
  it('keeps no more entities than told', async () => {
    const { reader, seed } = rig({ cacheEntries: 2 });
    for (const sender of ['a', 'b', 'c']) await seed(sender);
    expect(reader.readCached({ sender: 'a' }).set).toBeUndefined();
    expect(reader.readCached({ sender: 'c' }).set).toBeDefined();
  });

  it('counts', async () => {
    const clock = fakeClock(1_000);
    const source = fakeSource();
    const fake = fakeBreaker();
    const snapshot = { state: 'closed', reason: 'never tripped' };
    const breaker = Object.assign(fake.breaker, { snapshot: () => snapshot });
    const reader = createFeatureReader(
      { entities: ['e'], freshForMs: 100 },
      { clock, timers: clock, source, breaker, defer: (fn) => void clock.after(0, fn) },
    );
    const pair = [reader.read({ e: 'a' }, undefined, 400), reader.read({ e: 'a' }, undefined, 400)];
    clock.advance(0);
    callAt(source, 0).answer([row(1)]);
    await Promise.all(pair);
    await reader.read({ e: 'a' }, undefined, 400);
    clock.advance(200);
    reader.readCached({ e: 'a' });
    reader.readCached({ e: 'b' });
    const late = reader.read({ e: 'a' }, undefined, 400);
    await clock.advanceAsync(60);
    await late;
    expect(reader.snapshot()).toMatchObject({
      fetched: 2,
      singleFlight: 1,
      hits: 1,
      stale: 2,
      empty: 1,
      fetches: 2,
      keys: 2,
      failures: 1,
      timeouts: 1,
      refused: 0,
      pending: 0,
      entries: 1,
      capacity: 50_000,
      oldestMs: 260,
      breaker: snapshot,
      batch: undefined,
    });
  });

  it('closes its source, ends what is on its way and goes on with what is known', async () => {
    const { clock, source, read, seed, reader, fake } = rig();
    await seed('a');
    const waiting = read('a');
    clock.advance(0);
    await reader.close();
    expect(await waiting).toMatchObject({ fresh: false, set: { values: { seen: 1 } } });
    expect(source.closed).toBe(true);
    expect(read('a')).toMatchObject({ reason: expect.stringContaining('was closed') });
    expect(fake.votes).toEqual(['success 0', 'release']);
  });
});
