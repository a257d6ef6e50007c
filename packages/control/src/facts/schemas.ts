import { z } from 'zod';

const service = z.string().min(1).max(200);
/** The sender's own; the same id again changes nothing. */
const id = z.string().min(1).max(200);
const at = z.number().optional().describe('When it happened, wall milliseconds; now unless said.');
const request = z.string().min(1).max(200);
/** More than this in one signal is a wrong unit; sums of them stay exact. */
const MOST_EVENTS = 1e12;
const word = z.string().min(1).max(500);

/** What became of a prediction: a label, a rating, a report, an outcome; at least one of them. */
export const feedbackSchema = z
  .strictObject({
    id,
    service,
    at,
    request: request.describe('Id of the request that it speaks of.'),
    label: word.optional().describe('The right answer.'),
    rating: z.number().min(1).max(5).optional(),
    report: z.string().min(1).max(2_000).optional().describe('What a user complains of.'),
    outcome: word.optional().describe('What came of it: click, conversion, chargeback.'),
    entities: z
      .record(z.string().max(100), z.union([z.string().max(500), z.number()]))
      .optional()
      .describe('Whom it is about, for whoever keeps features of them.'),
  })
  .refine(
    ({ label, rating, report, outcome }) =>
      label !== undefined || rating !== undefined || report !== undefined || outcome !== undefined,
    'expected a label, a rating, a report or an outcome',
  );
export type Feedback = z.output<typeof feedbackSchema>;

/** Something measured elsewhere: events of an objective, the result of an experiment, a training event. */
export const signalSchema = z
  .strictObject({
    id,
    service,
    at,
    name: word.describe('Which signal: an objective asks for it by this name.'),
    request: request.optional(),
    verdict: z.enum(['good', 'bad']).optional().describe('One event.'),
    good: z.number().min(0).max(MOST_EVENTS).optional().describe('Good events of many, with total.'),
    total: z.number().min(0).max(MOST_EVENTS).optional(),
    value: z.number().optional(),
    segment: z.string().max(200).optional(),
    detail: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(
    ({ verdict, good, total, value }) =>
      verdict !== undefined || (good !== undefined && total !== undefined) || value !== undefined,
    'expected a verdict, or good and total, or a value',
  )
  .refine(
    ({ good, total }) => good === undefined || total === undefined || good <= total,
    'good is more than total',
  );
export type Signal = z.output<typeof signalSchema>;

/** Something was changed, by people or machines: a possible cause of what follows. */
export const changeSchema = z.strictObject({
  id,
  service,
  at,
  kind: z.enum(['deploy', 'schema', 'data', 'configuration', 'model', 'other']),
  what: word,
  version: word.optional(),
  link: z.url().max(2_000).optional(),
});
export type Change = z.output<typeof changeSchema>;

/** Time that does not count: planned, after the fact, or coming back by an RFC 5545 rule. */
export const exclusionSchema = z
  .strictObject({
    id,
    service,
    at,
    objective: word.optional().describe('One objective; all of the service unless said.'),
    from: z.number().describe('Wall milliseconds.'),
    to: z.number().describe('Wall milliseconds.'),
    rrule: z
      .string()
      .max(500)
      .optional()
      .describe('Comes back by this rule, each time as long as from to to.'),
    reason: z.string().trim().min(1).max(500),
  })
  .refine(({ from, to }) => to > from, 'to must lie after from')
  .refine(({ from, to }) => to - from <= 366 * 86_400_000, 'an exclusion lasts a year at most');
export type Exclusion = z.output<typeof exclusionSchema>;
