import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { errorAnswer, goodAnswer, type Protocol } from './mock-answers.ts';
import { playStream } from './mock-streams.ts';

/** One call as the mock saw it. */
export interface SeenCall {
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** An upstream whose model name selects its fault. */
export interface FaultMock {
  /** Its origin: `/v1/…` speaks OpenAI, `/v2/models/{fault}/infer` Open Inference, `/json/{fault}` plain JSON. */
  readonly url: string;
  /** How often a model was called, health checks not counted. */
  calls(model: string): number;
  /** Wall milliseconds at which callers of a model went away before they had the whole answer. */
  aborted(model: string): readonly number[];
  /** The latest call of a model. */
  last(model: string): SeenCall | undefined;
  /** Connections that are open now. */
  connections(): number;
  close(): Promise<void>;
}

/**
 * The faults. `<n>` is a number of tokens, calls or milliseconds.
 * Whole or streamed: ok, ok-slow-<ms>, 503, 500, 401, 400, 404, 413, 422, 429-seconds, 429-date, 429-ms, 429-quota,
 * silent, timeout-headers, truncated-json, empty-200, html-200, json-error-200, huge-body, half-open, reset,
 * fail-first-<n>. Streamed only: stream-ok, stream-cut-<n>, stream-eof-<n>, stream-error-first, stream-error-mid-<n>,
 * stream-stall-<n>, stream-drip-<ms>, stream-bad-line-<n>.
 */
const NUMBERED = /^(ok-slow-|fail-first-|stream-(?:cut|eof|error-mid|stall|drip|bad-line)-)(\d+)$/;

const HUGE_BYTES = 64 * 1024 * 1024;

interface Exchange {
  readonly protocol: Protocol;
  readonly model: string;
  readonly calls: number;
  readonly body: unknown;
  readonly response: ServerResponse;
  /** Resets the connection, without it counting as the caller's leaving. */
  readonly cut: () => void;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

function fail(
  exchange: Exchange,
  status: number,
  headers: Record<string, string> = {},
  code = 'mock_fault',
): void {
  json(exchange.response, status, errorAnswer(exchange.protocol, `mock says ${status}`, code), headers);
}

function succeed({ protocol, model, calls, body, response, cut }: Exchange): void {
  if (protocol === 'chat' && isRecord(body) && body.stream === true) {
    const includeUsage = isRecord(body.stream_options) && body.stream_options.include_usage === true;
    playStream('ok', 0, { model, includeUsage, cut }, response);
  } else if (protocol === 'embeddings' && isRecord(body) && body.encoding_format === 'base64') {
    const { data, ...rest } = goodAnswer(protocol, model, calls);
    const packed = Array.isArray(data)
      ? data.map((item) => ({
          ...item,
          embedding: Buffer.from(Float32Array.from(item.embedding).buffer).toString('base64'),
        }))
      : data;
    json(response, 200, { ...rest, data: packed });
  } else json(response, 200, goodAnswer(protocol, model, calls));
}

function hugeBody(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"filler":"');
  const block = 'x'.repeat(65_536);
  let sent = 0;
  const more = (): void => {
    while (sent < HUGE_BYTES && !response.destroyed) {
      sent += block.length;
      if (!response.write(block)) {
        response.once('drain', more);
        return;
      }
    }
    if (!response.destroyed) response.end('"}');
  };
  more();
}

function play(exchange: Exchange): void {
  const { protocol, model, calls, body, response, cut } = exchange;
  const numbered = NUMBERED.exec(model);
  const fault = numbered?.[1] ?? model;
  const n = Number(numbered?.[2] ?? 0);
  if (isRecord(body) && body.stream === true && fault.startsWith('stream-')) {
    const includeUsage = isRecord(body.stream_options) && body.stream_options.include_usage === true;
    if (playStream(fault, n, { model, includeUsage, cut }, response)) return;
  }
  const whole = JSON.stringify(goodAnswer(protocol, model, calls));
  switch (fault) {
    case 'ok-slow-': {
      const timer = setTimeout(() => succeed(exchange), n);
      response.on('close', () => clearTimeout(timer));
      return;
    }
    case 'fail-first-':
      if (calls <= n) fail(exchange, 503);
      else succeed(exchange);
      return;
    case '400':
    case '401':
    case '404':
    case '413':
    case '422':
    case '500':
    case '503':
      fail(exchange, Number(fault));
      return;
    case '429-seconds':
      fail(exchange, 429, { 'retry-after': '2' });
      return;
    case '429-date':
      // An HTTP date has whole seconds: this one is between 2 and 3 s ahead.
      fail(exchange, 429, { 'retry-after': new Date(Date.now() + 3_000).toUTCString() });
      return;
    case '429-ms':
      fail(exchange, 429, { 'retry-after': '9', 'retry-after-ms': '120' });
      return;
    case '429-quota':
      fail(exchange, 429, {}, 'insufficient_quota');
      return;
    case 'silent':
      return;
    case 'timeout-headers':
      response.socket?.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-half: ');
      return;
    case 'truncated-json':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(whole.slice(0, whole.length / 2));
      return;
    case 'empty-200':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 0 });
      response.end();
      return;
    case 'html-200':
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<!doctype html><title>Welcome</title><p>Sign in to the captive portal.');
      return;
    case 'json-error-200':
      json(response, 200, errorAnswer(protocol, 'out of memory', 'oom'));
      return;
    case 'huge-body':
      hugeBody(response);
      return;
    case 'half-open':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
      response.write(whole.slice(0, whole.length / 2));
      return;
    case 'reset':
      cut();
      return;
    default:
      if (fault === 'ok' || fault.startsWith('stream-')) succeed(exchange);
      else json(response, 404, errorAnswer(protocol, `the model ${model} does not exist`, 'model_not_found'));
  }
}

