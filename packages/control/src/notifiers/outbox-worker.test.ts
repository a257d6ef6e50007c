import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeClock, fakeClock, seededRandom } from '@evenkeel/core';
import { type OutboxPut, openStore, type Store } from '@evenkeel/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery, Notification, Notifier } from './notification.ts';
import { type OutboxWorker, outboxWorker, type WorkerEvent } from './outbox-worker.ts';
import { AT, notification } from './receiver.test.support.ts';

/** A destination that answers as it is told, and remembers what it was sent. */
interface Fake extends Notifier {
  readonly got: string[];
  how: (notification: Notification, signal: AbortSignal) => Delivery | Promise<Delivery>;
}
const SENT: Delivery = { kind: 'sent', detail: 'ok' };
const LATER: Delivery = { kind: 'retry', reason: 'HTTP 503', afterMs: undefined };
const NEVER: Delivery = { kind: 'dead', reason: 'HTTP 400' };

function fake(name: string): Fake {
  const one: Fake = {
    name,
    got: [],
    how: () => SENT,
    async send(notification, signal) {
      one.got.push(notification.id);
      return one.how(notification, signal);
    },
  };
  return one;
}

let dir: string;
let store: Store;
let clock: FakeClock;
let worker: OutboxWorker;
let events: WorkerEvent[];
let a: Fake;
let b: Fake;

