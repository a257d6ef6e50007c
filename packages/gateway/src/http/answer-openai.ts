import type { IncomingMessage, ServerResponse } from 'node:http';
import { EvenkeelError } from '@evenkeel/core';
import { callerOf, decodeOpenAi, encodeOpenAi, eventsOfCompletion } from '../protocols/index.ts';
import { type BodyLimits, parseJson, readBody, requireWithin } from './body.ts';
import { charge, priorityOfRequest, serviceNamed, settle } from './decode.ts';
import { admit, type Desk, questionOf } from './desk.ts';
import type { ServiceDirectory } from './front-service.ts';
import { answerHeaders, sendError, sendJson } from './reply.ts';
import { sendEvents, sendStream } from './stream.ts';

/** Body sizes of a request whose service is not known before its body is read. */
const ANY_SERVICE_BODY = 16 * 1_048_576;

/** What a body may be while nobody knows yet which service it is for. */
function widestLimits(services: ServiceDirectory): BodyLimits {
  let bodyBytes = 0;
  let depth = 0;
  for (const name of services.names()) {
    const limits = services.get(name)?.limits;
    bodyBytes = Math.max(bodyBytes, limits?.bodyBytes ?? 0);
    depth = Math.max(depth, limits?.depth ?? 0);
  }
  return { bodyBytes: Math.min(bodyBytes, ANY_SERVICE_BODY), depth };
}

/**
 * `POST /v1/chat/completions` and `/v1/embeddings`, where the body names the service. Rejects with what went wrong before
 * there was an answer.
 */
export async function answerOpenAi(
  desk: Desk,
  task: 'chat' | 'embeddings',
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const { services, slowReaderMs } = desk;
  const widest = widestLimits(services);
  const bytes = await readBody(request, response, widest.bodyBytes);
  const asked = decodeOpenAi(parseJson(bytes, widest.depth), task);
  const service = serviceNamed(services, asked.service);
  const identity = admit(desk, service, request, response);
  requireWithin(bytes, service.limits);
  if (!service.speaksOpenAi) {
    throw new EvenkeelError(
      'bad_request',
      `${service.name} is a ${service.type} service: use POST /v1/predict/${service.name}`,
    );
  }
  const { tenant } = identity.caller;
  const priority = priorityOfRequest(request.headers, service, identity, asked.body);
  // Only from callers who are known: an anonymous one would choose its own cohort, and be shed in none.
  const caller = identity.knownUser || identity.trusted ? callerOf(identity.caller, asked) : identity.caller;
  // Large requests take more room: a permit for every thousand tokens begun.
  const weight = Math.max(1, Math.ceil(asked.tokens / 1_000));
  const { body, stream } = asked;
  const question = questionOf(desk, service, request, response, id, body, caller, priority, weight, stream);
  charge(service, tenant, asked.tokens);
  const answer = await service.serving.predict(question);
  const headers = answerHeaders(id, answer, service.budget());
  if (answer.outcome === 'refused') {
    service.budgets?.correct(tenant, -asked.tokens);
    sendError(response, 'openai', answer.error, id, headers, answer.shouldRetry, slowReaderMs);
    return;
  }
  const about = `evenkeel level=${answer.level} reason=${answer.reason}`;
  const { prediction } = answer;
  if (prediction.kind === 'stream') {
    const usage = await sendStream(response, prediction, headers, about, id, desk.timers, slowReaderMs);
    settle(service, tenant, asked.tokens, usage);
    return;
  }
  settle(service, tenant, asked.tokens, prediction.usage);
  const whole = encodeOpenAi(id, answer, task, Math.floor(desk.clock.wall() / 1000));
  if (!stream) sendJson(response, 200, whole, slowReaderMs, headers);
  else sendEvents(response, eventsOfCompletion(whole, asked.includeUsage), headers, about, slowReaderMs);
}
