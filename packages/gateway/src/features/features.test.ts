import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Clock, Timers } from '@evenkeel/core';
import { expect, it } from 'vitest';
import { fakeBreaker } from './fakes.test.support.ts';
import { createFeastSource, createFeatureReader } from './index.ts';

const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };
const timers: Timers = {
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

it('goes on with last known values when a real feature server dies in the middle', async () => {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const { entities } = JSON.parse(body);
      asked.push(entities.sender);
      const stamp = entities.sender.map(() => new Date(Date.now() - 5_000).toISOString());
      const statuses = entities.sender.map(() => 'PRESENT');
      const seen = entities.sender.map((name: string) => name.length);
      response.end(
        JSON.stringify({
          metadata: { feature_names: ['seen'] },
          results: [{ values: seen, statuses, event_timestamps: stamp }],
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const source = createFeastSource({ url: `http://127.0.0.1:${port}`, features: ['sender_history:seen'] });
  const reader = createFeatureReader(
    { entities: ['sender'], timeoutMs: 5_000 },
    { clock, timers, source, breaker: fakeBreaker().breaker },
  );
  const read = (sender: string) => reader.read({ sender }, undefined, 10_000);

  const readings = await Promise.all(['a', 'bb', 'a', 'ccc'].map(read));
  expect(readings.map((r) => [r.fresh, r.set?.values.seen])).toEqual([
    [true, 1],
    [true, 2],
    [true, 1],
    [true, 3],
  ]);
  expect(asked).toEqual([['a', 'bb', 'ccc']]);

  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const after = await read('bb');
  expect(after).toMatchObject({ fresh: false, set: { values: { seen: 2 }, source: 'cache' } });
  expect(after.set?.ageMs).toBeGreaterThanOrEqual(5_000);
  expect(after.reason).toMatch(/^feature source failed: .+; last known value is \d+ s old$/);
  expect(await read('dddd')).toMatchObject({ set: undefined, fresh: false });
  await reader.close();
});
