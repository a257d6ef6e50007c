import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  Canceller,
  type Clock,
  describeError,
  EvenkeelError,
  isEvenkeelError,
  type PredictRequest,
  type Timers,
} from '@evenkeel/core';
import {
  callerOf,
  decodeJson,
  decodeOpenAi,
  encodeJson,
  encodeOpenAi,
  eventsOfCompletion,
} from '../protocols/index.ts';
import { inferOfPrediction, parseInferRequest, plainOfInfer } from '../upstreams/index.ts';
import { parseJson, readBody, requireJson } from './body.ts';
import { charge, deadlineOf, identify, priorityOfRequest, serviceNamed, traceIdOf } from './decode.ts';
import type { FrontService, ServiceDirectory } from './front-service.ts';
import { answerHeaders, headerText, sendError, sendJson } from './reply.ts';
import { type Protocol, protocolOf, type Route, routeOf } from './route.ts';
import { sendEvents, sendStream } from './stream.ts';

export interface FrontOptions {
  readonly services: ServiceDirectory;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly requestId: () => string;
  /** Whether requests should be sent here: false until the first health round, and while draining. */
  readonly ready: () => boolean;
  /** Told what should not have happened. */
  readonly onError: (error: unknown, requestId: string) => void;
  /** Largest headers in bytes (default 16 KiB). */
  readonly headerBytes?: number;
  /** Sockets at once (default 10 000). */
  readonly connections?: number;
  /** Milliseconds in which the headers, and the whole request, must have come (default 10 000 and 30 000). */
  readonly headersMs?: number;
  readonly requestMs?: number;
}

export interface Front {
  listen(port: number, host: string): Promise<number>;
  /** Takes no new connections, lets requests in flight end, at most `ms` milliseconds. Resolves with those cut off. */
  drain(ms: number): Promise<number>;
  inFlight(): number;
}

/** Body sizes of a request whose service is not known before its body is read. */
const ANY_SERVICE_BODY = 16 * 1_048_576;

