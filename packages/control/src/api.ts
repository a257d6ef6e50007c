import { EvenkeelError, LEVELS, nearestName, type ReplicaLink } from '@evenkeel/core';
import type { Queues } from '@evenkeel/store';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { jsonBody, query } from './body.ts';
import { directiveInput } from './directive-input.ts';
import { sameOrigin } from './origin.ts';
import { problem } from './problem.ts';

export interface ApiParts {
  readonly link: ReplicaLink;
  readonly queues: Queues;
  /** Milliseconds that the content of a decided item is kept, by service. */
  readonly keepContentMs: (service: string) => number;
  readonly ready: () => boolean;
}

const MAX_BODY = 256 * 1024;
const limit = z.coerce.number().int().min(1).max(500).default(50);
const requestFilter = z.strictObject({
  service: z.string().optional(),
  level: z.enum([...LEVELS, 'failed']).optional(),
  trace: z.string().optional(),
  limit,
});
const queueFilter = z.strictObject({
  service: z.string().optional(),
  kind: z.enum(['hold', 'review']).optional(),
  state: z.enum(['waiting', 'decided']).optional(),
  after: z.string().optional(),
  limit,
});
const verdictInput = z.strictObject({
  verdict: z.string().min(1).max(100),
  by: z.string().trim().min(1).max(200),
  note: z.string().max(2_000).optional(),
});

/** The API of the control plane, under `/api/v1`. It answers on loopback only until keys exist. */
export function controlApi(parts: ApiParts): Hono {
  const { link, queues } = parts;
  const app = new Hono();
  app.onError((error, context) => problem(context, error));
  app.notFound((context) =>
    problem(context, new EvenkeelError('not_found', `no ${context.req.method} ${context.req.path}`)),
  );
  app.use('*', sameOrigin);
  app.use(
    '*',
    bodyLimit({
      maxSize: MAX_BODY,
      onError: (context) =>
        problem(context, new EvenkeelError('payload_too_large', `a body here has at most ${MAX_BODY} bytes`)),
    }),
  );

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', (context) =>
    parts.ready() ? context.json({ status: 'ready' }) : context.json({ status: 'not_ready' }, 503),
  );

  app.get('/api/v1/services', async (context) => context.json({ services: await link.services() }));
  app.get('/api/v1/services/:name', async (context) => {
    const name = context.req.param('name');
    const service = await link.service(name);
    if (service !== undefined) return context.json(service);
    const near = nearestName(
      name,
      (await link.services()).map((known) => known.name),
    );
    throw new EvenkeelError(
      'unknown_service',
      `no service "${name}"${near === undefined ? '' : `; "${near}"?`}`,
    );
  });

  app.get('/api/v1/requests', async (context) => {
    const { service, level, trace, limit: most } = query(context, requestFilter);
    return context.json({ requests: await link.requests({ service, level, traceId: trace, limit: most }) });
  });
  app.get('/api/v1/requests/:id', async (context) => {
    const record = await link.request(context.req.param('id'));
    if (record === undefined) {
      throw new EvenkeelError(
        'not_found',
        'no record of this request: it is unknown, or older than what is kept',
      );
    }
    return context.json(record);
  });

  app.get('/api/v1/directives', async (context) => context.json({ directives: await link.directives() }));
  app.post('/api/v1/directives', async (context) => {
    const { lease, ...order } = await jsonBody(context, directiveInput);
    return context.json(await link.direct(order, lease), 201);
  });
  app.delete('/api/v1/directives/:id', async (context) => {
    const id = context.req.param('id');
    if (!(await link.lift(id))) throw new EvenkeelError('not_found', `no directive ${id} is in force`);
    return context.body(null, 204);
  });

  app.get('/api/v1/queues', async (context) => {
    const services = await link.services();
    const figures = await Promise.all(
      services.map(async ({ name }) => ({ service: name, ...(await queues.figures(name)) })),
    );
    return context.json({ queues: figures });
  });
  app.get('/api/v1/queues/items', async (context) => {
    const { limit: most, ...filter } = query(context, queueFilter);
    return context.json({ items: await queues.list({ ...filter, limit: most }) });
  });
  app.get('/api/v1/queues/items/:id', async (context) => {
    const item = await queues.get(context.req.param('id'));
    if (item === undefined) throw new EvenkeelError('not_found', `no queue item ${context.req.param('id')}`);
    return context.json(item);
  });
  app.post('/api/v1/queues/items/:id/verdict', async (context) => {
    const { verdict, by, note } = await jsonBody(context, verdictInput);
    const known = await queues.get(context.req.param('id'));
    if (known === undefined) throw new EvenkeelError('not_found', `no queue item ${context.req.param('id')}`);
    const item = await queues.decide(known.id, verdict, by, note, parts.keepContentMs(known.service));
    return context.json(item);
  });
  return app;
}
