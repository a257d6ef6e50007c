import { connect } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultMock, startFaultMock } from './faults/mock.ts';
import { type Evenkeel, runEvenkeel, startEvenkeel, until } from './process/evenkeel.ts';

let mock: FaultMock;
let evenkeel: Evenkeel;

beforeAll(async () => {
  mock = await startFaultMock();
  evenkeel = await startEvenkeel(
    [
      {
        service: 'plain',
        type: 'custom',
        deadline: '300ms',
        max_deadline: '1s',
        limits: { body: '64KiB', depth: 32 },
        models: { m: { version: '1', json: { url: `${mock.url}/json/ok` } } },
        ladder: [{ level: 'full_service', model: 'm', budget: '250ms' }],
        callers: { may_set_priority_from: 'loopback' },
      },
      {
        service: 'strict',
        type: 'custom',
        models: { m: { version: '1', json: { url: `${mock.url}/json/ok` } } },
        ladder: [{ level: 'full_service', model: 'm', budget: '250ms' }],
        callers: { keys: [{ name: 'k', key: { env: 'STRICT_KEY' }, tenant: 'acme' }] },
      },
    ],
    { env: { STRICT_KEY: 'right-key' } },
  );
}, 60_000);
afterAll(async () => {
  await evenkeel.stop();
  await mock.close();
});

