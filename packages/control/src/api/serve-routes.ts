import { EvenkeelError, nearestName } from '@evenkeel/core';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problem } from '../problem.ts';
import { type ApiCaller, Reply, type Route } from './route.ts';

/** Decides who calls. @throws EvenkeelError unauthorized or forbidden */
export type Authorize = (context: Context, role: Route['role']) => ApiCaller | Promise<ApiCaller>;

async function bodyOf(context: Context, route: Route): Promise<unknown> {
  if (route.method === 'get') return undefined;
  const type = context.req.header('content-type') ?? '';
  const text = await context.req.text();
  const wanted = route.types.some((known) => type.toLowerCase().startsWith(known));
  if (text === '' && route.body !== undefined) return undefined;
  if (!wanted) {
    throw new EvenkeelError(
      'unsupported_media_type',
      `the body must be ${route.types.join(' or ')}, not "${type}"`,
    );
  }
  if (route.body === undefined) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new EvenkeelError('bad_request', 'the body is not valid JSON');
  }
}

function answer(context: Context, route: Route, result: unknown): Response {
  if (result instanceof Reply) {
    return new Response(result.body ?? null, { status: result.status, headers: result.headers });
  }
  context.header('cache-control', 'no-store');
  if (result === undefined) return context.body(null, 204);
  return new Response(JSON.stringify(result), {
    status: route.status ?? 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}

/** Hangs the routes into a server: authorisation, bounds, schemas, and every error in one shape. */
export function serveRoutes(routes: readonly Route[], authorize: Authorize): Hono {
  const app = new Hono();
  app.onError((error, context) => problem(context, error));
  const paths = new Set(routes.map(({ path }) => path));
  app.notFound((context) => {
    const near = nearestName(context.req.path, paths);
    return problem(
      context,
      new EvenkeelError(
        'not_found',
        `no ${context.req.method} ${context.req.path}${near === undefined ? '' : `; ${near}?`}`,
      ),
    );
  });
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    const limit = bodyLimit({
      maxSize: Math.max(1, route.maxBody),
      onError: (context) =>
        problem(
          context,
          new EvenkeelError('payload_too_large', `a body here has at most ${route.maxBody} bytes`),
        ),
    });
    app.on(route.method, path, limit, async (context) => {
      const caller = await authorize(context, route.role);
      const body = await bodyOf(context, route);
      const result = await route.run(context.req.query(), body, {
        params: context.req.param(),
        caller,
        headers: context.req.raw.headers,
        signal: context.req.raw.signal,
      });
      return answer(context, route, result);
    });
  }
  return app;
}
