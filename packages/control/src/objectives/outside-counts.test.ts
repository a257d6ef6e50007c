import type { Counts } from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FILE, START, type WholeApi, wholeApi } from '../api/whole-api.test.support.ts';

const HOUR = 3_600_000;
const file = {
  ...FILE,
  objectives: {
    quality: { category: 'quality', baseline: '97%', allowed_degradation: '3%', window: '30d' },
    checks: { category: 'availability', indicator: { pushed: 'checks' }, target: '99%', window: '7d' },
  },
};

let api: WholeApi;
let key: string;

beforeEach(async () => {
  api = await wholeApi({ file });
  key = (await api.key('sender', 'operator')).token;
});
afterEach(() => api.close());

async function predicted(id: string, label: string | undefined, at: number = START - HOUR): Promise<void> {
  const rest = { tenant: 't', level: 'full_service', model: 'm', version: '1', score: 0.9, confidence: 0.9 };
  await api.store.predictions.append(
    [{ id, service: 'mail', at, replica: 'r', label, extra: {}, ...rest }],
    [],
  );
}

async function send(noun: string, items: readonly object[]): Promise<void> {
  const text = items.map((item) => JSON.stringify({ service: 'mail', ...item })).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await api.call('POST', `/api/v1/${noun}`, { key, text, headers });
  expect(answer.json, answer.text).toMatchObject({ refused: [] });
}
const label = (id: string, request: string, said: string) => ({ id, request, label: said });

const shape = z.object({ counts: z.object({ good: z.number(), total: z.number() }) });
async function counts(objective: string): Promise<Counts> {
  await api.plane.tick();
  const { json } = await api.call('GET', `/api/v1/objectives/mail/${objective}`);
  return shape.parse(json).counts;
}

describe('labels', () => {
  it('count once each in the minute of their prediction', async () => {
    for (const [id, said] of [
      ['p1', 'spam'],
      ['p2', 'ham'],
      ['p3', 'spam'],
    ] as const)
      await predicted(id, said);
    await send('feedback', [label('f1', 'p1', 'spam'), label('f2', 'p2', 'spam'), label('f3', 'p3', 'spam')]);
    expect(await counts('quality')).toEqual({ good: 2, total: 3 });
    const { json } = await api.call('GET', `/api/v1/objectives/mail/quality/series?from=${START - 2 * HOUR}`);
    expect(json).toMatchObject({ points: [{ at: START - HOUR, good: 2, total: 3 }] });
  });

  it('that come twice change nothing, by the same id or another', async () => {
    await predicted('p1', 'spam');
    await send('feedback', [label('f1', 'p1', 'spam')]);
    expect(await counts('quality')).toEqual({ good: 1, total: 1 });
    await send('feedback', [label('f1', 'p1', 'spam'), label('f2', 'p1', 'spam')]);
    expect(await counts('quality')).toEqual({ good: 1, total: 1 });
  });

  it('that are corrected take back what they gave, however often', async () => {
    await predicted('p1', 'spam');
    for (let i = 0; i < 60; i++) await send('feedback', [label(`f${i}`, 'p1', i % 2 === 0 ? 'spam' : 'ham')]);
    // What comes after many corrections of one prediction is somebody playing: the counts stay counts.
    const { good, total } = await counts('quality');
    expect(total).toBe(1);
    expect([0, 1]).toContain(good);
    await predicted('p2', 'ham');
    await send('feedback', [label('g1', 'p2', 'spam')]);
    const before = await counts('quality');
    await send('feedback', [label('g2', 'p2', 'ham')]);
    expect(await counts('quality')).toEqual({ good: before.good + 1, total: 2 });
  });

  it('of a prediction that is not known count nowhere, and hold nobody up for long', async () => {
    await predicted('p1', 'spam');
    await send('feedback', [label('f0', 'nobody', 'spam'), label('f1', 'p1', 'spam')]);
    // It may be on its way still: what came after it waits a few seconds.
    expect(await counts('quality')).toEqual({ good: 0, total: 0 });
    api.clock.advance(5_000);
    expect(await counts('quality')).toEqual({ good: 1, total: 1 });
  });

  it('of a prediction that was on its way are counted when it has arrived', async () => {
    await send('feedback', [label('f1', 'p1', 'spam')]);
    expect(await counts('quality')).toEqual({ good: 0, total: 0 });
    await predicted('p1', 'spam');
    expect(await counts('quality')).toEqual({ good: 1, total: 1 });
  });

  it('of an answer that predicted nothing were neither right nor wrong; a rating is no label', async () => {
    await predicted('held', undefined);
    await predicted('p1', 'ham');
    await send('feedback', [label('f1', 'held', 'spam'), { id: 'f2', request: 'p1', rating: 5 }]);
    expect(await counts('quality')).toEqual({ good: 0, total: 0 });
    await send('feedback', [label('f3', 'p1', 'ham')]);
    expect(await counts('quality')).toEqual({ good: 1, total: 1 });
  });

  it('that contradict under the same id do not count', async () => {
    await predicted('p1', 'spam');
    await send('feedback', [label('f1', 'p1', 'spam')]);
    await send('feedback', [label('f1', 'p1', 'ham')]);
    expect(await counts('quality')).toEqual({ good: 1, total: 1 });
  });
});

