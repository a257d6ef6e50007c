import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Clock, PredictRequest, Priority, Timers } from '@evenkeel/core';
import type { Identity } from '../callers/index.ts';
import { requireHeadersWithin } from './body.ts';
import { deadlineOf, identify, traceOfHeaders } from './decode.ts';
import type { FrontService, ServiceDirectory } from './front-service.ts';
import type { Underway } from './underway.ts';

/** What the answers of all protocols are given in common. */
export interface Desk {
  readonly services: ServiceDirectory;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly underway: Underway;
  /** Milliseconds after which a reader that takes nothing of its answer is let go. */
  readonly slowReaderMs: number;
  /** Bytes of headers that the server lets in. */
  readonly headerBytes: number;
}

export type Known = Extract<Identity, { ok: true }>;

/**
 * Lets a request in to its service. Who may not, or finds no room, costs neither the reading nor the parsing of a body.
 * @throws EvenkeelError unauthorized, header_too_large, shed
 */
export function admit(
  desk: Desk,
  service: FrontService,
  request: IncomingMessage,
  response: ServerResponse,
): Known {
  const identity = identify(service, request.headers, request.socket.remoteAddress);
  requireHeadersWithin(request, service.limits.headerBytes, desk.headerBytes);
  desk.underway.enter(service, response);
  return identity;
}

/** @throws EvenkeelError bad_request for a deadline that is none */
export function questionOf(
  desk: Desk,
  service: FrontService,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
  input: unknown,
  caller: Caller,
  priority: Priority,
  weight = 1,
  stream = false,
): PredictRequest {
  const { headers } = request;
  const trace = traceOfHeaders(headers);
  return {
    id,
    service: service.name,
    input,
    caller,
    priority,
    deadlineMs: deadlineOf(headers, service),
    weight,
    stream,
    signal: desk.underway.cancellation(response),
    traceId: trace?.traceId,
    trace,
    kind: 'live',
  };
}
