import type { IncomingHttpHeaders } from 'node:http';
import {
  EvenkeelError,
  formatTracestate,
  nearestName,
  PRIORITIES,
  type Priority,
  parseTraceparent,
  parseTracestate,
  type RequestTrace,
  type Usage,
} from '@evenkeel/core';
import type { Identity } from '../callers/index.ts';
import type { FrontService, ServiceDirectory } from './front-service.ts';
import { headerText } from './reply.ts';
import type { Route } from './route.ts';

const LONGEST_DEADLINE_MS = 86_400_000;

/** @throws EvenkeelError unknown_service, with the nearest name */
export function serviceNamed(services: ServiceDirectory, name: string): FrontService {
  const service = services.get(name);
  if (service !== undefined) return service;
  const near = nearestName(name.slice(0, 64), services.names());
  throw new EvenkeelError(
    'unknown_service',
    `no service "${name.slice(0, 64)}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
  );
}

/** The service of an Open Inference path. @throws EvenkeelError unknown_service, or not_found for another version */
export function versioned(
  services: ServiceDirectory,
  route: Extract<Route, { kind: 'oip_model' }>,
): FrontService {
  const service = serviceNamed(services, route.service);
  if (route.version !== undefined && route.version !== service.version()) {
    throw new EvenkeelError(
      'not_found',
      `${service.name} has no version "${headerText(route.version)}"; it is at ${service.version()}`,
    );
  }
  return service;
}

/** @throws EvenkeelError unauthorized for a key that is none of ours */
export function identify(
  service: FrontService,
  headers: IncomingHttpHeaders,
  remoteAddress: string | undefined,
): Extract<Identity, { ok: true }> {
  const identity = service.identify(headers, remoteAddress);
  if (!identity.ok) throw new EvenkeelError('unauthorized', 'the key is not known to this service');
  return identity;
}

/**
 * The time a request has: what the caller asks for, bounded by the service.
 * @throws EvenkeelError bad_request for a deadline that is none
 */
export function deadlineOf(headers: IncomingHttpHeaders, service: FrontService): number {
  const raw = headers['evenkeel-deadline-ms'];
  if (raw === undefined) return service.deadlineMs;
  const text = String(raw);
  const ms = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(ms > 0 && ms <= LONGEST_DEADLINE_MS)) {
    throw new EvenkeelError(
      'bad_request',
      `evenkeel-deadline-ms: expected milliseconds over 0, got "${text.slice(0, 40)}"`,
    );
  }
  return Math.min(ms, service.maxDeadlineMs);
}

/**
 * The class of a request: the header where this caller may set it, the file's rules otherwise.
 * @throws EvenkeelError bad_request for a class that there is not, from a caller who may set it
 */
export function priorityOfRequest(
  headers: IncomingHttpHeaders,
  service: FrontService,
  identity: Extract<Identity, { ok: true }>,
  input: unknown,
): Priority {
  const raw = headers['evenkeel-priority'];
  if (raw === undefined || !identity.maySetPriority) return service.classify(headers, identity, input);
  const found = PRIORITIES.find((priority) => String(priority) === raw);
  if (found === undefined) {
    throw new EvenkeelError(
      'bad_request',
      `evenkeel-priority: expected 0, 1, 2 or 3, got "${String(raw).slice(0, 40)}"`,
    );
  }
  return found;
}

/** The trace of a request: W3C `traceparent` and, with a valid one only, `tracestate`. */
export function traceOfHeaders(headers: IncomingHttpHeaders): RequestTrace | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return undefined;
  const trace = parseTraceparent(traceparent);
  if (trace === undefined) return undefined;
  const list = Array.isArray(tracestate) ? tracestate.join(',') : tracestate;
  return { ...trace, state: list === undefined ? undefined : formatTracestate(parseTracestate(list)) };
}

/** Takes what the request needs from its tenant's budget. @throws EvenkeelError rate_limited */
export function charge(service: FrontService, tenant: string, tokens: number): void {
  const verdict = service.budgets?.take(tenant, tokens);
  if (verdict === undefined || verdict.ok) return;
  throw new EvenkeelError('rate_limited', `tenant ${tenant}: ${verdict.reason}`, {
    retryAfterMs: Number.isFinite(verdict.retryAfterMs) ? verdict.retryAfterMs : 3_600_000,
  });
}

/** Settles what was charged, an estimate, by what a model says it has used. */
export function settle(
  service: FrontService,
  tenant: string,
  charged: number,
  usage: Usage | undefined,
): void {
  if (usage !== undefined) service.budgets?.correct(tenant, usage.inputTokens + usage.outputTokens - charged);
}
