import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createFeastSource, type FeastOptions } from './feast.ts';
import type { EntityKey, FeatureSource } from './source.ts';

type Handler = (body: string, request: IncomingMessage, response: ServerResponse) => void;

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  opened.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function serverOf(handler: Handler): Server {
  return createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => handler(body, request, response));
  });
}

async function feast(
  handler: Handler,
  options: Partial<FeastOptions> = {},
  path = '',
): Promise<FeatureSource> {
  const port = await listen(serverOf(handler));
  const source = createFeastSource({
    url: `http://127.0.0.1:${port}${path}`,
    features: ['sender_history:seen'],
    ...options,
  });
  opened.unshift(() => source.close());
  return source;
}

const keys: EntityKey[] = [
  { key: 'a', values: { sender: 'a', shop: 7 } },
  { key: 'b', values: { sender: 'b', shop: 8 } },
];
const forever = new AbortController().signal;

const answer = JSON.stringify({
  metadata: { feature_names: ['sender', 'shop', 'seen'] },
  results: [
    {
      values: ['a', 'b'],
      statuses: ['PRESENT', 'PRESENT'],
      event_timestamps: ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    },
    {
      values: [7, 8],
      statuses: ['PRESENT', 'PRESENT'],
      event_timestamps: ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    },
    {
      values: [3, null],
      statuses: ['PRESENT', 'NOT_FOUND'],
      event_timestamps: ['2026-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    },
  ],
});

describe('createFeastSource', () => {
  it('asks for all entities in one call and reads the answer', async () => {
    const seen: unknown[] = [];
    const source = await feast(
      (body, request, response) => {
        seen.push(
          request.method,
          request.url,
          request.headers['content-type'],
          request.headers['x-key'],
          JSON.parse(body),
        );
        response.end(answer);
      },
      { headers: { 'x-key': 'k' } },
      '/store/',
    );
    expect(await source.fetch(keys, forever, 1_000)).toEqual([
      { values: [{ name: 'seen', value: 3, status: 'present', eventTime: Date.UTC(2026, 0, 1) }] },
      { values: [{ name: 'seen', value: null, status: 'not_found', eventTime: undefined }] },
    ]);
    expect(seen).toEqual([
      'POST',
      '/store/get-online-features',
      'application/json',
      'k',
      {
        features: ['sender_history:seen'],
        entities: { sender: ['a', 'b'], shop: [7, 8] },
        full_feature_names: false,
      },
    ]);
  });

  it('can name a feature service instead', async () => {
    let asked: unknown;
    const port = await listen(
      serverOf((body, _request, response) => {
        asked = JSON.parse(body);
        response.end(answer);
      }),
    );
    const source = createFeastSource({ url: `http://127.0.0.1:${port}`, featureService: 'mail_v1' });
    opened.unshift(() => source.close());
    await source.fetch(keys, forever, 1_000);
    expect(asked).toMatchObject({ feature_service: 'mail_v1' });
    expect(asked).not.toHaveProperty('features');
  });

  it('reaches the default port of Feast, which fetch does not', async (context) => {
    try {
      await listen(
        serverOf((_body, _request, response) => response.end(answer)),
        6566,
      );
    } catch {
      context.skip('port 6566 is taken');
    }
    const source = createFeastSource({ url: 'http://127.0.0.1:6566', features: ['v:f'] });
    opened.unshift(() => source.close());
    expect(await source.fetch(keys, forever, 1_000)).toHaveLength(2);
    await expect(fetch('http://127.0.0.1:6566/')).rejects.toThrowError();
  });

  it.each([
    [
      404,
      JSON.stringify(JSON.stringify({ class: 'E', message: 'no such view' })),
      'upstream_error',
      'status 404: E: no such view',
    ],
    [500, '"boom"', 'upstream_error', 'status 500: boom'],
    [502, '<html>bad</html>', 'upstream_error', 'status 502: <html>bad</html>'],
    [200, '<html>fine</html>', 'upstream_malformed', 'the answer is not JSON'],
    [200, '', 'upstream_malformed', 'the answer is not JSON'],
    [200, '{}', 'upstream_malformed', 'not an answer of a Feast feature server'],
  ])('rejects status %d with %s', async (status, body, code, message) => {
    const source = await feast((_body, _request, response) => {
      response.statusCode = status;
      response.end(body);
    });
    await expect(source.fetch(keys, forever, 1_000)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('does not read an answer without end', async () => {
    const source = await feast((_body, _request, response) => response.end('x'.repeat(5_000)), {
      maxBodyBytes: 4_096,
    });
    await expect(source.fetch(keys, forever, 1_000)).rejects.toThrowError('larger than 4096 bytes');
  });

  it('stops when its signal does, before the headers and in the body', async () => {
    const arrived: (() => void)[] = [];
    const silent = await feast(() => arrived.shift()?.());
    const stalling = await feast((_body, _request, response) => {
      response.write('{');
      arrived.shift()?.();
    });
    for (const source of [silent, stalling]) {
      const controller = new AbortController();
      const asked = new Promise<void>((resolve) => arrived.push(resolve));
      const call = source.fetch(keys, controller.signal, 60_000);
      const rejected = expect(call).rejects.toThrowError('enough');
      await asked;
      controller.abort(new Error('enough'));
      await rejected;
    }
  });

  it('rejects when nobody listens or the answer breaks off', async () => {
    const gone = createServer();
    const port = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    const source = createFeastSource({ url: `http://127.0.0.1:${port}`, features: ['v:f'] });
    opened.unshift(() => source.close());
    await expect(source.fetch(keys, forever, 1_000)).rejects.toThrowError('ECONNREFUSED');
    const cut = await feast((_body, _request, response) => {
      response.setHeader('content-length', '1000');
      response.write('{"metadata":');
      setImmediate(() => response.destroy());
    });
    await expect(cut.fetch(keys, forever, 1_000)).rejects.toThrowError();
  });

  it('asks for its health', async () => {
    let status = 200;
    const source = await feast((_body, request, response) => {
      response.statusCode = request.url === '/health' ? status : 404;
      response.end('{}');
    });
    expect(await source.healthy(forever)).toBe(true);
    status = 503;
    expect(await source.healthy(forever)).toBe(false);
  });

  it.each([
    [{ url: 'http://h', features: ['a'], featureService: 's' }, 'exactly one of'],
    [{ url: 'http://h' }, 'exactly one of'],
    [{ url: 'h:1', features: ['a'] }, 'not an http or https URL'],
    [{ url: 'nonsense', features: ['a'] }, 'not an http or https URL'],
  ])('refuses %j', (options, message) => {
    expect(() => createFeastSource(options)).toThrowError(message);
  });
});
