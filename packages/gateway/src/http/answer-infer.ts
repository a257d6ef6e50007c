import type { IncomingMessage, ServerResponse } from 'node:http';
import { EvenkeelError, type Priority } from '@evenkeel/core';
import { inferOfPrediction, parseInferRequest, plainOfInfer, rowsOfInfer } from '../upstreams/index.ts';
import { parseJson, readBody } from './body.ts';
import { charge, priorityOfRequest } from './decode.ts';
import { admit, type Desk, questionOf } from './desk.ts';
import type { FrontService } from './front-service.ts';
import { answerHeaders, sendError, sendJson } from './reply.ts';
import { inferOfRows, predictRows, worstOf } from './rows.ts';

/**
 * `POST /v2/models/:service/infer`: at once where the service takes tensors as they are, else row by row. Rejects with what
 * went wrong before there was an answer.
 */
export async function answerInfer(
  desk: Desk,
  service: FrontService,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const identity = admit(desk, service, request, response);
  const { limits, serving } = service;
  const { caller } = identity;
  const bytes = await readBody(request, response, limits.bodyBytes);
  const asked = parseInferRequest(parseJson(bytes, limits.depth));
  const whole = service.openInference.rows === 'whole';
  const rows = whole ? undefined : rowsOfInfer(asked);
  const priorityOf = (input: unknown): Priority =>
    priorityOfRequest(request.headers, service, identity, input);
  const input = rows?.[0] ?? (whole ? asked : plainOfInfer(asked));
  const question = questionOf(desk, service, request, response, id, input, caller, priorityOf(input));
  for (let i = 0; i < (rows?.length ?? 1); i++) charge(service, caller.tenant, 0);
  const answer =
    rows === undefined
      ? await serving.predict(question)
      : await predictRows(serving, question, rows, priorityOf, desk.clock);
  if ('outcome' in answer && answer.outcome === 'refused') {
    const headers = answerHeaders(id, answer, service.budget());
    const { error, shouldRetry } = answer;
    sendError(response, 'open_inference', error, id, headers, shouldRetry, desk.slowReaderMs);
    return;
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
  sendJson(response, 200, said, desk.slowReaderMs, answerHeaders(id, spokesman, service.budget()));
}
