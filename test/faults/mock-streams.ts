import type { ServerResponse } from 'node:http';
import { TOKENS } from './mock-answers.ts';

export interface StreamWish {
  readonly model: string;
  readonly includeUsage: boolean;
  /** Resets the connection. */
  readonly cut: () => void;
}

function chunk(wish: StreamWish, delta: unknown, finish: string | null): Record<string, unknown> {
  return {
    id: 'chatcmpl-stream',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: `${wish.model}-2026-01-01`,
    choices: [{ index: 0, delta, finish_reason: finish }],
    vendor_extra: 'kept',
  };
}

function send(response: ServerResponse, data: unknown): void {
  response.write(`data: ${JSON.stringify(data)}\n\n`);
}

function begin(response: ServerResponse, wish: StreamWish): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  send(response, chunk(wish, { role: 'assistant', content: '' }, null));
}

function tokens(response: ServerResponse, wish: StreamWish, count: number): void {
  for (let i = 0; i < count; i++)
    send(response, chunk(wish, { content: TOKENS[i % TOKENS.length] ?? '' }, null));
}

function finish(response: ServerResponse, wish: StreamWish): void {
  send(response, chunk(wish, {}, 'stop'));
  if (wish.includeUsage) {
    send(response, {
      ...chunk(wish, {}, null),
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: TOKENS.length, total_tokens: 7 + TOKENS.length },
    });
  }
  response.end('data: [DONE]\n\n');
}

/** Long enough for the bytes before it to arrive: a reset discards what is still on its way. */
const SETTLE_MS = 30;

/** Streams as a fault says; false when it is no fault of streams. `n` is the number in the fault's name. */
export function playStream(fault: string, n: number, wish: StreamWish, response: ServerResponse): boolean {
  switch (fault) {
    case 'ok':
    case 'stream-ok':
      begin(response, wish);
      tokens(response, wish, TOKENS.length);
      finish(response, wish);
      return true;
    case 'stream-cut-':
      begin(response, wish);
      tokens(response, wish, n);
      setTimeout(wish.cut, SETTLE_MS);
      return true;
    case 'stream-eof-':
      begin(response, wish);
      tokens(response, wish, n);
      response.end();
      return true;
    case 'stream-error-first':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      send(response, {
        error: { message: 'no capacity left', type: 'server_error', param: null, code: 'overloaded' },
      });
      response.end();
      return true;
    case 'stream-error-mid-':
      begin(response, wish);
      tokens(response, wish, n);
      send(response, { error: { message: 'lost a shard', type: 'server_error', param: null, code: null } });
      response.end('data: [DONE]\n\n');
      return true;
    case 'stream-stall-':
      begin(response, wish);
      tokens(response, wish, n);
      return true;
    case 'stream-bad-line-':
      begin(response, wish);
      tokens(response, wish, n);
      response.write('data: {"id":"chatcmpl-stream","choices":[{"ind\n\n');
      tokens(response, wish, 2);
      finish(response, wish);
      return true;
    case 'stream-drip-': {
      // Never ends by itself: a token every so often keeps every idle time-out quiet.
      begin(response, wish);
      const timer = setInterval(() => tokens(response, wish, 1), n);
      response.on('close', () => clearInterval(timer));
      return true;
    }
    default:
      return false;
  }
}
