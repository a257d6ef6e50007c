import { EvenkeelError, LEVELS, type ReplicaLink, type RequestRecord } from '@evenkeel/core';
import type { Store } from '@evenkeel/store';
import { z } from 'zod';
import { noQuery, type Route, read } from '../api/route.ts';

const filter = z.strictObject({
  service: z.string().optional(),
  level: z.enum([...LEVELS, 'failed']).optional(),
  trace: z.string().optional(),
  tenant: z.string().optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** What became of a prediction, as far as anybody told. */
async function facts(store: Store, id: string) {
  const [feedback, signals] = await Promise.all([
    store.facts.list({ kind: 'feedback', request: id, limit: 100 }),
    store.facts.list({ kind: 'signal', request: id, limit: 100 }),
  ]);
  const plain = (rows: typeof feedback) =>
    rows.map(({ id: fact, at, by, body }) => ({ id: fact, at, by, body }));
  return { feedback: plain(feedback), signals: plain(signals) };
}

export function requestRoutes(link: ReplicaLink, store: Store): readonly Route[] {
  return [
    read({
      path: '/api/v1/requests',
      role: 'viewer',
      tag: 'requests',
      summary:
        'Records of requests, newest first: those in the memory of replicas, then the sampled ones that were kept.',
      query: filter,
      async handle({ trace, tenant, from, to, ...wanted }) {
        const recent = (await link.requests({ ...wanted, traceId: trace })).filter(
          (record) =>
            (tenant === undefined || record.tenant === tenant) &&
            (from === undefined || record.at >= from) &&
            (to === undefined || record.at < to),
        );
        const kept = await store.predictions.records({ ...wanted, traceId: trace, tenant, from, to });
        const found = new Map<string, RequestRecord>(recent.map((record) => [record.id, record]));
        for (const { record } of kept) if (!found.has(record.id)) found.set(record.id, record);
        return {
          requests: [...found.values()].sort((a, b) => b.at - a.at).slice(0, wanted.limit),
        };
      },
    }),
    read({
      path: '/api/v1/requests/{id}',
      role: 'viewer',
      tag: 'requests',
      summary:
        'One request: every layer with its decision and reason, and the labels, ratings and reports that came for it.',
      query: noQuery,
      async handle(_, { params }) {
        const { id = '' } = params;
        const record = (await link.request(id)) ?? (await store.predictions.record(id))?.record;
        if (record !== undefined) return { ...record, facts: await facts(store, id) };
        const row = await store.predictions.row(id);
        if (row !== undefined) return { ...row, sampled: false, facts: await facts(store, id) };
        throw new EvenkeelError(
          'not_found',
          'no record of this request: it is unknown, or older than what is kept',
        );
      },
    }),
  ];
}
