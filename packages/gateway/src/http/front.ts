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
import {
  type BodyLimits,
  discardRest,
  parseJson,
  readBody,
  requireJson,
  requireWithin,
  willDiscard,
} from './body.ts';
import { charge, deadlineOf, identify, priorityOfRequest, serviceNamed, traceIdOf } from './decode.ts';
import type { FrontService, ServiceDirectory } from './front-service.ts';
import { answerHeaders, headerText, idHeaders, type Reply, sendError, sendJson } from './reply.ts';
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

/** Body sizes of a request whose service is not known before its body is read. */
const ANY_SERVICE_BODY = 16 * 1_048_576;

/** The HTTP face of the gateway: OpenAI, Open Inference v2 and plain JSON on one port. */
export function createFront(options: FrontOptions): Front {
  const { services, clock, timers, requestId } = options;
  const slowReaderMs = options.slowReaderMs ?? 30_000;
  const lingerMs = options.lingerMs ?? 1_000;
  let inFlight = 0;
  let draining = false;
  const underway = new Map<ServerResponse, Underway>();
  /** Requests that each service has under way. */
  const busy = new Map<string, number>();

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
      const { status, body } = look(routed.route);
      sendJson(response, status, body, slowReaderMs, idHeaders(id));
      return;
    }
    if (draining) throw new EvenkeelError('draining');
    requireJson(request);
    await predict(routed.route, request, response, id, protocol);
  }

  /** Answers what needs no prediction. */
  function look(route: Route): Reply {
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
        return { status: 200, body: { status: 'ok' } };
      case 'readyz':
        return {
          status: ready ? 200 : 503,
          body: { status: ready ? 'ready' : draining ? 'draining' : 'starting' },
        };
      case 'openai_models':
        return {
          status: 200,
          body:
            route.id === undefined
              ? { object: 'list', data: all().map(modelOf) }
              : modelOf(serviceNamed(services, route.id)),
        };
      case 'oip_live':
        return { status: 200, body: { live: true } };
      case 'oip_ready':
        return { status: ready ? 200 : 503, body: { ready } };
      case 'oip_server':
        return {
          status: 200,
          body: { name: 'evenkeel', version: '2', extensions: ['evenkeel_degradation'] },
        };
      case 'oip_model': {
        const service = versioned(route);
        if (route.what === 'ready') return { status: ready ? 200 : 503, body: { ready } };
        const inputs = [{ name: 'input', datatype: 'BYTES', shape: [1] }];
        const outputs = [{ name: 'output', datatype: 'BYTES', shape: [1] }];
        return {
          status: 200,
          body: {
            name: service.name,
            versions: [service.version()],
            platform: 'evenkeel',
            inputs,
            outputs,
          },
        };
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
    // Who may not, or finds no room, costs neither the reading nor the parsing of a body.
    let identity = service === undefined ? undefined : identify(service, headers, remote);
    if (service !== undefined) enter(service, response);
    const limits = service?.limits ?? widestLimits();
    const bytes = await readBody(request, response, limits.bodyBytes);
    const body = parseJson(bytes, limits.depth);

    if (route.kind === 'chat' || route.kind === 'embeddings') {
      const asked = decodeOpenAi(body, route.kind);
      service = serviceNamed(services, asked.service);
      identity = identify(service, headers, remote);
      enter(service, response);
      requireWithin(bytes, service.limits);
      if (!service.speaksOpenAi) {
        throw new EvenkeelError(
          'bad_request',
          `${service.name} is a ${service.type} service: use POST /v1/predict/${service.name}`,
        );
      }
      const { tenant } = identity.caller;
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
      charge(service, tenant, asked.tokens);
      const answer = await service.serving.predict(question);
      const out = answerHeaders(id, answer, service.budget());
      if (answer.outcome === 'refused') {
        service.budgets?.correct(tenant, -asked.tokens);
        return sendError(response, protocol, answer.error, id, out, answer.shouldRetry, slowReaderMs);
      }
      const about = `evenkeel level=${answer.level} reason=${answer.reason}`;
      if (answer.prediction.kind === 'stream') {
        const usage = await sendStream(response, answer.prediction, out, about, id, timers, slowReaderMs);
        return settle(service, tenant, asked.tokens, usage);
      }
      settle(service, tenant, asked.tokens, answer.prediction.usage);
      const whole = encodeOpenAi(id, answer, route.kind, Math.floor(clock.wall() / 1000));
      if (!asked.stream) return sendJson(response, 200, whole, slowReaderMs, out);
      return sendEvents(response, eventsOfCompletion(whole, asked.includeUsage), out, about, slowReaderMs);
    }

    if (service === undefined || identity === undefined) throw new EvenkeelError('not_found');
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
    charge(service, identity.caller.tenant, 0);
    const answer = await service.serving.predict(question);
    const out = answerHeaders(id, answer, service.budget());
    if (answer.outcome === 'refused')
      return sendError(response, protocol, answer.error, id, out, answer.shouldRetry, slowReaderMs);
    if (infer === undefined) return sendJson(response, 200, encodeJson(id, answer), slowReaderMs, out);
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
      slowReaderMs,
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
    const about = underway.get(response);
    // Gone already when the body was still being read: there is nobody left to tell it.
    if (about === undefined || response.destroyed) gone.abort(CLIENT_GONE);
    else about.gone = gone;
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

  /** Gives a request its place among those of its service, until its answer is over. @throws EvenkeelError shed */
  function enter(service: FrontService, response: ServerResponse): void {
    const count = busy.get(service.name) ?? 0;
    if (count >= service.limits.concurrency) throw tooMany(service);
    const about = underway.get(response);
    if (about === undefined) return;
    about.service = service.name;
    busy.set(service.name, count + 1);
  }

  /** What a body may be while nobody knows yet which service it is for. */
  function widestLimits(): BodyLimits {
    let bodyBytes = 0;
    let depth = 0;
    for (const name of services.names()) {
      const limits = services.get(name)?.limits;
      bodyBytes = Math.max(bodyBytes, limits?.bodyBytes ?? 0);
      depth = Math.max(depth, limits?.depth ?? 0);
    }
    return { bodyBytes: Math.min(bodyBytes, ANY_SERVICE_BODY), depth };
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
    const about: Underway = { gone: undefined, service: undefined };
    underway.set(response, about);
    if (draining) response.setHeader('connection', 'close');
    response.once('close', () => {
      inFlight -= 1;
      underway.delete(response);
      if (!response.writableFinished) about.gone?.abort(CLIENT_GONE);
      if (about.service === undefined) return;
      const left = (busy.get(about.service) ?? 1) - 1;
      if (left > 0) busy.set(about.service, left);
      else busy.delete(about.service);
    });
    handle(request, response, id, protocol).catch((error: unknown) => {
      const known = isEvenkeelError(error)
        ? error
        : new EvenkeelError('internal', undefined, { cause: error });
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
      sendError(response, protocol, known, id, headers, known.retryable, slowReaderMs, end);
    });
  }

  /** A request that is no HTTP, too large in its headers, or too slow: answered in words where that makes sense. */
  function refuseSocket(error: Error & { code?: string }, socket: Duplex): void {
    const begun = (response: ServerResponse): boolean =>
      response.socket === socket && response.headersSent && !response.writableFinished;
    // Words in the middle of another answer would be read as a part of it.
    if (!socket.writable || error.code === 'ECONNRESET' || [...underway.keys()].some(begun)) {
      socket.destroy();
      return;
    }
    const known = meaningOf(error);
    const body = JSON.stringify({ error: { code: known.code, message: known.message } });
    const id = requestId();
    socket.end(
      `HTTP/1.1 ${known.status} ${known.code}\r\nconnection: close\r\nevenkeel-request-id: ${id}\r\nx-request-id: ${id}\r\n` +
        `evenkeel-level: failed\r\nevenkeel-reason: ${headerText(known.message)}\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    // Nobody else ends a connection whose client keeps its side open.
    const cancel = timers.after(lingerMs, () => socket.destroy());
    socket.once('close', cancel);
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
      for (const response of underway.keys())
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

/** Made once for each service: under overload the trace of a new error would cost more than the refusal itself. */
const refusals = new WeakMap<FrontService, EvenkeelError>();

function tooMany(service: FrontService): EvenkeelError {
  let error = refusals.get(service);
  if (error === undefined) {
    const { concurrency } = service.limits;
    error = new EvenkeelError(
      'shed',
      `${service.name} has ${concurrency} requests already, all it may have`,
      {
        status: 503,
        retryAfterMs: 1_000,
      },
    );
    refusals.set(service, error);
  }
  return error;
}

/** What the front keeps of a request until its answer is over. */
interface Underway {
  /** Tells the prediction that its caller has gone. */
  gone: Canceller | undefined;
  /** The service that counts it. */
  service: string | undefined;
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function meaningOf(error: Error & { code?: string }): EvenkeelError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new EvenkeelError('header_too_large');
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new EvenkeelError('request_timeout');
  const detail = headerText(describeError(error));
  return new EvenkeelError('bad_request', `this is not HTTP that can be read: ${detail}`);
}
