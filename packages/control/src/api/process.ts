import type { Hono } from 'hono';
import { noQuery, Reply, type Route, read } from './route.ts';
import { serveRoutes } from './serve-routes.ts';

export interface ProcessParts {
  readonly ready: () => boolean;
  /** Prometheus exposition; with exemplars where the caller takes OpenMetrics. */
  readonly metrics:
    | ((accept: string | undefined) => Promise<{ readonly contentType: string; readonly body: string }>)
    | undefined;
}

/** What every process answers, whatever its role. */
export function processRoutes({ ready, metrics }: ProcessParts): readonly Route[] {
  return [
    read({
      path: '/healthz',
      role: 'public',
      tag: 'process',
      summary: 'The process is alive.',
      query: noQuery,
      handle: () => ({ status: 'ok' }),
    }),
    read({
      path: '/readyz',
      role: 'public',
      tag: 'process',
      summary: 'The process takes part.',
      query: noQuery,
      handle: () =>
        ready()
          ? { status: 'ready' }
          : new Reply(503, JSON.stringify({ status: 'not_ready' }), { 'content-type': 'application/json' }),
    }),
    ...(metrics === undefined
      ? []
      : [
          read({
            path: '/metrics',
            role: 'viewer',
            tag: 'process',
            summary: 'Prometheus exposition.',
            query: noQuery,
            async handle(_, { headers }) {
              const { contentType, body } = await metrics(headers.get('accept') ?? undefined);
              return new Reply(200, body, { 'content-type': contentType });
            },
          }),
        ]),
  ];
}

/** The small server of a process that only serves predictions: health and metrics, for this machine's scraper. */
export function processApi(parts: ProcessParts): Hono {
  return serveRoutes(processRoutes(parts), () => ({ name: 'anonymous', role: 'viewer' }));
}
