import {
  type Clock,
  EvenkeelError,
  factsOf,
  incidentMetrics,
  incidentsCsv,
  METRICS_WINDOW_MS,
  regressionOf,
  reviewMarkdown,
} from '@evenkeel/core';
import { z } from 'zod';
import { noBody, Reply, type Route, read, write } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { IncidentBook } from '../incidents/book.ts';
import type { IncidentEngine } from '../incidents/engine.ts';
import { actionShape, type ReviewBook, wordsShape } from './book.ts';

const listFilter = z.strictObject({
  service: z.string().optional(),
  state: z.enum(['draft', 'completed']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const oneFilter = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') });
const editInput = z.strictObject({
  revision: z.int().min(0),
  words: wordsShape.optional(),
  actions: z.array(actionShape).max(200).optional(),
});
const metricsFilter = z.strictObject({
  service: z.string().optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  format: z.enum(['json', 'csv']).default('json'),
});
const MOST_INCIDENTS = 500;

export function reviewRoutes(parts: {
  readonly reviews: ReviewBook;
  readonly incidents: IncidentBook;
  readonly engine: IncidentEngine;
  /** Models of a service by name, and a file of kept requests. */
  readonly context: (service: string) => { readonly models: readonly string[]; readonly corpus: string };
  readonly audit: Recorder;
  readonly clock: Clock;
}): readonly Route[] {
  const { reviews, incidents, engine, audit, clock } = parts;
  const now = (): number => Math.round(clock.wall());
  return [
    read({
      path: '/api/v1/reviews',
      role: 'viewer',
      tag: 'reviews',
      summary: 'Reviews that somebody has begun or completed, newest first.',
      query: listFilter,
      handle: async (filter) => ({ reviews: await reviews.list(filter) }),
    }),
    read({
      path: '/api/v1/reviews/{incident}',
      role: 'viewer',
      tag: 'reviews',
      summary:
        'The review of an incident: facts from the record, drawn now, beside what people wrote. Also as Markdown.',
      query: oneFilter,
      async handle({ format }, { params }) {
        const kept = await reviews.get(params.incident ?? '');
        if (format === 'json') return kept;
        return new Reply(200, reviewMarkdown(kept.review), {
          'content-type': 'text/markdown; charset=utf-8',
        });
      },
    }),
    write({
      method: 'put',
      path: '/api/v1/reviews/{incident}',
      role: 'operator',
      tag: 'reviews',
      summary: 'Edits words and action items; 409 when somebody else was faster.',
      body: editInput,
      handle: ({ revision, ...change }, { params, caller }) =>
        reviews.edit(
          params.incident ?? '',
          revision,
          {
            words: change.words,
            actions: change.actions?.map((action) => ({ ...action, owner: action.owner, due: action.due })),
          },
          caller.name,
        ),
    }),
    write({
      method: 'post',
      path: '/api/v1/reviews/{incident}/complete',
      role: 'operator',
      tag: 'reviews',
      summary: 'Completes a review: it is a version that stays.',
      body: noBody,
      handle: (_, { params, caller }) => reviews.complete(params.incident ?? '', caller.name),
    }),
    write({
      method: 'post',
      path: '/api/v1/reviews/{incident}/experiment',
      role: 'operator',
      tag: 'reviews',
      summary:
        'Makes the incident into the experiment that reproduces its trigger, and ties the two together.',
      status: 201,
      body: noBody,
      async handle(_, { params, caller }) {
        const { incident } = await incidents.get(params.incident ?? '');
        const traffic = engine.diagnosis(incident.service)?.snapshot.traffic;
        const perSecond = (counts: { total: number; spanMs: number } | undefined): number =>
          counts === undefined || counts.spanMs <= 0 ? 0 : (counts.total * 1_000) / counts.spanMs;
        const usual = perSecond(traffic?.usual);
        const made = regressionOf(incident, {
          ...parts.context(incident.service),
          traffic: {
            requestsPerSecond: perSecond(traffic?.recent),
            timesUsual: usual > 0 ? perSecond(traffic?.recent) / usual : 1,
          },
        });
        if (!made.ok)
          throw new EvenkeelError('conflict', `${made.reason}: waive the experiment with a reason`);
        const id = made.draft.name;
        const result = await incidents.command(incident.id, {
          by: { name: caller.name, automatic: false },
          at: now(),
          intent: { do: 'set_experiment', experiment: { id, state: 'defined', at: now() } },
        });
        if (!result.ok) throw new EvenkeelError('conflict', result.message);
        await audit(caller, 'review.experiment', incident.id, incident.service, { experiment: id });
        return made.draft;
      },
    }),
    read({
      path: '/api/v1/incident-metrics',
      role: 'viewer',
      tag: 'incidents',
      summary:
        'Totals by type and severity, times to detect, acknowledge, mitigate and resolve, noise; 30 days unless said.',
      query: metricsFilter,
      async handle({ service, from, to, format }) {
        const until = to ?? now();
        const since = from ?? until - METRICS_WINDOW_MS;
        const found: ReturnType<typeof factsOf>[] = [];
        let after: string | undefined;
        for (;;) {
          const page = await incidents.list({
            service,
            from: since,
            to: until,
            after,
            limit: MOST_INCIDENTS,
          });
          for (const incident of page) found.push(factsOf(incident, undefined));
          after = page.at(-1)?.id;
          if (page.length < MOST_INCIDENTS) break;
        }
        if (format === 'csv') {
          return new Reply(200, incidentsCsv(found), { 'content-type': 'text/csv; charset=utf-8' });
        }
        return incidentMetrics(found, { from: since, to: until }, now());
      },
    }),
  ];
}
