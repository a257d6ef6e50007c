import { childTraceparent } from '@evenkeel/core';
import type { ModelCall } from './model.ts';

/**
 * The trace context that goes to an upstream, as a flat list of headers: the caller's trace with this rung's attempt as
 * parent, and its `tracestate`. Undefined where the caller sent no trace.
 */
export function traceHeaders({ request, rung }: ModelCall): readonly string[] | undefined {
  const { trace } = request;
  if (trace === undefined) return undefined;
  const headers = ['traceparent', childTraceparent(trace, request.id, rung ?? 'model')];
  if (trace.state !== undefined) headers.push('tracestate', trace.state);
  return headers;
}
