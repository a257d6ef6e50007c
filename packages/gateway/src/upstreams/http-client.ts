import { type Cancellation, EvenkeelError } from '@evenkeel/core';
import { type Dispatcher, Pool } from 'undici';
import type { AttemptOptions } from './attempts.ts';
import { BodyReader, type WholeAnswer } from './body-reader.ts';
import { Exchange, type ResponseSink } from './exchange.ts';
import type { RetryHost } from './retry.ts';
import { TIMEOUT_DEFAULTS, type Timeouts } from './timeouts.ts';

/** What an upstream needs of its surroundings. */
export type UpstreamHost = RetryHost;

/** What every upstream over HTTP can be told. */
export interface HttpOptions extends AttemptOptions {
  /** `http` or `https`; its path stands in front of every path asked for. */
  readonly baseUrl: string;
  /** Sent with every request: keys, tenants. Never printed. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Connections at most; requests beyond wait, under the connect time-out. Default 256. */
  readonly connections?: number | undefined;
  /** Milliseconds an unused connection is kept, unless the upstream hints at less. Default 4,000. */
  readonly keepAliveMs?: number | undefined;
  /** Bytes of a whole answer at most. Default 8 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Below the base URL, with a leading slash; '' for the base URL itself. */
  readonly path: string;
  readonly body?: string | undefined;
  /** Sent beside those of every request, as a flat list of names and values. */
  readonly headers?: readonly string[] | undefined;
  readonly signal: Cancellation;
  readonly budgetMs: number;
}

export interface HttpClient {
  readonly url: URL;
  readonly maxBodyBytes: number;
  /** Sends it and reads the whole answer, whatever its status. Rejects with what `read` throws. */
  ask<T>(request: HttpRequest, read: (answer: WholeAnswer) => T): Promise<T>;
  /** Sends it and lets `sink` hear the answer as it comes. */
  open(request: HttpRequest, sink: ResponseSink): void;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * A keep-alive pool to one upstream. Goes through undici's `dispatch`, below its streams and promises: that is the
 * cheapest way through it, and the one that tells when a request reaches a connection.
 * @throws EvenkeelError `config_invalid`
 */
export function createHttpClient(options: HttpOptions, host: UpstreamHost): HttpClient {
  const url = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new EvenkeelError('config_invalid', `upstream: "${options.baseUrl}" is not an http or https URL`);
  }
  const base = url.pathname.replace(/\/+$/, '');
  const { search } = url;
  const timeouts = { ...TIMEOUT_DEFAULTS, ...options.timeouts };
  const maxBodyBytes = options.maxBodyBytes ?? MAX_BODY_BYTES;
  const pool = new Pool(url.origin, {
    connections: options.connections ?? 256,
    keepAliveTimeout: options.keepAliveMs ?? 4_000,
    connect: { timeout: timeouts.connectMs },
    // Ours are exact to the millisecond, undici's to the second.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const own = Object.entries(options.headers ?? {}).flat();
  // Compression would cost more time than it saves between neighbours, and it hides the boundaries of events.
  const getHeaders = ['accept', 'application/json', 'accept-encoding', 'identity', ...own];
  const postHeaders = ['content-type', 'application/json', ...getHeaders];
  const streamHeaders = [
    'content-type',
    'application/json',
    'accept',
    'text/event-stream',
    ...getHeaders.slice(2),
  ];

  function dispatchOptions(request: HttpRequest, known: string[]): Dispatcher.DispatchOptions {
    const path = `${base}${request.path}${search}`;
    return {
      method: request.method,
      path: path === '' ? '/' : path,
      headers: request.headers === undefined ? known : [...known, ...request.headers],
      body: request.body ?? null,
    };
  }

  return {
    url,
    maxBodyBytes,
    ask(request, read) {
      return new Promise((resolve, reject) => {
        const exchange = new Exchange(
          new BodyReader(maxBodyBytes, read, resolve, reject),
          { first: 'headers', timeouts, budgetMs: request.budgetMs, signal: request.signal },
          host,
        );
        exchange.start(pool, dispatchOptions(request, request.method === 'GET' ? getHeaders : postHeaders));
      });
    },
    open(request, sink) {
      const exchange = new Exchange(
        sink,
        { first: 'token', timeouts, budgetMs: request.budgetMs, signal: request.signal },
        host,
      );
      exchange.start(pool, dispatchOptions(request, streamHeaders));
    },
    // Whoever closes has drained before; what hangs must not hold up the shutdown.
    close: () => pool.destroy(),
  };
}
