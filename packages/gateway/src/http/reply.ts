import type { ServerResponse } from 'node:http';
import { type Answer, ERRORS, type EvenkeelError } from '@evenkeel/core';
import type { Protocol } from './route.ts';

/** Header values: visible ASCII only, bounded. Nothing that a caller or a model says can end a header or begin another. */
export function headerText(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 200)
    .trim();
}

/** Texts of files and models repeat with every answer: each is made fit for a header once. Bounded. */
const fit = new Map<string, string>();

function knownText(text: string): string {
  let known = fit.get(text);
  if (known === undefined) {
    if (fit.size >= 1_000) fit.clear();
    known = headerText(text);
    fit.set(text, known);
  }
  return known;
}

/** `model@version`, made once for each: joining the two anew would make a text that has to be hashed anew, too. */
const models = new Map<string, { readonly version: string; readonly text: string }>();

function modelText(model: string, version: string): string {
  const known = models.get(model);
  if (known !== undefined && known.version === version) return known.text;
  if (models.size >= 1_000) models.clear();
  const text = headerText(`${model}@${version}`);
  models.set(model, { version, text });
  return text;
}

/** An answer that needs no prediction. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** The headers that name the request, as a flat list for `writeHead`. */
export function idHeaders(requestId: string): string[] {
  return ['evenkeel-request-id', requestId, 'x-request-id', requestId];
}

/** The headers that tell how an answer came about. */
export function answerHeaders(requestId: string, answer: Answer, budget: string | undefined): string[] {
  if (answer.outcome === 'refused') {
    const headers = idHeaders(requestId);
    if (budget !== undefined) headers.push('evenkeel-budget', budget);
    headers.push('evenkeel-level', 'failed', 'evenkeel-reason', knownText(answer.reason));
    return headers;
  }
  const { prediction, features } = answer;
  // As one literal: a list that grows by pushing is copied as it grows.
  const headers = [
    'evenkeel-request-id',
    requestId,
    'x-request-id',
    requestId,
    'evenkeel-level',
    answer.level,
    'evenkeel-reason',
    answer.reason === 'ok' ? 'ok' : headerText(answer.reason),
    'evenkeel-model',
    modelText(prediction.model, prediction.version),
    'evenkeel-quality-impact',
    knownText(answer.qualityImpact),
  ];
  if (budget !== undefined) headers.push('evenkeel-budget', budget);
  if (features !== undefined) headers.push('evenkeel-feature-age', (features.ageMs / 1000).toFixed(3));
  return headers;
}

const OPENAI_TYPE: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
  503: 'service_unavailable_error',
};

/** `code` of the OpenAI API, where it has one of its own. */
function openAiCode(error: EvenkeelError): string {
  if (error.code === 'unknown_service') return 'model_not_found';
  if (error.code === 'unauthorized') return 'invalid_api_key';
  if (error.status === 429) return 'rate_limit_exceeded';
  return error.code;
}

/** An error in the shape of its protocol. */
export function errorBody(protocol: Protocol, error: EvenkeelError, requestId: string): unknown {
  switch (protocol) {
    case 'openai':
      return {
        error: {
          message: error.message,
          type: OPENAI_TYPE[error.status] ?? (error.status < 500 ? 'invalid_request_error' : 'server_error'),
          param: error.field ?? (error.code === 'unknown_service' ? 'model' : null),
          code: openAiCode(error),
        },
      };
    case 'open_inference':
      return { error: error.message };
    case 'json':
      return {
        error: {
          code: error.code,
          message: error.message,
          action: ERRORS[error.code].action,
          request_id: requestId,
        },
      };
  }
}

/** The status sent: 499 is for the record only, no client ever sees it. */
function sent(error: EvenkeelError): number {
  return error.status === 499 ? 400 : error.status;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Lets go of a reader who takes nothing of what is left for `ms` milliseconds. To be called after the last write; costs
 * nothing where the kernel took all of it.
 */
export function boundReader(response: ServerResponse, ms: number): void {
  const { socket } = response;
  // Node's own idle time-out sees progress within one large write, and is set anew for the next request.
  if (socket !== null && socket.writableLength > 0) socket.setTimeout(ms);
}

/**
 * @param slowReaderMs see {@link boundReader}
 * @param end ends the response in place of `response.end()`, when that has to wait
 */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  slowReaderMs: number,
  headers: string[],
  end?: () => void,
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  headers.push('content-type', JSON_TYPE, 'content-length', String(Buffer.byteLength(text)));
  response.writeHead(status, headers);
  if (end === undefined) response.end(text);
  else {
    response.write(text);
    end();
  }
  boundReader(response, slowReaderMs);
}

/** Sends an error with what a client needs to come back at the right time, or not at all. */
export function sendError(
  response: ServerResponse,
  protocol: Protocol,
  error: EvenkeelError,
  requestId: string,
  headers: string[],
  shouldRetry: boolean,
  slowReaderMs: number,
  end?: () => void,
): void {
  const status = sent(error);
  if (status === 429 || status === 503) {
    const waitMs = Math.max(1, Math.round(error.retryAfterMs ?? 1_000));
    headers.push(
      'retry-after',
      String(Math.max(1, Math.ceil(waitMs / 1000))),
      'retry-after-ms',
      String(waitMs),
    );
  }
  if (status === 401) headers.push('www-authenticate', 'Bearer realm="evenkeel"');
  if (!shouldRetry) headers.push('x-should-retry', 'false');
  sendJson(response, status, errorBody(protocol, error, requestId), slowReaderMs, headers, end);
}
