import { type Clock, nearestName } from '@evenkeel/core';
import type { FactKind, Facts } from '@evenkeel/store';
import { z } from 'zod';
import { type Route, read, writeText } from '../api/route.ts';
import type { Recorder } from '../audit/recorder.ts';
import { wrongExclusion } from '../objectives/exclusions.ts';
import { type Fact, ingest } from './ingest.ts';
import { changeSchema, exclusionSchema, feedbackSchema, signalSchema } from './schemas.ts';

const NDJSON = 'application/x-ndjson';
const MAX_BODY = 8 * 1024 * 1024;

const filter = z.strictObject({
  service: z.string().optional(),
  request: z.string().optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  /** For reading on as they arrive. */
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export interface FactParts {
  readonly facts: Facts;
  readonly clock: Clock;
  readonly audit: Recorder;
  /** Names of the services that are known here. */
  readonly services: () => readonly string[];
  /** Names of pushed indicators of a service: a signal of another name is kept, but counts nowhere. */
  readonly onFacts: (kind: FactKind) => void;
}

interface Noun<T extends Fact> {
  readonly kind: FactKind;
  readonly noun: string;
  readonly schema: z.ZodType<T>;
  readonly role: 'viewer' | 'operator';
  readonly summary: string;
  /** What else may be wrong with one. */
  readonly refuse?: (fact: T, now: number) => string | undefined;
}

function nounRoutes<T extends Fact>(noun: Noun<T>, parts: FactParts): readonly Route[] {
  const { facts, clock, audit, services } = parts;
  const path = `/api/v1/${noun.noun}`;
  return [
    read({
      path,
      role: 'viewer',
      tag: noun.noun,
      summary: `${noun.summary} Newest first; with after, in the order of arrival.`,
      query: filter,
      handle: async (wanted) => ({ [noun.noun]: await facts.list({ ...wanted, kind: noun.kind }) }),
    }),
    writeText({
      method: 'post',
      path,
      role: noun.role,
      tag: noun.noun,
      summary: `${noun.summary} One, {"items": […]}, or one a line (NDJSON); what is good of a batch is kept.`,
      types: ['application/json', NDJSON],
      maxBody: MAX_BODY,
      async handle(text, { caller, headers }) {
        const ndjson = (headers.get('content-type') ?? '').toLowerCase().startsWith(NDJSON);
        const receipt = await ingest(text, ndjson, {
          ...noun,
          by: caller.name,
          facts,
          clock,
          refuse(fact) {
            const { service } = fact;
            const known = services();
            if (known.includes(service)) return noun.refuse?.(fact, Math.round(clock.wall()));
            const near = nearestName(service, known);
            return `service: no "${service}"${near === undefined ? '' : `; did you mean "${near}"?`}`;
          },
        });
        // Labels come by the thousand; who excluded time or announced a change is of interest one by one.
        if (noun.kind === 'exclusion' || noun.kind === 'change') {
          await audit(caller, `${noun.kind}.add`, `${receipt.accepted} new`, undefined, receipt);
        }
        if (receipt.accepted > 0) parts.onFacts(noun.kind);
        return receipt;
      },
    }),
  ];
}

export function factRoutes(parts: FactParts): readonly Route[] {
  return [
    ...nounRoutes(
      {
        kind: 'feedback',
        noun: 'feedback',
        schema: feedbackSchema,
        role: 'operator',
        summary: 'Labels, ratings, reports and outcomes of predictions.',
      },
      parts,
    ),
    ...nounRoutes(
      {
        kind: 'signal',
        noun: 'signals',
        schema: signalSchema,
        role: 'operator',
        summary: 'Events and figures measured elsewhere.',
      },
      parts,
    ),
    ...nounRoutes(
      {
        kind: 'change',
        noun: 'changes',
        schema: changeSchema,
        role: 'operator',
        summary: 'Deploys, schema, data and configuration changes.',
      },
      parts,
    ),
    ...nounRoutes(
      {
        kind: 'exclusion',
        noun: 'exclusions',
        schema: exclusionSchema,
        role: 'operator',
        summary: 'Time that does not count, with a reason and a name.',
        refuse: wrongExclusion,
      },
      parts,
    ),
  ];
}
