import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  fakeService,
  type RunningFront,
  rawConnection,
  served,
  startFront,
  until,
} from './front.test.support.ts';

const service = fakeService('s', (asked) => served({ echo: asked.input }), { speaksOpenAi: false });
let running: RunningFront;

beforeEach(async () => {
  running = await startFront([service], { headersMs: 300, requestMs: 600, lingerMs: 300, slowReaderMs: 300 });
});
afterEach(async () => {
  expect(running.errors).toEqual([]);
  await running.close();
});

const head = (length: number | 'chunked', extra = ''): string =>
  `POST /v1/predict/s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${
    length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`
  }\r\n${extra}\r\n`;

async function serves(): Promise<void> {
  const reply = await request(`${running.url}/v1/predict/s`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(reply.statusCode).toBe(200);
  await reply.body.dump();
  await until(() => running.front.inFlight() === 0);
}

describe('bodies that are too large', () => {
  it.each([
    ['announced', head(10_485_760)],
    ['in chunks', head('chunked')],
  ])('%s: the client that sends 10 MB all at once reads its 413', async (kind, start) => {
    const client = rawConnection(running.port);
    const piece = 'x'.repeat(65_536);
    client.socket.write(start);
    for (let i = 0; i < 160; i++) {
      client.socket.write(kind === 'announced' ? piece : `10000\r\n${piece}\r\n`);
    }
    await client.until(() => client.text().includes('payload_too_large'));
    expect(client.text()).toMatch(/^HTTP\/1\.1 413 /);
    expect(client.text()).toMatch(/^connection: close\r$/im);
    await client.until(() => client.ended());
    await serves();
  });

  it('one that waits for leave to send is told no without it', async () => {
    const client = rawConnection(running.port);
    client.socket.write(head(10_485_760, 'expect: 100-continue\r\n'));
    await client.until(() => client.text().includes('payload_too_large'));
    expect(client.text()).toMatch(/^HTTP\/1\.1 413 /);
    await client.until(() => client.ended());
  });

  it('and given leave when all is well', async () => {
    const client = rawConnection(running.port);
    client.socket.write(head(7, 'expect: 100-continue\r\n'));
    await client.until(() => client.text().startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    client.socket.write('{"a":1}');
    await client.until(() => client.text().includes('"echo":{"a":1}'));
    client.socket.destroy();
  });
});

describe('connections that do not behave', () => {
  it.each([
    ['garbage', '\x16\x03\x01\x02\x00\r\n\r\n', 400, 'bad_request'],
    ['a chunk size that is none', `${head('chunked')}zz\r\n`, 400, 'bad_request'],
    [
      'headers over the limit',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      431,
      'header_too_large',
    ],
    ['a header with a bare line break', 'GET / HTTP/1.1\r\nhost: x\r\nx: a\rb\r\n\r\n', 400, 'bad_request'],
    [
      'both a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'bad_request',
    ],
    ['headers that never end', 'GET / HTTP/1.1\r\nhost: x\r\nx: y', 408, 'request_timeout'],
    ['no byte at all', '', 408, 'request_timeout'],
    ['a body that never ends', `${head(10)}{"a"`, 408, 'request_timeout'],
  ])(
    '%s: an answer in words, and the connection is gone though its client keeps it open',
    async (_, text, status, code) => {
      const client = rawConnection(running.port, { allowHalfOpen: true });
      client.socket.write(text);
      await client.until(() => client.text().includes(code), 4_000);
      expect(client.text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(client.text()).toMatch(/^evenkeel-request-id: req-\S+\r$/m);
      // The client never ends its side; a write after the server has let go is answered by a reset.
      const closed = new Promise<void>((resolve) => client.socket.once('close', () => resolve()));
      const poke = setInterval(() => client.socket.write('x'), 50);
      await closed;
      clearInterval(poke);
      await serves();
    },
  );

  it('a client that drips its body is told 408, however regularly it drips', async () => {
    const client = rawConnection(running.port);
    client.socket.write(head(1_000));
    const drip = setInterval(() => client.socket.write(' '), 30);
    await client.until(() => client.ended(), 4_000);
    clearInterval(drip);
    expect(client.text()).toMatch(/^HTTP\/1\.1 408 /);
    await serves();
  });

  it('a reader of a large answer that takes nothing is let go', async () => {
    const big = fakeService('big', () => served('z'.repeat(30_000_000)));
    const other = await startFront([big], { slowReaderMs: 300 });
    const client = rawConnection(other.port);
    client.socket.pause();
    client.socket.write(
      'POST /v1/predict/big HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
    );
    await until(() => big.asked.length === 1);
    expect(other.front.inFlight()).toBe(1);
    await until(() => other.front.inFlight() === 0, 2_000);
    client.socket.destroy();
    await other.close();
  });

  it('a slow but steady reader of a large answer gets it whole', async () => {
    const big = fakeService('big', () => served('z'.repeat(20_000_000)));
    const other = await startFront([big], { slowReaderMs: 300 });
    const reply = await request(`${other.url}/v1/predict/big`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    let size = 0;
    for await (const piece of reply.body) {
      size += piece.length;
      if (size % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(size).toBeGreaterThan(20_000_000);
    await other.close();
  });
});

describe('one connection for many requests', () => {
  it('goes on after an error whose small body was not wanted', async () => {
    const client = rawConnection(running.port);
    const body = '{"text":"abc"}';
    for (let i = 0; i < 3; i++) {
      client.socket.write(
        `POST /v1/predict/none HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      await client.until(() => client.text().split('HTTP/1.1 404').length === i + 2);
    }
    client.socket.write(`${head(7)}{"a":1}`);
    await client.until(() => client.text().includes('"echo":{"a":1}'));
    client.socket.destroy();
  });

  it('what follows a bad body is never taken for a request', async () => {
    const client = rawConnection(running.port);
    const inner =
      'POST /v1/predict/s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
    const before = service.asked.length;
    client.socket.write(
      `POST /v1/predict/none HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`,
    );
    await client.until(() => client.text().includes('HTTP/1.1 4'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(service.asked.length).toBe(before);
    client.socket.destroy();
  });

  it('answers pipelined requests in their order', async () => {
    const client = rawConnection(running.port);
    client.socket.write([1, 2, 3].map((i) => `${head(7)}{"a":${i}}`).join(''));
    await client.until(() => client.text().includes('"echo":{"a":3}'));
    const order = [...client.text().matchAll(/"echo":\{"a":(\d)\}/g)].map((match) => match[1]);
    expect(order).toEqual(['1', '2', '3']);
    client.socket.destroy();
  });

  it('bad JSON leaves the connection open: it was read to its end', async () => {
    const client = rawConnection(running.port);
    client.socket.write(`${head(5)}{"a":`);
    await client.until(() => client.text().includes('not valid JSON'));
    client.socket.write(`${head(7)}{"a":1}`);
    await client.until(() => client.text().includes('"echo":{"a":1}'));
    client.socket.destroy();
  });
});