function work(): OutboxWorker {
  return outboxWorker({
    outbox: store.outbox,
    notifiers: () =>
      new Map([
        ['a', a],
        ['b', b],
      ]),
    clock,
    timers: clock,
    random: seededRandom(7),
    onEvent: (event) => events.push(event),
  });
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'evenkeel-outbox-'));
  clock = fakeClock(0, AT);
  store = await openStore({ kind: 'sqlite', file: join(dir, 'evenkeel.db') }, { clock });
  events = [];
  a = fake('a');
  b = fake('b');
  worker = work();
});
afterEach(async () => {
  await worker.close();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function put(
  ...messages: readonly (readonly [id: string, destination: string, stream: string])[]
): Promise<void> {
  const outbox = messages.map(
    ([id, destination, stream]): OutboxPut => ({
      id,
      destination,
      stream: `${stream}/${destination}`,
      body: notification({ id }),
      createdAt: Math.round(clock.wall()),
    }),
  );
  await store.documents.commit({ puts: [], audit: [], outbox });
}

/** Moves the clock and lets what became due be tried. */
async function after(ms: number): Promise<void> {
  clock.advance(ms);
  // The round that the clock has started in the middle of the way, and one at its end.
  await worker.run();
  await worker.run();
}

describe('the outbox worker', () => {
  it('sends a stream in its order, and other streams beside it', async () => {
    await put(['1', 'a', 'x'], ['2', 'a', 'x'], ['3', 'a', 'x'], ['4', 'a', 'y'], ['5', 'b', 'x']);
    await worker.run();
    expect(a.got).toEqual(['1', '4']);
    expect(b.got).toEqual(['5']);
    await worker.run();
    await worker.run();
    expect(a.got).toEqual(['1', '4', '2', '3']);
    expect((await store.outbox.list({ state: 'sent', limit: 10 })).length).toBe(5);
  });

  it('lets nothing of a stream overtake what has to wait', async () => {
    let failing = true;
    a.how = ({ id }) => (failing && id === '1' ? LATER : SENT);
    await put(['1', 'a', 'x'], ['2', 'a', 'x'], ['3', 'a', 'y']);
    await worker.run();
    await worker.run();
    expect(a.got).toEqual(['1', '3']);
    failing = false;
    await after(3_000);
    await worker.run();
    expect(a.got).toEqual(['1', '3', '1', '2']);
  });

  it('waits longer after each failure, at most about five minutes, and as long as it was asked to', async () => {
    a.how = () => LATER;
    await put(['1', 'a', 'x']);
    const waits: number[] = [];
    for (let i = 0; i < 14; i++) {
      await after(0);
      const [row] = await store.outbox.list({ limit: 1 });
      waits.push((row?.nextAt ?? 0) - clock.wall());
      clock.advance(Math.max(30_000, waits.at(-1) ?? 0));
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
    expect(waits[0]).toBeLessThanOrEqual(2_001);
    expect(Math.max(...waits)).toBeLessThanOrEqual(301_000);
    expect(Math.max(...waits.slice(-5))).toBeGreaterThan(Math.max(...waits.slice(0, 3)));
    a.how = () => ({ ...LATER, afterMs: 1_800_000 });
    await put(['2', 'a', 'y']);
    for (let i = 0; i < 20 && !a.got.includes('2'); i++) await after(60_000);
    const row = (await store.outbox.list({ limit: 10 })).find(({ id }) => id === '2');
    expect(row?.nextAt).toBeGreaterThanOrEqual(clock.wall() + 1_800_000 - 60_000);
  });

  it('leaves a destination alone that fails and fails, without counting that as attempts; others go on', async () => {
    a.how = () => LATER;
    const many = Array.from({ length: 12 }, (_, i) => [`a${i}`, 'a', `s${i}`] as const);
    await put(...many);
    await worker.run();
    const tried = a.got.length;
    expect(tried).toBeGreaterThanOrEqual(5);
    for (let i = 0; i < 8; i++) {
      await put([`b${i}`, 'b', `s${i}`]);
      await after(1_000);
    }
    // Five in a row and it is left alone for half a minute; those that were on their way with them are all there is.
    expect(a.got.length).toBeLessThanOrEqual(12);
    expect(b.got).toHaveLength(8);
    const attempts = (await store.outbox.list({ destination: 'a', limit: 20 })).map((row) => row.attempts);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(2);
    expect(attempts.reduce((sum, one) => sum + one, 0)).toBe(a.got.length);
    a.how = () => SENT;
    for (let i = 0; i < 90; i++) await after(1_000);
    expect((await store.outbox.list({ destination: 'a', state: 'sent', limit: 20 })).length).toBe(12);
  });

  it('gives up what was turned down, goes on with the stream, and sends it again when it is told to', async () => {
    a.how = ({ id }) => (id === '1' ? NEVER : SENT);
    await put(['1', 'a', 'x'], ['2', 'a', 'x']);
    await worker.run();
    await worker.run();
    expect(a.got).toEqual(['1', '2']);
    const [dead] = await store.outbox.list({ state: 'dead', limit: 10 });
    expect(dead).toMatchObject({ id: '1', lastError: 'HTTP 400', attempts: 1 });
    a.how = () => SENT;
    expect(await store.outbox.revive('1', clock.wall())).toBe(true);
    expect(await store.outbox.revive('1', clock.wall())).toBe(false);
    await worker.run();
    expect(a.got).toEqual(['1', '2', '1']);
    expect(await store.outbox.list({ state: 'dead', limit: 10 })).toEqual([]);
  });

  it('gives up after about a day, in words', async () => {
    a.how = () => LATER;
    await put(['1', 'a', 'x']);
    for (let i = 0; i < 1_200 && (await store.outbox.list({ state: 'dead', limit: 1 })).length === 0; i++)
      await after(301_000);
    const [dead] = await store.outbox.list({ state: 'dead', limit: 1 });
    expect(dead).toMatchObject({ attempts: 300, lastError: 'given up after 300 attempts: HTTP 503' });
    expect(a.got).toHaveLength(300);
  });

  it('gives up what is for nobody that the file names, and what is no notification', async () => {
    await put(['1', 'gone', 'x']);
    const broken = { id: '2', destination: 'a', stream: 'y', body: { not: 'one' }, createdAt: AT };
    await store.documents.commit({ puts: [], audit: [], outbox: [broken] });
    await worker.run();
    expect(events.map(({ id, outcome }) => `${id} ${outcome}`).sort()).toEqual(['1 dead', '2 dead']);
    expect(a.got).toEqual([]);
  });

  it('that is killed between taking and noting leaves the message to the next, under the same id', async () => {
    a.how = () => new Promise(() => {});
    await put(['1', 'a', 'x'], ['2', 'a', 'x']);
    // It never comes back, as a killed process does not.
    void worker.run();
    while (a.got.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const next = work();
    await next.run();
    expect(a.got).toEqual(['1']);
    a.how = () => SENT;
    clock.stepWall(30_000);
    await next.run();
    await next.run();
    expect(a.got).toEqual(['1', '1', '2']);
    worker = next;
  });

  it('that ends in the middle notes what has arrived, and counts nothing as failed that it broke off itself', async () => {
    a.how = (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(SENT), { once: true }));
    b.how = (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
      );
    await put(['1', 'a', 'x'], ['2', 'b', 'x']);
    void worker.run();
    while (a.got.length + b.got.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await worker.close();
    const rows = await store.outbox.list({ limit: 10 });
    expect(rows.find(({ id }) => id === '1')).toMatchObject({ state: 'sent' });
    expect(rows.find(({ id }) => id === '2')).toMatchObject({ state: 'waiting', attempts: 0 });
  });

  it('sends each message once while two of them work side by side', async () => {
    const second = work();
    await put(...Array.from({ length: 40 }, (_, i) => [`m${i}`, i % 2 === 0 ? 'a' : 'b', `s${i}`] as const));
    for (let i = 0; i < 6; i++) await Promise.all([worker.run(), second.run()]);
    expect([...a.got, ...b.got].sort()).toEqual(Array.from({ length: 40 }, (_, i) => `m${i}`).sort());
    await second.close();
  });
});
