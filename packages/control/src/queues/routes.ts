import { EvenkeelError, type ReplicaLink } from '@evenkeel/core';
import type { Queues } from '@evenkeel/store';
import { z } from 'zod';
import { noQuery, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';

const filter = z.strictObject({
  service: z.string().optional(),
  kind: z.enum(['hold', 'review']).optional(),
  state: z.enum(['waiting', 'decided']).optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const verdictInput = z.strictObject({
  verdict: z.string().min(1).max(100),
  /** Who decided; the key's name unless said. */
  by: z.string().trim().min(1).max(200).optional(),
  note: z.string().max(2_000).optional(),
});

export interface QueueParts {
  readonly link: ReplicaLink;
  readonly queues: Queues;
  readonly audit: Recorder;
  /** Milliseconds that the content of a decided item is kept, by service. */
  readonly keepContentMs: (service: string) => number;
}

export function queueRoutes({ link, queues, audit, keepContentMs }: QueueParts): readonly Route[] {
  const item = async (id = '') => {
    const found = await queues.get(id);
    if (found === undefined) throw new EvenkeelError('not_found', `no queue item ${id}`);
    return found;
  };
  return [
    read({
      path: '/api/v1/queues',
      role: 'viewer',
      tag: 'queues',
      summary: 'How many items wait in each queue, and since when.',
      query: noQuery,
      async handle() {
        const services = await link.services();
        return {
          queues: await Promise.all(
            services.map(async ({ name }) => ({ service: name, ...(await queues.figures(name)) })),
          ),
        };
      },
    }),
    read({
      path: '/api/v1/queues/items',
      role: 'operator',
      tag: 'queues',
      summary: 'Items that wait for a person, or were decided; their content is what callers sent.',
      query: filter,
      handle: async (wanted) => ({ items: await queues.list(wanted) }),
    }),
    read({
      path: '/api/v1/queues/items/{id}',
      role: 'operator',
      tag: 'queues',
      summary: 'One item.',
      query: noQuery,
      handle: (_, { params }) => item(params.id),
    }),
    write({
      method: 'post',
      path: '/api/v1/queues/items/{id}/verdict',
      role: 'operator',
      tag: 'queues',
      summary: 'Decides an item; 409 when somebody was faster.',
      body: verdictInput,
      async handle({ verdict, by, note }, { params, caller }) {
        const known = await item(params.id);
        const decided = await queues.decide(
          known.id,
          verdict,
          by ?? caller.name,
          note,
          keepContentMs(known.service),
        );
        await audit(caller, 'queue.decide', known.id, known.service, { verdict });
        return decided;
      },
    }),
  ];
}