async function post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const answer = await request(`${evenkeel.gateway}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(text) };
}

/** Sends raw bytes and gives what comes back until the other side closes, or `ms` milliseconds are over. */
function raw(text: string, ms = 3_000): Promise<string> {
  const { port, hostname } = new URL(evenkeel.gateway);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let got = '';
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (piece) => {
      got += piece.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(got);
    });
  });
}

const good = '{"text":"hello"}';

describe('what is wrong with a request is said, and never a crash, a hang or a 500', () => {
  const rows: [string, string, string, Record<string, string>, number, RegExp][] = [
    ['malformed JSON', '/v1/predict/plain', '{"a":', {}, 400, /not valid JSON/],
    ['an empty body', '/v1/predict/plain', '', {}, 400, /empty/],
    ['a list', '/v1/predict/plain', '[1]', {}, 400, /expected an object/],
    ['a number', '/v1/predict/plain', '7', {}, 400, /expected an object/],
    ['null', '/v1/predict/plain', 'null', {}, 400, /expected an object/],
    [
      'deep nesting',
      '/v1/predict/plain',
      `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      {},
      400,
      /deeper than 32/,
    ],
    [
      'too large a body',
      '/v1/predict/plain',
      JSON.stringify({ a: 'x'.repeat(70_000) }),
      {},
      413,
      /more than 65536 bytes/,
    ],
    ['another content type', '/v1/predict/plain', good, { 'content-type': 'text/xml' }, 415, /text\/xml/],
    ['an unknown service', '/v1/predict/plian', good, {}, 404, /did you mean "plain"/],
    ['an unknown priority', '/v1/predict/plain', good, { 'evenkeel-priority': '7' }, 400, /0, 1, 2 or 3/],
    [
      'a priority that is no number',
      '/v1/predict/plain',
      good,
      { 'evenkeel-priority': 'high' },
      400,
      /0, 1, 2 or 3/,
    ],
    [
      'a negative deadline',
      '/v1/predict/plain',
      good,
      { 'evenkeel-deadline-ms': '-5' },
      400,
      /milliseconds over 0/,
    ],
    [
      'a deadline of 0',
      '/v1/predict/plain',
      good,
      { 'evenkeel-deadline-ms': '0' },
      400,
      /milliseconds over 0/,
    ],
    [
      'an absurd deadline',
      '/v1/predict/plain',
      good,
      { 'evenkeel-deadline-ms': '1e99' },
      400,
      /milliseconds over 0/,
    ],
    [
      'a deadline of NaN',
      '/v1/predict/plain',
      good,
      { 'evenkeel-deadline-ms': 'NaN' },
      400,
      /milliseconds over 0/,
    ],
    ['a wrong key', '/v1/predict/strict', good, { authorization: 'Bearer wrong' }, 401, /not known/],
    ['a path that is not there', '/v1/nothing', good, {}, 404, /nothing at/],
  ];
  it.each(rows)('%s', async (_, path, body, headers, status, message) => {
    const reply = await post(path, body, headers);
    expect(reply.status).toBe(status);
    expect(reply.body.error.message).toMatch(message);
    expect(reply.headers['evenkeel-request-id']).toMatch(/^req-/);
  });

  it('a method that is not for the path', async () => {
    const answer = await request(`${evenkeel.gateway}/v1/predict/plain`, { method: 'PUT', body: good });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    await answer.body.dump();
  });

  it('errors in the shape of their protocol: an object for OpenAI, a text for Open Inference', async () => {
    const openai = await post(
      '/v1/chat/completions',
      '{"model":"nobody","messages":[{"role":"user","content":"x"}]}',
    );
    expect(openai).toMatchObject({
      status: 404,
      body: {
        error: {
          message: expect.any(String),
          type: 'invalid_request_error',
          param: 'model',
          code: 'model_not_found',
        },
      },
    });
    for (const wrong of [
      '{"model":"plain"}',
      '{"model":"plain","messages":[]}',
      '{"messages":[]}',
      '{"model":3}',
      '{"model":"plain","messages":[{"role":"user","content":"x"}],"max_tokens":-1}',
      '{"model":"plain","messages":[{"role":"user","content":"x"}]}',
    ]) {
      expect((await post('/v1/chat/completions', wrong)).status, wrong).toBe(400);
    }
    const oip = await post('/v2/models/plain/infer', '{"inputs":"no"}');
    expect(oip).toMatchObject({ status: 400, body: { error: expect.any(String) } });
    const shape = await post(
      '/v2/models/plain/infer',
      '{"inputs":[{"name":"text","shape":[3],"datatype":"BYTES","data":["a"]}]}',
    );
    expect(shape).toMatchObject({ status: 400, body: { error: expect.stringContaining('text') } });
    expect((await post('/v2/models/plain/versions/9/infer', '{"inputs":[]}')).status).toBe(404);
  });

  it('nothing of a caller can make a header of ours, nor reach a prototype', async () => {
    const reply = await post('/v1/predict/plain', '{"__proto__":{"polluted":1},"text":"x"}', {
      'x-user': 'a b',
    });
    expect(reply.status).toBe(200);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    const injected = await post(`/v1/predict/${encodeURIComponent('x\r\nevil: 1')}`, good);
    expect(injected.status).toBe(404);
    expect(injected.headers.evil).toBeUndefined();
  });

  it('10 MB are refused at their announcement, without being read', async () => {
    const began = performance.now();
    const reply = await raw(
      'POST /v1/predict/plain HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10485760\r\n\r\n{"a":"',
    );
    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  it.each([
    [
      'a chunk size that is none',
      'POST /v1/predict/plain HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n', 400],
    [
      'headers without an end',
      `GET /healthz HTTP/1.1\r\nhost: x\r\nx-big: ${'y'.repeat(40_000)}\r\n\r\n`,
      431,
    ],
    [
      'two lengths',
      'POST /v1/predict/plain HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef',
      400,
    ],
  ])('%s', async (_, text, status) => {
    expect(await raw(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('a client that goes in the middle of its body leaves nothing behind', async () => {
    const { port, hostname } = new URL(evenkeel.gateway);
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          'POST /v1/predict/plain HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":',
        );
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
      socket.on('error', () => {});
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await post('/v1/predict/plain', good)).status).toBe(200);
    await until(
      async () => {
        const answer = await request(`${evenkeel.control}/api/v1/services/plain`);
        const body: { figures?: { inFlight?: number } } = Object(await answer.body.json());
        return body.figures?.inFlight === 0;
      },
      3_000,
      'an empty service',
    );
  });

  it('was no crash: the process still serves and has logged no internal error', async () => {
    expect((await post('/v1/predict/plain', good)).status).toBe(200);
    expect(evenkeel.log()).not.toContain('internal error');
  });
});

describe('the control API', () => {
  const control = async (
    path: string,
    options: { method?: 'GET' | 'POST' | 'DELETE'; body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const answer = await request(`${evenkeel.control}${path}`, {
      method: options.method ?? 'GET',
      headers: {
        authorization: `Bearer ${evenkeel.key}`,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: options.body === undefined ? null : JSON.stringify(options.body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: text === '' ? undefined : JSON.parse(text) };
  };
  const pin = {
    service: 'plain',
    order: { kind: 'pin', rung: 'm' },
    owner: 'ann',
    reason: 'a test',
    lease: '10m',
  };

  it.each([
    ['an order without a reason', { ...pin, reason: '' }, 400, /reason/],
    ['a lease that is none', { ...pin, lease: 'forever' }, 400, /duration up to 7d/],
    ['a lease of a year', { ...pin, lease: '365d' }, 400, /duration up to 7d/],
    ['a rung that is not there', { ...pin, order: { kind: 'pin', rung: 'n' } }, 400, /has no rung "n"/],
    ['a service that is not there', { ...pin, service: 'plian' }, 404, /did you mean "plain"/],
    ['an order of no kind', { ...pin, order: { kind: 'explode' } }, 400, /order/],
    [
      'a roll-back to nothing',
      { ...pin, order: { kind: 'roll_back', model: 'm' } },
      400,
      /no previous version/,
    ],
  ])('refuses %s', async (_, body, status, message) => {
    const reply = await control('/api/v1/directives', { method: 'POST', body });
    expect(reply.status).toBe(status);
    expect(reply.body.error.message).toMatch(message);
  });

  it('lets nobody write without a key, nor with one that is none', async () => {
    const write = (authorization: string) =>
      control('/api/v1/directives', { method: 'POST', body: pin, headers: { authorization } });
    for (const wrong of [
      '',
      'Bearer ek_000000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'Basic YTpi',
      'Bearer x',
    ])
      expect((await write(wrong)).status).toBe(401);
    expect((await control('/api/v1/keys', { headers: { authorization: '' } })).status).toBe(401);
  });

  it('takes orders from its own origin and from none, not from a page elsewhere nor under another name', async () => {
    expect(
      (
        await control('/api/v1/directives', {
          method: 'POST',
          body: pin,
          headers: { origin: 'https://evil.example' },
        })
      ).status,
    ).toBe(403);
    expect((await control('/api/v1/services', { headers: { host: 'evil.example' } })).status).toBe(403);
    const set = await control('/api/v1/directives', {
      method: 'POST',
      body: pin,
      headers: { origin: evenkeel.control },
    });
    expect(set.status).toBe(201);
    expect((await control('/api/v1/directives')).body.directives).toHaveLength(1);
    expect((await control(`/api/v1/directives/${set.body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await control(`/api/v1/directives/${set.body.id}`, { method: 'DELETE' })).status).toBe(404);
  });
});

describe('a start that cannot be', () => {
  it('says that a port is in use', async () => {
    const { port } = new URL(evenkeel.gateway);
    const { code, err } = await runEvenkeel([
      'serve',
      evenkeel.file('plain'),
      '--port',
      port,
      '--control-port',
      '0',
      '--data-dir',
      `${evenkeel.dir}/other`,
    ]);
    expect(code).toBe(1);
    expect(err).toContain(`port ${port} of the gateway is in use`);
  });

  it('names every mistake of a file with its line', async () => {
    const { writeFileSync } = await import('node:fs');
    const path = `${evenkeel.dir}/wrong.yaml`;
    writeFileSync(
      path,
      'evenkeel: 1\nservice: wrong\ntype: custom\nowner: me\nmodels:\n  m: { version: "1", module: ./missing.js }\nladder:\n  - { level: full_service, model: n, budget: 900ms }\n',
    );
    for (const command of ['check', 'serve']) {
      const { code, out, err } = await runEvenkeel([command, path]);
      expect(code).toBe(1);
      const said = out + err;
      expect(said).toContain(`${path}:6:`);
      expect(said).toContain('there is no file');
      expect(said).toContain(`${path}:8:35`);
      expect(said).toContain('is longer than the deadline of 500 ms');
    }
  });
});
