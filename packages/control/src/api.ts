import { type Clock, EvenkeelError, type ReplicaLink } from '@evenkeel/core';
import type { FactKind, Store } from '@evenkeel/store';
import type { Hono } from 'hono';
import { openApi } from './api/openapi.ts';
import { type ProcessParts, processRoutes } from './api/process.ts';
import { type ApiCaller, noQuery, type Route, read } from './api/route.ts';
import { serveRoutes } from './api/serve-routes.ts';
import { auditRecorder } from './audit/recorder.ts';
import { auditRoutes } from './audit/routes.ts';
import { authorizer } from './auth/authorize.ts';
import { directiveRoutes } from './directives/routes.ts';
import { factRoutes } from './facts/routes.ts';
import { keyRoutes } from './keys/routes.ts';
import type { BuiltPage } from './page/built-page.ts';
import { servePage } from './page/serve-page.ts';
import { sessionRoute } from './page/session-route.ts';
import { queueRoutes } from './queues/routes.ts';
import { requestRoutes } from './requests/routes.ts';
import { serviceRoutes } from './services/routes.ts';

export interface ApiParts extends ProcessParts {
  readonly link: ReplicaLink;
  readonly store: Store;
  readonly clock: Clock;
  readonly version: string;
  /** Names of the services that this process knows. */
  readonly services: () => readonly string[];
  /** Milliseconds that the content of a decided item is kept, by service. */
  readonly keepContentMs: (service: string) => number;
  readonly onFacts: (kind: FactKind) => void;
  /** Who calls without a key are: a viewer on loopback, nobody elsewhere. */
  readonly anonymous: ApiCaller | undefined;
  /** The dashboard; undefined where it was not built. */
  readonly page?: BuiltPage | undefined;
  /** Routes of the other parts. */
  readonly routes: readonly Route[];
  /** Why the API does not answer, as an experiment wants it; undefined when it does. */
  readonly outage?: (() => string | undefined) | undefined;
}

/** What answers in an outage that is made on purpose: health, and whatever ends it. */
function answersInOutage({ role, path, method }: Route): boolean {
  return (
    role === 'public' ||
    path.endsWith('/halt-all') ||
    path.endsWith('/abort') ||
    (method === 'delete' && path.startsWith('/api/v1/directives/'))
  );
}

function withOutage(route: Route, outage: () => string | undefined): Route {
  if (answersInOutage(route)) return route;
  return {
    ...route,
    run: async (query, body, call) => {
      const out = outage();
      if (out !== undefined) throw new EvenkeelError('store_unavailable', out);
      return route.run(query, body, call);
    },
  };
}

/** Every route of the control plane. */
export function controlRoutes(parts: ApiParts): readonly Route[] {
  const { link, store, clock } = parts;
  const audit = auditRecorder(store.audit, clock);
  const routes: readonly Route[] = [
    ...processRoutes(parts),
    ...serviceRoutes(link),
    ...requestRoutes(link, store),
    ...directiveRoutes(link, audit),
    ...queueRoutes({ link, queues: store.queues, audit, keepContentMs: parts.keepContentMs }),
    ...factRoutes({ facts: store.facts, clock, audit, services: parts.services, onFacts: parts.onFacts }),
    ...keyRoutes(store.keys, clock, audit),
    ...auditRoutes(store.audit),
    ...parts.routes,
  ];
  const all = [...routes, sessionRoute(routes, parts.version)];
  const document = read({
    path: '/api/v1/openapi.json',
    role: 'public',
    tag: 'process',
    summary: 'This document.',
    query: noQuery,
    handle: () => openApi(all, parts.version),
  });
  const { outage } = parts;
  return outage === undefined
    ? [...all, document]
    : [...all.map((route) => withOutage(route, outage)), document];
}

/** The API of the control plane, under `/api/v1`. */
export function controlApi(parts: ApiParts): Hono {
  const app = serveRoutes(controlRoutes(parts), authorizer(parts.store.keys, parts.clock, parts.anonymous));
  if (parts.page !== undefined) servePage(app, parts.page);
  return app;
}
