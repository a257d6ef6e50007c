import {
  type Clock,
  draftReview,
  EvenkeelError,
  type Incident,
  type Review,
  type ReviewWords,
  runbook,
} from '@evenkeel/core';
import type { DocumentRow, Store } from '@evenkeel/store';
import { z } from 'zod';
import type { IncidentBook } from '../incidents/book.ts';
import type { Evaluator } from '../objectives/evaluator.ts';
import { budgetSpent, impactOf } from './impact.ts';

const figure = z.object({
  name: z.string(),
  value: z.number(),
  text: z.string(),
  link: z.string(),
  restated: z.object({ was: z.string(), at: z.number() }).optional(),
});
export const actionShape = z.object({
  id: z.string().min(1).max(200),
  text: z.string().trim().min(1).max(2_000),
  kind: z.enum(['prevent', 'detect', 'mitigate', 'process']),
  owner: z.string().max(200).optional(),
  due: z.number().optional(),
  state: z.enum(['open', 'done', 'dropped']),
});
export const wordsShape = z.strictObject({
  rootCause: z.string().max(20_000),
  contributingFactors: z.array(z.string().max(2_000)).max(100),
  answers: z.record(z.string().max(500), z.string().max(20_000)),
  notes: z.string().max(100_000),
});
const reviewShape = z.object({
  incident: z.string(),
  service: z.string(),
  type: z.string(),
  summary: z.string(),
  state: z.enum(['draft', 'completed']),
  version: z.number(),
  draftedAt: z.number(),
  impact: z.array(figure),
  times: z.array(figure),
  degraded: z.array(figure),
  timeline: z.array(z.unknown()),
  mitigations: z.array(z.unknown()),
  questions: z.array(z.string()),
  prevention: z.array(z.string()),
  wentWell: z.array(z.string()),
  toImprove: z.array(z.string()),
  detectionImprovements: z.array(z.string()),
  course: z.array(z.object({ at: z.number(), bad: z.number() })),
  actions: z.array(actionShape),
  words: wordsShape,
});
// Written by us alone; what was undefined is not in the JSON and reads as undefined again.
const isReview = (value: unknown): value is Review => reviewShape.safeParse(value).success;

export interface KeptReview {
  readonly review: Review;
  /** Revision of the document, for whoever edits it. */
  readonly revision: number;
}

export interface ReviewBook {
  list(filter: {
    readonly service?: string | undefined;
    readonly state?: 'draft' | 'completed' | undefined;
    readonly limit: number;
  }): Promise<readonly KeptReview[]>;
  /** The review of an incident; a draft is drawn again from the record as it is now. */
  get(incident: string): Promise<KeptReview>;
  /** People's words and action items, beside the facts. @throws EvenkeelError conflict when somebody else was faster */
  edit(
    incident: string,
    revision: number,
    change: { readonly words?: ReviewWords | undefined; readonly actions?: Review['actions'] | undefined },
    by: string,
  ): Promise<KeptReview>;
  complete(incident: string, by: string): Promise<KeptReview>;
  budgetSpent(incident: Incident): Promise<number | undefined>;
}

export function reviewBook(parts: {
  readonly store: Store;
  readonly evaluator: Evaluator;
  readonly incidents: IncidentBook;
  readonly clock: Clock;
}): ReviewBook {
  const { store, evaluator, incidents, clock } = parts;
  const now = (): number => Math.round(clock.wall());

  function keptOf(row: DocumentRow | undefined): KeptReview | undefined {
    return row !== undefined && isReview(row.body) ? { review: row.body, revision: row.revision } : undefined;
  }

  async function write(review: Review, revision: number, by: string, action: string): Promise<KeptReview> {
    const known = await store.documents.get('review', review.incident);
    await store.documents.commit({
      puts: [
        {
          kind: 'review',
          id: review.incident,
          service: review.service,
          state: review.state,
          label: review.type,
          createdAt: known?.createdAt ?? now(),
          updatedAt: now(),
          revision,
          body: review,
        },
      ],
      audit: [{ at: now(), by, action, subject: review.incident, service: review.service, detail: {} }],
      outbox: [],
    });
    return { review, revision: revision + 1 };
  }

  const runbookOf = (incident: Incident) => ({
    done: new Set(incident.mitigations.map(({ action }) => action)).size,
    possible: runbook(incident.type).immediateActions.length,
  });

  const impact = (incident: Incident) => impactOf({ store, evaluator }, incident, runbookOf(incident), now());

  async function drawn(id: string): Promise<KeptReview> {
    const known = keptOf(await store.documents.get('review', id));
    if (known?.review.state === 'completed') return known;
    const { incident } = await incidents.get(id);
    const review = draftReview(incident, await impact(incident), known?.review, now());
    return { review, revision: known?.revision ?? 0 };
  }

  return {
    async list({ service, state, limit }) {
      const rows = await store.documents.list({
        kind: 'review',
        service,
        states: state === undefined ? undefined : [state],
        limit,
      });
      return rows.map(keptOf).filter((kept) => kept !== undefined);
    },
    get: drawn,
    async edit(id, revision, change, by) {
      const current = await drawn(id);
      if (current.review.state === 'completed') {
        throw new EvenkeelError('conflict', `the review of ${id} is completed: it stays as it is`);
      }
      if (current.revision !== revision) {
        throw new EvenkeelError('conflict', `somebody else has edited the review of ${id} meanwhile`);
      }
      const review = {
        ...current.review,
        words: change.words ?? current.review.words,
        actions: change.actions ?? current.review.actions,
      };
      return write(review, revision, by, 'review.edit');
    },
    async complete(id, by) {
      const { review, revision } = await drawn(id);
      if (review.state === 'completed')
        throw new EvenkeelError('conflict', `the review of ${id} is completed`);
      if (review.words.rootCause.trim() === '') {
        throw new EvenkeelError('conflict', 'a review is not complete without a root cause in words');
      }
      return write({ ...review, state: 'completed' }, revision, by, 'review.complete');
    },
    budgetSpent: async (incident) => budgetSpent(await impact(incident)),
  };
}