describe('signals', () => {
  it('count by name, at the time of their sender, once each', async () => {
    const hour = { at: START - HOUR, name: 'checks' };
    await send('signals', [
      { id: 's1', verdict: 'good', ...hour },
      { id: 's2', verdict: 'bad', ...hour },
      { id: 's3', good: 95, total: 100, ...hour },
      { id: 's1', verdict: 'good', ...hour },
      { id: 's4', verdict: 'bad', at: START - HOUR, name: 'others' },
      { id: 's5', value: 3, ...hour },
      { id: 'old', verdict: 'bad', at: START - 8 * 24 * HOUR, name: 'checks' },
      { id: 'ahead', verdict: 'bad', at: START + 200_000, name: 'checks' },
    ]);
    expect(await counts('checks')).toEqual({ good: 96, total: 102 });
    api.clock.advance(240_000);
    expect(await counts('checks')).toEqual({ good: 96, total: 103 });
  });

  it('as large as they may be do not spoil the sums', async () => {
    const big = { good: 1e12 - 1, total: 1e12, name: 'checks' };
    await send('signals', [
      { id: 's1', ...big },
      { id: 's2', ...big },
    ]);
    await api.plane.tick();
    api.clock.advance(60_000);
    expect(await counts('checks')).toEqual({ good: 2e12 - 2, total: 2e12 });
  });

  it('and labels of before a restart are counted once', async () => {
    await predicted('p1', 'spam');
    await send('signals', [{ id: 's1', verdict: 'good', name: 'checks', at: START - HOUR }]);
    await send('feedback', [label('f1', 'p1', 'spam')]);
    await counts('checks');
    const again = await wholeApi({ file, store: api.store });
    await send('signals', [{ id: 's2', verdict: 'good', name: 'checks', at: START - HOUR }]);
    await again.plane.tick();
    const { json } = await again.call('GET', '/api/v1/objectives/mail/checks');
    expect(shape.parse(json).counts).toEqual({ good: 2, total: 2 });
    const quality = await again.call('GET', '/api/v1/objectives/mail/quality');
    expect(shape.parse(quality.json).counts).toEqual({ good: 1, total: 1 });
  });
});

describe('a second control process', () => {
  it('shows what the first counts, counts nothing itself, and goes on exactly where that one ends', async () => {
    const other = await wholeApi({ file, store: api.store, holder: 'second' });
    const seen = async (): Promise<Counts> => {
      await other.plane.tick();
      const { json } = await other.call('GET', '/api/v1/objectives/mail/checks');
      return shape.parse(json).counts;
    };
    const one = (id: string) => ({ id, verdict: 'good', name: 'checks', at: START - HOUR });
    await send('signals', [one('s1'), one('s2')]);
    expect(await counts('checks')).toEqual({ good: 2, total: 2 });
    expect(await seen()).toEqual({ good: 2, total: 2 });
    await send('signals', [one('s3')]);
    expect(await counts('checks')).toEqual({ good: 3, total: 3 });
    other.clock.advance(2_000);
    expect(await seen()).toEqual({ good: 3, total: 3 });
    // The first falls silent: its lease ends by the clock of the store.
    api.clock.stepWall(11_000);
    await send('signals', [one('s4')]);
    other.clock.advance(2_000);
    expect(await seen()).toEqual({ good: 4, total: 4 });
    // It wakes up again, and must not write what it still holds.
    await send('signals', [one('s5')]);
    await api.plane.tick();
    expect(await seen()).toEqual({ good: 5, total: 5 });
    api.clock.advance(2_000);
    expect(await counts('checks')).toEqual({ good: 5, total: 5 });
    await other.plane.close();
  });
});

describe('excluded time', () => {
  it('added at one process is taken out at the one that counts, and a bad rule in the store stops nobody', async () => {
    await api.store.facts.add([
      {
        kind: 'exclusion',
        service: 'mail',
        id: 'odd',
        at: START,
        arrivedAt: START,
        by: 'somebody',
        request: undefined,
        body: { from: START - HOUR, to: START, rrule: 'FREQ=SOMETIMES', reason: 'an older version took it' },
      },
    ]);
    await send('signals', [{ id: 's1', good: 1, total: 2, name: 'checks', at: START - 2 * HOUR }]);
    await send('signals', [{ id: 's2', good: 3, total: 3, name: 'checks', at: START - HOUR / 2 }]);
    expect(await counts('checks')).toEqual({ good: 4, total: 5 });
    const hours = { from: START - 3 * HOUR, to: START - HOUR };
    await send('exclusions', [{ id: 'e1', reason: 'the database moved', ...hours }]);
    expect(await counts('checks')).toEqual({ good: 3, total: 3 });
    const { json } = await api.call('GET', '/api/v1/objectives/mail/checks');
    expect(json).toMatchObject({ raw: { counts: { good: 4, total: 5 } } });
  });
});
