import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJson, encodeJson } from '../protocols/index.ts';
import { parseJson, readBody } from './body.ts';
import { charge, priorityOfRequest } from './decode.ts';
import { admit, type Desk, questionOf } from './desk.ts';
import type { FrontService } from './front-service.ts';
import { answerHeaders, sendError, sendJson } from './reply.ts';

/** `POST /v1/predict/:service`. Rejects with what went wrong before there was an answer. */
export async function answerJson(
  desk: Desk,
  service: FrontService,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const identity = admit(desk, service, request, response);
  const { limits } = service;
  const bytes = await readBody(request, response, limits.bodyBytes);
  const input = decodeJson(parseJson(bytes, limits.depth));
  const priority = priorityOfRequest(request.headers, service, identity, input);
  const question = questionOf(desk, service, request, response, id, input, identity.caller, priority);
  charge(service, identity.caller.tenant, 0);
  const answer = await service.serving.predict(question);
  const headers = answerHeaders(id, answer, service.budget());
  if (answer.outcome === 'refused') {
    sendError(response, 'json', answer.error, id, headers, answer.shouldRetry, desk.slowReaderMs);
  } else sendJson(response, 200, encodeJson(id, answer), desk.slowReaderMs, headers);
}
