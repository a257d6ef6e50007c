import { createServer } from 'node:http';
import { loadServiceFile, type ServiceConfig } from '@evenkeel/config';
import { fakeClock } from '@evenkeel/core';
import { expect, it } from 'vitest';
import { heartbeat } from './heartbeat.ts';

function service(url: string): ServiceConfig {
  const loaded = loadServiceFile(
    JSON.stringify({
      evenkeel: 1,
      service: 'mail',
      type: 'content_moderation',
      owner: 'tests',
      ladder: [{ use: 'block', level: 'static_fallback', quality: 'none is let through' }],
      incidents: { heartbeat: { url, every: '1m', internal: true } },
    }),
    { path: 'mail.yaml', env: {} },
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.service;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

it('beats once a minute, says once that it is not heard, and when it is again', async () => {
  let beats = 0;
  let status = 200;
  const server = createServer((request, response) => {
    request.resume();
    beats += 1;
    response.writeHead(status);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
  const clock = fakeClock();
  const said: string[] = [];
  const { beat } = heartbeat({ configs: () => [service(url)], clock, tell: (what) => said.push(what) });
  const minute = async (): Promise<void> => {
    clock.advance(60_000);
    beat();
    beat();
    await settled();
  };
  await minute();
  expect([beats, said]).toEqual([1, []]);
  status = 500;
  await minute();
  await minute();
  expect([beats, said]).toEqual([3, ['mail: the heartbeat is not heard']]);
  status = 200;
  await minute();
  expect(said.at(-1)).toBe('mail: the heartbeat is heard again');
  server.close();
});
