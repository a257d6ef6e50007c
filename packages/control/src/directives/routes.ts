import { EvenkeelError, type ReplicaLink } from '@evenkeel/core';
import { noBody, noQuery, Reply, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import { directiveInput } from './directive-input.ts';

export function directiveRoutes(link: ReplicaLink, audit: Recorder): readonly Route[] {
  return [
    read({
      path: '/api/v1/directives',
      role: 'viewer',
      tag: 'directives',
      summary: 'Orders in force, each with owner, reason and expiry.',
      query: noQuery,
      handle: async () => ({ directives: await link.directives() }),
    }),
    write({
      method: 'post',
      path: '/api/v1/directives',
      role: 'operator',
      tag: 'directives',
      summary:
        'Orders the serving path to do something for a time: pin, forbid, tighten, strictness, roll back.',
      status: 201,
      body: directiveInput,
      async handle({ lease, owner, ...order }, { caller }) {
        const directive = await link.direct({ ...order, owner: owner ?? caller.name }, lease);
        await audit(caller, 'directive.set', directive.id, directive.service, {
          order: directive.order,
          reason: directive.reason,
          expiresAt: directive.expiresAt,
        });
        return directive;
      },
    }),
    write({
      method: 'delete',
      path: '/api/v1/directives/{id}',
      role: 'operator',
      tag: 'directives',
      summary: 'Ends an order before its time.',
      body: noBody,
      async handle(_, { params, caller }) {
        const { id = '' } = params;
        if (!(await link.lift(id))) throw new EvenkeelError('not_found', `no directive ${id} is in force`);
        await audit(caller, 'directive.lift', id, undefined, {});
        return new Reply(204, undefined);
      },
    }),
  ];
}
