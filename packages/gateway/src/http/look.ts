import { EvenkeelError } from '@evenkeel/core';
import { serviceNamed, versioned } from './decode.ts';
import type { FrontService, ServiceDirectory } from './front-service.ts';
import type { Reply } from './reply.ts';
import type { Route } from './route.ts';

/** Whether requests should be sent here. */
export type Readiness = 'starting' | 'ready' | 'draining';

const modelOf = (service: FrontService): unknown => ({
  id: service.name,
  object: 'model',
  created: Math.floor(service.createdAt / 1000),
  owned_by: 'evenkeel',
});

/** Answers what needs no prediction. @throws EvenkeelError unknown_service, not_found */
export function look(route: Route, services: ServiceDirectory, readiness: Readiness): Reply | Promise<Reply> {
  const ready = readiness === 'ready';
  const whenReady = ready ? 200 : 503;
  switch (route.kind) {
    case 'healthz':
      return { status: 200, body: { status: 'ok' } };
    case 'readyz':
      return { status: whenReady, body: { status: readiness } };
    case 'openai_models': {
      if (route.id !== undefined) return { status: 200, body: modelOf(serviceNamed(services, route.id)) };
      const all = services.names().flatMap((name) => services.get(name) ?? []);
      return { status: 200, body: { object: 'list', data: all.map(modelOf) } };
    }
    case 'oip_live':
      return { status: 200, body: { live: true } };
    case 'oip_ready':
      return { status: whenReady, body: { ready } };
    case 'oip_server':
      return {
        status: 200,
        body: { name: 'evenkeel', version: '2', extensions: ['evenkeel_degradation'] },
      };
    case 'oip_model': {
      const service = versioned(services, route);
      if (route.what === 'ready') return { status: whenReady, body: { ready } };
      return service.openInference.metadata().then(({ inputs, outputs }) => ({
        status: 200,
        body: { name: service.name, versions: [service.version()], platform: 'evenkeel', inputs, outputs },
      }));
    }
    default:
      throw new EvenkeelError('not_found');
  }
}