function route(path: string, body: unknown): { protocol: Protocol; model: string } | undefined {
  const named = isRecord(body) && typeof body.model === 'string' ? body.model : '';
  if (path === '/v1/chat/completions') return { protocol: 'chat', model: named };
  if (path === '/v1/embeddings') return { protocol: 'embeddings', model: named };
  const infer = /^\/v2\/models\/([^/]+)(?:\/versions\/[^/]+)?\/infer$/.exec(path);
  if (infer?.[1] !== undefined) return { protocol: 'infer', model: decodeURIComponent(infer[1]) };
  const plain = /^\/json\/([^/]+)$/.exec(path);
  return plain?.[1] === undefined ? undefined : { protocol: 'json', model: decodeURIComponent(plain[1]) };
}

function answerGet(path: string, response: ServerResponse): void {
  if (path === '/v1/models') {
    json(response, 200, {
      object: 'list',
      data: [{ id: 'ok', object: 'model', created: 0, owned_by: 'mock' }],
    });
  } else if (path === '/health' || /^\/v2\/health\/(live|ready)$/.test(path)) json(response, 200, {});
  else if (/^\/v2\/models\/[^/]+\/ready$/.test(path)) {
    json(response, path.includes('/503/') ? 503 : 200, {});
  } else json(response, 404, { error: 'not found' });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** Starts the mock on a free port of the loopback. */
export async function startFaultMock(): Promise<FaultMock> {
  const calls = new Map<string, number>();
  const aborted = new Map<string, number[]>();
  const last = new Map<string, SeenCall>();
  let connections = 0;

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://mock').pathname;
    if (request.method === 'GET') {
      answerGet(path, response);
      return;
    }
    bodyOf(request).then(
      (body) => {
        const found = route(path, body);
        if (found === undefined) {
          json(response, 404, { error: 'not found' });
          return;
        }
        const { protocol, model } = found;
        const count = (calls.get(model) ?? 0) + 1;
        calls.set(model, count);
        last.set(model, { headers: request.headers, body });
        let ours = false;
        const cut = (): void => {
          ours = true;
          response.socket?.resetAndDestroy();
        };
        response.on('close', () => {
          if (response.writableFinished || ours) return;
          const times = aborted.get(model) ?? [];
          times.push(Date.now());
          aborted.set(model, times);
        });
        play({ protocol, model, calls: count, body, response, cut });
      },
      // The caller left while it was still asking.
      () => {},
    );
  });
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => {
      connections -= 1;
    });
    // A reset by the caller is one of the things that are tested, not a fault of the mock.
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the mock has no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    calls: (model) => calls.get(model) ?? 0,
    aborted: (model) => aborted.get(model) ?? [],
    last: (model) => last.get(model),
    connections: () => connections,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
