import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Cancellation, Canceller, EvenkeelError } from '@evenkeel/core';
import type { FrontService } from './front-service.ts';

/** The requests whose answers are not over yet. */
export interface Underway {
  /** Counts a request until its response closes. */
  begin(response: ServerResponse): void;
  /** Counts it among those of its service, too. @throws EvenkeelError shed when the service has all it may have */
  enter(service: FrontService, response: ServerResponse): void;
  /** Aborts when the caller goes before its answer is over. */
  cancellation(response: ServerResponse): Cancellation;
  count(): number;
  /** Whether a part of an answer has been written to this socket, and a part has not. */
  answering(socket: Duplex): boolean;
  /** Has every connection closed after the answer that is under way on it. */
  closeConnections(): void;
}

interface Entry {
  gone: Canceller | undefined;
  service: string | undefined;
}

const CLIENT_GONE = new EvenkeelError('client_closed');

/** Made once for each service: under overload the trace of a new error would cost more than the refusal itself. */
const refusals = new WeakMap<FrontService, EvenkeelError>();

function tooMany(service: FrontService): EvenkeelError {
  let error = refusals.get(service);
  if (error === undefined) {
    const detail = `${service.name} has ${service.limits.concurrency} requests already, all it may have`;
    error = new EvenkeelError('shed', detail, { status: 503, retryAfterMs: 1_000 });
    refusals.set(service, error);
  }
  return error;
}

export function createUnderway(): Underway {
  const entries = new Map<ServerResponse, Entry>();
  const perService = new Map<string, number>();

  // One listener for all responses, which finds its own by `this`.
  function closed(this: ServerResponse): void {
    const entry = entries.get(this);
    if (entry === undefined) return;
    entries.delete(this);
    if (!this.writableFinished) entry.gone?.abort(CLIENT_GONE);
    if (entry.service === undefined) return;
    const left = (perService.get(entry.service) ?? 1) - 1;
    if (left > 0) perService.set(entry.service, left);
    else perService.delete(entry.service);
  }

  return {
    begin(response) {
      entries.set(response, { gone: undefined, service: undefined });
      response.on('close', closed);
    },
    enter(service, response) {
      const count = perService.get(service.name) ?? 0;
      if (count >= service.limits.concurrency) throw tooMany(service);
      const entry = entries.get(response);
      if (entry === undefined) return;
      entry.service = service.name;
      perService.set(service.name, count + 1);
    },
    cancellation(response) {
      const gone = new Canceller();
      const entry = entries.get(response);
      // Gone already, while the body was being read: there is no event left to tell it.
      if (entry === undefined || response.destroyed) gone.abort(CLIENT_GONE);
      else entry.gone = gone;
      return gone;
    },
    count: () => entries.size,
    answering(socket) {
      for (const response of entries.keys()) {
        if (response.socket === socket && response.headersSent && !response.writableFinished) return true;
      }
      return false;
    },
    closeConnections() {
      for (const response of entries.keys()) {
        if (!response.headersSent) response.setHeader('connection', 'close');
      }
    },
  };
}