/** The HTTP face of the gateway: OpenAI, Open Inference v2 and plain JSON on one port. */
export function createFront(options: FrontOptions): Front {
  const { services, clock, timers, requestId } = options;
  let inFlight = 0;
  let draining = false;
  /** Responses under way, and how to tell their predictions that the caller has gone. */
  const leaving = new Map<ServerResponse, Canceller | undefined>();

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    protocol: Protocol,
  ): Promise<void> {
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
    if (routed.method === 'GET') {
      look(routed.route, response);
      return;
    }
    if (draining) throw new EvenkeelError('draining');
    requireJson(request);
    await predict(routed.route, request, response, id, protocol);
  }

  /** Answers what needs no prediction. */
  function look(route: Route, response: ServerResponse): void {
    const modelOf = (service: FrontService): unknown => ({
      id: service.name,
      object: 'model',
      created: Math.floor(service.createdAt / 1000),
      owned_by: 'evenkeel',
    });
    const all = (): FrontService[] => services.names().flatMap((name) => services.get(name) ?? []);
    const ready = options.ready() && !draining;
    switch (route.kind) {
      case 'healthz':
        return sendJson(response, 200, { status: 'ok' });
      case 'readyz':
        return sendJson(response, ready ? 200 : 503, {
          status: ready ? 'ready' : draining ? 'draining' : 'starting',
        });
      case 'openai_models':
        return route.id === undefined
          ? sendJson(response, 200, { object: 'list', data: all().map(modelOf) })
          : sendJson(response, 200, modelOf(serviceNamed(services, route.id)));
      case 'oip_live':
        return sendJson(response, 200, { live: true });
      case 'oip_ready':
        return sendJson(response, ready ? 200 : 503, { ready });
      case 'oip_server':
        return sendJson(response, 200, {
          name: 'evenkeel',
          version: '2',
          extensions: ['evenkeel_degradation'],
        });
      case 'oip_model': {
        const service = versioned(route);
        if (route.what === 'ready') return sendJson(response, ready ? 200 : 503, { ready });
        const inputs = [{ name: 'input', datatype: 'BYTES', shape: [1] }];
        const outputs = [{ name: 'output', datatype: 'BYTES', shape: [1] }];
        return sendJson(response, 200, {
          name: service.name,
          versions: [service.version()],
          platform: 'evenkeel',
          inputs,
          outputs,
        });
      }
      default:
        throw new EvenkeelError('not_found');
    }
  }

  function versioned(route: Extract<Route, { kind: 'oip_model' }>): FrontService {
    const service = serviceNamed(services, route.service);
    if (route.version !== undefined && route.version !== service.version()) {
      throw new EvenkeelError(
        'not_found',
        `${service.name} has no version "${headerText(route.version)}"; it is at ${service.version()}`,
      );
    }
    return service;
  }

  async function predict(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    protocol: Protocol,
  ): Promise<void> {
    const { headers } = request;
    const remote = request.socket.remoteAddress;
    // Known from the path, the service's own limits hold; in the OpenAI API it is named in the body.
    let service =
      route.kind === 'predict'
        ? serviceNamed(services, route.service)
        : route.kind === 'oip_model'
          ? versioned(route)
          : undefined;
    if (service !== undefined && inFlight > service.limits.concurrency) {
      throw new EvenkeelError('shed', `${inFlight} requests are here already`, {
        status: 503,
        retryAfterMs: 1_000,
      });
    }
    const bytes = await readBody(request, service?.limits.bodyBytes ?? largestBody());
    const body = parseJson(bytes, { bodyBytes: 0, depth: service?.limits.depth ?? 64 });

    if (route.kind === 'chat' || route.kind === 'embeddings') {
      const asked = decodeOpenAi(body, route.kind);
      service = serviceNamed(services, asked.service);
      if (bytes.length > service.limits.bodyBytes) throw new EvenkeelError('payload_too_large');
      if (!service.speaksOpenAi) {
        throw new EvenkeelError(
          'bad_request',
          `${service.name} is a ${service.type} service: use POST /v1/predict/${service.name}`,
        );
      }
      const identity = identify(service, headers, remote);
      charge(service, identity.caller.tenant, asked.tokens);
      const question = ask(
        service,
        asked.body,
        {
          id,
          caller: callerOf(identity.caller, asked),
          priority: priorityOfRequest(headers, service, identity, asked.body),
          deadlineMs: deadlineOf(headers, service),
          // Large requests take more room: a permit for every thousand tokens begun.
          weight: Math.max(1, Math.ceil(asked.tokens / 1_000)),
          stream: asked.stream,
          traceId: traceIdOf(headers),
        },
        response,
      );
      const answer = await service.serving.predict(question);
      const out = answerHeaders(id, answer, service.budget());
      if (answer.outcome === 'refused')
        return sendError(response, protocol, answer.error, id, out, answer.shouldRetry);
      const about = `evenkeel level=${answer.level} reason=${answer.reason}`;
      if (answer.prediction.kind === 'stream')
        return sendStream(response, answer.prediction, out, about, id, timers);
      settle(service, identity.caller.tenant, asked.tokens, answer.prediction.usage);
      const whole = encodeOpenAi(id, answer, route.kind, Math.floor(clock.wall() / 1000));
      if (!asked.stream) return sendJson(response, 200, whole, out);
      return sendEvents(response, eventsOfCompletion(whole, asked.includeUsage), out, about);
    }

    if (service === undefined) throw new EvenkeelError('not_found');
    const identity = identify(service, headers, remote);
    charge(service, identity.caller.tenant, 0);
    const infer = route.kind === 'oip_model' ? parseInferRequest(body) : undefined;
    const input = infer === undefined ? decodeJson(body) : plainOfInfer(infer);
    const question = ask(
      service,
      input,
      {
        id,
        caller: identity.caller,
        priority: priorityOfRequest(headers, service, identity, input),
        deadlineMs: deadlineOf(headers, service),
        weight: 1,
        stream: false,
        traceId: traceIdOf(headers),
      },
      response,
    );
    const answer = await service.serving.predict(question);
    const out = answerHeaders(id, answer, service.budget());
    if (answer.outcome === 'refused')
      return sendError(response, protocol, answer.error, id, out, answer.shouldRetry);
    if (infer === undefined) return sendJson(response, 200, encodeJson(id, answer), out);
    if (answer.prediction.kind === 'stream')
      throw new EvenkeelError('upstream_malformed', 'the model answered with a stream');
    const parameters = {
      evenkeel_level: answer.level,
      evenkeel_reason: answer.reason,
      evenkeel_request_id: id,
    };
    return sendJson(
      response,
      200,
      inferOfPrediction(answer.prediction, service.name, infer.id, parameters),
      out,
    );
  }

  function ask(
    service: FrontService,
    input: unknown,
    known: Pick<
      PredictRequest,
      'id' | 'caller' | 'priority' | 'deadlineMs' | 'weight' | 'stream' | 'traceId'
    >,
    response: ServerResponse,
  ): PredictRequest {
    const gone = new Canceller();
    leaving.set(response, gone);
    if (response.destroyed) gone.abort(CLIENT_GONE);
    // Written out: a spread costs more here than the rest of the front's own work.
    return {
      id: known.id,
      service: service.name,
      input,
      caller: known.caller,
      priority: known.priority,
      deadlineMs: known.deadlineMs,
      weight: known.weight,
      stream: known.stream,
      signal: gone,
      traceId: known.traceId,
      kind: 'live',
    };
  }

  function largestBody(): number {
    let most = 0;
    for (const name of services.names()) most = Math.max(most, services.get(name)?.limits.bodyBytes ?? 0);
    return Math.min(most, ANY_SERVICE_BODY);
  }

  /** What was charged was an estimate. */
  function settle(
    service: FrontService,
    tenant: string,
    charged: number,
    usage: { inputTokens: number; outputTokens: number } | undefined,
  ): void {
    if (usage !== undefined)
      service.budgets?.correct(tenant, usage.inputTokens + usage.outputTokens - charged);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const id = requestId();
    const protocol = protocolOf(request.url ?? '/');
    inFlight += 1;
    leaving.set(response, undefined);
    if (draining) response.setHeader('connection', 'close');
    response.once('close', () => {
      inFlight -= 1;
      if (!response.writableFinished) leaving.get(response)?.abort(CLIENT_GONE);
      leaving.delete(response);
    });
    handle(request, response, id, protocol).catch((error: unknown) => {
      const known = isEvenkeelError(error)
        ? error
        : new EvenkeelError('internal', undefined, { cause: error });
      if (known.code === 'internal') options.onError(error, id);
      // A body that was not read to its end would be taken for the next request.
      if (!request.complete) response.setHeader('connection', 'close');
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const headers = [
        'evenkeel-request-id',
        id,
        'x-request-id',
        id,
        'evenkeel-level',
        'failed',
        'evenkeel-reason',
        headerText(known.message),
      ];
      sendError(response, protocol, known, id, headers, known.retryable);
      if (!request.complete) response.once('finish', () => request.destroy());
    });
  }

  const server: Server = createServer(
    {
      maxHeaderSize: options.headerBytes ?? 16_384,
      headersTimeout: options.headersMs ?? 10_000,
      requestTimeout: options.requestMs ?? 30_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
    },
    onRequest,
  );
  server.maxConnections = options.connections ?? 10_000;
  server.on('clientError', (error: Error & { code?: string }, socket) => refuseSocket(error, socket));

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
      for (const response of leaving.keys())
        if (!response.headersSent) response.setHeader('connection', 'close');
      let quiet = 0;
      while (clock.now() < until && quiet < 10) {
        quiet = inFlight === 0 ? quiet + 1 : 0;
        await pause(20);
      }
      const cut = inFlight;
      server.closeIdleConnections();
      if (cut > 0) server.closeAllConnections();
      await Promise.race([closed, pause(500)]);
      server.closeAllConnections();
      return cut;
    },
    inFlight: () => inFlight,
  };
}

const CLIENT_GONE = new EvenkeelError('client_closed');

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A request that is no HTTP, too large in its headers, or too slow: answered in words where the socket still takes them. */
function refuseSocket(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const known =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new EvenkeelError('header_too_large')
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new EvenkeelError('request_timeout')
        : new EvenkeelError(
            'bad_request',
            `this is not HTTP that can be read: ${headerText(describeError(error))}`,
          );
  const body = JSON.stringify({ error: { code: known.code, message: known.message } });
  socket.end(
    `HTTP/1.1 ${known.status} ${known.code}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
