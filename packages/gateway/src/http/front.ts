import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { type Clock, EvenkeelError, isEvenkeelError, type Timers } from '@evenkeel/core';
import { answerInfer } from './answer-infer.ts';
import { answerJson } from './answer-json.ts';
import { answerOpenAi } from './answer-openai.ts';
import { discardRest, requireJson, willDiscard } from './body.ts';
import { serviceNamed, versioned } from './decode.ts';
import type { Desk } from './desk.ts';
import type { ServiceDirectory } from './front-service.ts';
import { look } from './look.ts';
import { refuseSocket, type SocketError } from './refuse-socket.ts';
import { headerText, idHeaders, type Reply, sendError, sendJson } from './reply.ts';
import { protocolOf, routeOf } from './route.ts';
import { createUnderway } from './underway.ts';

export interface FrontOptions {
  readonly services: ServiceDirectory;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly requestId: () => string;
  /** Whether requests should be sent here: false until the first health round, and while draining. */
  readonly ready: () => boolean;
  /** Told what should not have happened. */
  readonly onError: (error: unknown, requestId: string) => void;
  /** Largest headers in bytes of any service (default 16 KiB); a service may allow less. */
  readonly headerBytes?: number;
  /** Sockets at once (default 10 000). */
  readonly connections?: number;
  /** Milliseconds in which the headers, and the whole request, must have come (default 10 000 and 30 000). */
  readonly headersMs?: number;
  readonly requestMs?: number;
  /** Milliseconds after which a reader that takes nothing of its answer is let go (default 30 000). */
  readonly slowReaderMs?: number;
  /** Milliseconds in which a refused client may send on before its connection is closed (default 1 000). */
  readonly lingerMs?: number;
}

export interface Front {
  listen(port: number, host: string): Promise<number>;
  /** Takes no new connections, lets requests in flight end, at most `ms` milliseconds. Resolves with those cut off. */
  drain(ms: number): Promise<number>;
  inFlight(): number;
}

/** The HTTP face of the gateway: OpenAI, Open Inference v2 and plain JSON on one port. */
export function createFront(options: FrontOptions): Front {
  const { services, clock, timers, requestId } = options;
  const slowReaderMs = options.slowReaderMs ?? 30_000;
  const lingerMs = options.lingerMs ?? 1_000;
  const headerBytes = options.headerBytes ?? 16_384;
  const underway = createUnderway();
  const desk: Desk = { services, clock, timers, underway, slowReaderMs, headerBytes };
  let draining = false;

  /** Answers, or says later (or at once, by throwing) why there is no answer. */
  function answer(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> | undefined {
    const routed = routeOf(request.url ?? '/');
    if (routed === undefined)
      throw new EvenkeelError('not_found', `nothing at ${headerText(request.url ?? '')}`);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (method !== routed.method) {
      response.setHeader('allow', routed.method === 'GET' ? 'GET, HEAD' : routed.method);
      throw new EvenkeelError(
        'method_not_allowed',
        `${request.method} is not for this path: use ${routed.method}`,
      );
    }
    const { route } = routed;
    if (routed.method === 'GET') {
      const readiness = draining ? 'draining' : options.ready() ? 'ready' : 'starting';
      const reply = ({ status, body }: Reply): void =>
        sendJson(response, status, body, slowReaderMs, idHeaders(id));
      const looked = look(route, services, readiness);
      if (looked instanceof Promise) return looked.then(reply);
      reply(looked);
      return undefined;
    }
    if (draining) throw new EvenkeelError('draining');
    requireJson(request);
    switch (route.kind) {
      case 'predict':
        return answerJson(desk, serviceNamed(services, route.service), request, response, id);
      case 'oip_model':
        return answerInfer(desk, versioned(services, route), request, response, id);
      case 'chat':
      case 'embeddings':
        return answerOpenAi(desk, route.kind, request, response, id);
      default:
        throw new EvenkeelError('not_found');
    }
  }

  function refuse(error: unknown, request: IncomingMessage, response: ServerResponse, id: string): void {
    const known = isEvenkeelError(error) ? error : new EvenkeelError('internal', undefined, { cause: error });
    if (known.code === 'internal') options.onError(error, id);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const headers = idHeaders(id);
    headers.push('evenkeel-level', 'failed', 'evenkeel-reason', headerText(known.message));
    const end = willDiscard(request)
      ? undefined
      : (): void => discardRest(request, () => response.end(), timers, lingerMs);
    if (end !== undefined) response.setHeader('connection', 'close');
    const protocol = protocolOf(request.url ?? '/');
    sendError(response, protocol, known, id, headers, known.retryable, slowReaderMs, end);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const id = requestId();
    underway.begin(response);
    if (draining) response.setHeader('connection', 'close');
    const fail = (error: unknown): void => refuse(error, request, response, id);
    try {
      answer(request, response, id)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  const server: Server = createServer(
    {
      maxHeaderSize: headerBytes,
      headersTimeout: options.headersMs ?? 10_000,
      requestTimeout: options.requestMs ?? 30_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
    },
    onRequest,
  );
  server.maxConnections = options.connections ?? 10_000;
  server.on('clientError', (error: SocketError, socket) => {
    // Words in the middle of another answer would be read as a part of it.
    if (underway.answering(socket)) socket.destroy();
    else refuseSocket(error, socket, requestId(), timers, lingerMs);
  });
  // Leave to send a body is given where the body is read, so that a refusal comes before it.
  server.on('checkContinue', onRequest);

  return {
    listen(port, host) {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          server.on('error', (error) => options.onError(error, ''));
          resolve(portOf(server.address()));
        });
      });
    },
    async drain(ms) {
      draining = true;
      // Stops listening without closing connections on which a request may be on its way already.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      const until = clock.now() + ms;
      const pause = (wait: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, wait));
      underway.closeConnections();
      let quiet = 0;
      while (clock.now() < until && quiet < 10) {
        quiet = underway.count() === 0 ? quiet + 1 : 0;
        await pause(20);
      }
      const cut = underway.count();
      server.closeIdleConnections();
      if (cut > 0) server.closeAllConnections();
      await Promise.race([closed, pause(500)]);
      server.closeAllConnections();
      return cut;
    },
    inFlight: underway.count,
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
