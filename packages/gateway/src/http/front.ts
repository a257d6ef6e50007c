import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import {
  type Clock,
  EvenkeelError,
  isEvenkeelError,
  type PredictRequest,
  type Priority,
  type Timers,
} from '@evenkeel/core';
import type { Identity } from '../callers/index.ts';
import {
  callerOf,
  decodeJson,
  decodeOpenAi,
  encodeJson,
  encodeOpenAi,
  eventsOfCompletion,
} from '../protocols/index.ts';
import {
  type InferRequest,
  inferOfPrediction,
  parseInferRequest,
  plainOfInfer,
  rowsOfInfer,
} from '../upstreams/index.ts';
import {
  type BodyLimits,
  discardRest,
  parseJson,
  readBody,
  requireHeadersWithin,
  requireJson,
  requireWithin,
  willDiscard,
} from './body.ts';
import {
  charge,
  deadlineOf,
  identify,
  priorityOfRequest,
  serviceNamed,
  settle,
  traceOfHeaders,
  versioned,
} from './decode.ts';
import type { FrontService, ServiceDirectory } from './front-service.ts';
import { look } from './look.ts';
import { refuseSocket, type SocketError } from './refuse-socket.ts';
import { answerHeaders, headerText, idHeaders, sendError, sendJson } from './reply.ts';
import { type Protocol, protocolOf, type Route, routeOf } from './route.ts';
import { inferOfRows, predictRows, worstOf } from './rows.ts';
import { sendEvents, sendStream } from './stream.ts';
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

/** Body sizes of a request whose service is not known before its body is read. */
const ANY_SERVICE_BODY = 16 * 1_048_576;

/** The HTTP face of the gateway: OpenAI, Open Inference v2 and plain JSON on one port. */
export function createFront(options: FrontOptions): Front {
  const { services, clock, timers, requestId } = options;
  const slowReaderMs = options.slowReaderMs ?? 30_000;
  const lingerMs = options.lingerMs ?? 1_000;
  const headerBytes = options.headerBytes ?? 16_384;
  const underway = createUnderway();
  let draining = false;

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
      const looked = look(
        routed.route,
        services,
        draining ? 'draining' : options.ready() ? 'ready' : 'starting',
      );
      const { status, body } = looked instanceof Promise ? await looked : looked;
      sendJson(response, status, body, slowReaderMs, idHeaders(id));
      return;
    }
    if (draining) throw new EvenkeelError('draining');
    requireJson(request);
    await predict(routed.route, request, response, id, protocol);
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
          ? versioned(services, route)
          : undefined;
    // Who may not, or finds no room, costs neither the reading nor the parsing of a body.
    let identity = service === undefined ? undefined : identify(service, headers, remote);
    if (service !== undefined) {
      requireHeadersWithin(request, service.limits.headerBytes, headerBytes);
      underway.enter(service, response);
    }
    const limits = service?.limits ?? widestLimits();
    const bytes = await readBody(request, response, limits.bodyBytes);
    const body = parseJson(bytes, limits.depth);

    if (route.kind === 'chat' || route.kind === 'embeddings') {
      const asked = decodeOpenAi(body, route.kind);
      service = serviceNamed(services, asked.service);
      identity = identify(service, headers, remote);
      requireHeadersWithin(request, service.limits.headerBytes, headerBytes);
      underway.enter(service, response);
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
          // Only from callers who are known: an anonymous one would choose its own cohort, and be shed in none.
          caller: identity.knownUser || identity.trusted ? callerOf(identity.caller, asked) : identity.caller,
          priority: priorityOfRequest(headers, service, identity, asked.body),
          deadlineMs: deadlineOf(headers, service),
          // Large requests take more room: a permit for every thousand tokens begun.
          weight: Math.max(1, Math.ceil(asked.tokens / 1_000)),
          stream: asked.stream,
          trace: traceOfHeaders(headers),
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
    if (route.kind === 'oip_model')
      return infer(service, identity, parseInferRequest(body), request, response, id);
    const input = decodeJson(body);
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
        trace: traceOfHeaders(headers),
      },
      response,
    );
    charge(service, identity.caller.tenant, 0);
    const answer = await service.serving.predict(question);
    const out = answerHeaders(id, answer, service.budget());
    if (answer.outcome === 'refused')
      return sendError(response, protocol, answer.error, id, out, answer.shouldRetry, slowReaderMs);
    return sendJson(response, 200, encodeJson(id, answer), slowReaderMs, out);
  }

  /** One request of the Open Inference Protocol: at once, or row by row where the models take one thing at a time. */
  async function infer(
    service: FrontService,
    identity: Extract<Identity, { ok: true }>,
    asked: InferRequest,
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
  ): Promise<void> {
    const { headers } = request;
    const whole = service.openInference.rows === 'whole';
    const rows = whole ? undefined : rowsOfInfer(asked);
    const priorityOf = (input: unknown): Priority => priorityOfRequest(headers, service, identity, input);
    const input = rows?.[0] ?? (whole ? asked : plainOfInfer(asked));
    const question = ask(
      service,
      input,
      {
        id,
        caller: identity.caller,
        priority: priorityOf(input),
        deadlineMs: deadlineOf(headers, service),
        weight: 1,
        stream: false,
        trace: traceOfHeaders(headers),
      },
      response,
    );
    for (let i = 0; i < (rows?.length ?? 1); i++) charge(service, identity.caller.tenant, 0);
    const answer =
      rows === undefined
        ? await service.serving.predict(question)
        : await predictRows(service.serving, question, rows, priorityOf, clock);
    if ('outcome' in answer && answer.outcome === 'refused') {
      const out = answerHeaders(id, answer, service.budget());
      return sendError(response, 'open_inference', answer.error, id, out, answer.shouldRetry, slowReaderMs);
    }
    const spokesman = 'outcome' in answer ? answer : worstOf(answer);
    const { prediction } = spokesman;
    if (prediction.kind === 'stream')
      throw new EvenkeelError('upstream_malformed', 'the model answered with a stream');
    const parameters = {
      evenkeel_level: spokesman.level,
      evenkeel_reason: spokesman.reason,
      evenkeel_request_id: id,
    };
    const said =
      'outcome' in answer
        ? inferOfPrediction(prediction, service.name, asked.id, parameters)
        : inferOfRows(answer, service.name, asked.id, parameters);
    return sendJson(response, 200, said, slowReaderMs, answerHeaders(id, spokesman, service.budget()));
  }

  function ask(
    service: FrontService,
    input: unknown,
    known: Pick<PredictRequest, 'id' | 'caller' | 'priority' | 'deadlineMs' | 'weight' | 'stream' | 'trace'>,
    response: ServerResponse,
  ): PredictRequest {
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
      signal: underway.cancellation(response),
      traceId: known.trace?.traceId,
      trace: known.trace,
      kind: 'live',
    };
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

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const id = requestId();
    const protocol = protocolOf(request.url ?? '/');
    underway.begin(response);
    if (draining) response.setHeader('connection', 'close');
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
