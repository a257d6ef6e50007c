import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedisSource } from './redis.ts';
import type { EntityKey, FeatureSource } from './source.ts';

const BINARY = [
  '/usr/bin/redis-server',
  '/usr/local/bin/redis-server',
  '/opt/homebrew/bin/redis-server',
].find((path) => existsSync(path));
const forever = new AbortController().signal;
const entity = (sender: string): EntityKey => ({ key: sender, values: { sender } });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Asks until the answer is true: these are real processes. */
async function until(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not come about within 5 s`);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function startRedis(port: number): Promise<ChildProcess> {
  const flags = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    tmpdir(),
  ];
  const child = spawn(BINARY ?? 'redis-server', flags, { stdio: 'ignore' });
  try {
    await until('redis-server', () => listens(port));
  } catch (error) {
    await stopRedis(child);
    throw error;
  }
  return child;
}

async function stopRedis(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function fill(port: number): Promise<void> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  await client.hSet('sender:a', {
    seen: '3',
    share: '0.25',
    vip: 'true',
    id: '007',
    at: '2026-01-01T00:00:00Z',
  });
  await client.hSet('sender:b', { seen: '1', at: '1767225600' });
  await client.set('sender:wrong', 'not a hash');
  client.destroy();
}

if (BINARY === undefined) {
  const missing = 'redis-server is not installed: the Redis feature source is NOT tested here';
  if (process.env.CI === 'true') {
    it('finds a redis-server', () => expect.fail(missing));
  } else {
    console.warn(`\n*** ${missing} (apt-get install redis-server) ***\n`);
    it.skip(missing, () => {});
  }
}

describe.skipIf(BINARY === undefined)('openRedisSource', () => {
  let port = 0;
  let server: ChildProcess;
  let source: FeatureSource;

  beforeAll(async () => {
    port = await freePort();
    server = await startRedis(port);
    await fill(port);
    source = await openRedisSource({
      url: `redis://127.0.0.1:${port}`,
      key: 'sender:{sender}',
      entities: ['sender'],
      fields: ['seen', 'share', 'vip', 'id'],
      timestamp: 'at',
    });
    await until('the connection', () => source.healthy(forever));
  });
  afterAll(async () => {
    await source.close();
    await stopRedis(server);
  });

  it('reads hashes in the order of the keys, with types and the time they were written', async () => {
    const rows = await source.fetch([entity('nobody'), entity('a'), entity('b')], forever, 1_000);
    const at = Date.UTC(2026, 0, 1);
    const value = (name: string, value: unknown, status: string, eventTime: number | undefined): object => ({
      name,
      value,
      status,
      eventTime,
    });
    expect(rows).toEqual([
      { values: ['seen', 'share', 'vip', 'id'].map((name) => value(name, null, 'not_found', undefined)) },
      {
        values: [
          value('seen', 3, 'present', at),
          value('share', 0.25, 'present', at),
          value('vip', true, 'present', at),
          value('id', '007', 'present', at),
        ],
      },
      {
        values: [
          value('seen', 1, 'present', at),
          value('share', null, 'null', at),
          value('vip', null, 'null', at),
          value('id', null, 'null', at),
        ],
      },
    ]);
  });

  it('does without a timestamp', async () => {
    const plain = await openRedisSource({
      url: `redis://127.0.0.1:${port}`,
      key: 'sender:{sender}',
      entities: ['sender'],
      fields: ['seen'],
    });
    await until('the connection', () => plain.healthy(forever));
    expect(await plain.fetch([entity('a')], forever, 1_000)).toEqual([
      { values: [{ name: 'seen', value: 3, status: 'present', eventTime: undefined }] },
    ]);
    await plain.close();
    await expect(plain.fetch([entity('a')], forever, 1_000)).rejects.toThrowError('no connection to redis');
  });

  it('fails the entity whose key is something else, not its neighbours', async () => {
    const [wrong, a] = await source.fetch([entity('wrong'), entity('a')], forever, 1_000);
    expect(wrong?.failed).toContain('WRONGTYPE');
    expect(a?.failed).toBeUndefined();
    await expect(source.fetch([entity('wrong')], forever, 1_000)).rejects.toThrowError('WRONGTYPE');
  });

  it('stops waiting on a connection that has died silently, and replaces it', async () => {
    const sockets: Socket[] = [];
    const proxy = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      sockets.push(near, far);
      for (const socket of [near, far]) socket.on('error', () => {});
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const proxied = await openRedisSource({
      url: `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      key: 'sender:{sender}',
      entities: ['sender'],
      fields: ['seen'],
    });
    await until('the connection', () => proxied.healthy(forever));
    // From here on the one connection there is swallows everything; new ones work.
    for (const socket of sockets) socket.unpipe().pause();
    await expect(proxied.fetch([entity('a')], AbortSignal.timeout(50), 50)).rejects.toThrowError('in time');
    await expect(proxied.healthy(AbortSignal.timeout(50))).rejects.toThrowError('in time');
    await until('the new connection', () => proxied.healthy(AbortSignal.timeout(1_000)).catch(() => false));
    expect(await proxied.fetch([entity('a')], forever, 1_000)).toMatchObject([{ values: [{ value: 3 }] }]);
    await proxied.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });

  it('fails at once while the server is gone, and is back when it is', async () => {
    await stopRedis(server);
    await until('the loss', async () => !(await source.healthy(forever).catch(() => false)));
    await expect(source.fetch([entity('a')], forever, 1_000)).rejects.toThrowError('no connection to redis');
    server = await startRedis(port);
    await fill(port);
    await until('the connection', () => source.healthy(forever));
    const [a] = await source.fetch([entity('a')], forever, 1_000);
    expect(a?.values[0]?.value).toBe(3);
  });
});

describe('openRedisSource, without a server', () => {
  const options = { key: 'sender:{sender}', entities: ['sender'], fields: ['seen'] };

  it('opens, is not healthy, fails its calls at once and closes', async () => {
    const errors: unknown[] = [];
    const source = await openRedisSource({
      ...options,
      url: `redis://127.0.0.1:${await freePort()}`,
      onError: (error) => errors.push(error),
    });
    expect(await source.healthy(forever)).toBe(false);
    await expect(source.fetch([entity('a')], forever, 1_000)).rejects.toThrowError('no connection to redis');
    await until('an error', () => errors.length > 0);
    await source.close();
    await source.close();
  });

  it('does not show the URL it refuses', async () => {
    const opening = openRedisSource({ ...options, url: 'http://user:secret@127.0.0.1' });
    await expect(opening).rejects.toThrowError('expected redis://');
    await expect(opening).rejects.not.toThrowError('secret');
  });

  it('refuses a bad template', async () => {
    await expect(openRedisSource({ ...options, url: 'redis://127.0.0.1', key: 'x' })).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });
});
