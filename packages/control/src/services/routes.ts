import { EvenkeelError, nearestName, type ReplicaLink } from '@evenkeel/core';
import { noQuery, type Route, read } from '../api/route.ts';

/** @throws EvenkeelError unknown_service, with the nearest name */
export function unknownService(name: string, known: Iterable<string>): EvenkeelError {
  const near = nearestName(name, known);
  return new EvenkeelError(
    'unknown_service',
    `no service "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
  );
}

export function serviceRoutes(link: ReplicaLink): readonly Route[] {
  return [
    read({
      path: '/api/v1/services',
      role: 'viewer',
      tag: 'services',
      summary: 'The services as they stand now: ladder, breakers, limits, components.',
      query: noQuery,
      handle: async () => ({ services: await link.services() }),
    }),
    read({
      path: '/api/v1/services/{name}',
      role: 'viewer',
      tag: 'services',
      summary: 'One service as it stands now.',
      query: noQuery,
      async handle(_, { params }) {
        const { name = '' } = params;
        const service = await link.service(name);
        if (service !== undefined) return service;
        throw unknownService(
          name,
          (await link.services()).map((known) => known.name),
        );
      },
    }),
  ];
}
