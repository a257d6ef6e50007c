import { z } from 'zod';
import { parseRange } from './range.ts';

/** A length of time; `0` too. */
const length = z.union([z.string(), z.literal(0)]).transform((text, context) => {
  const ms = text === 0 || /^0(ms|[smhdw])?$/.test(text) ? 0 : parseRange(text);
  if (ms !== undefined) return ms;
  context.addIssue({
    code: 'custom',
    message: `expected a duration such as "5m", "1h30m" or "30d", found "${text}"`,
  });
  return z.NEVER;
});
const positive = length.refine((ms) => ms > 0, 'expected a duration over 0');
const events = z.number().refine((value) => value >= 0, 'expected a number of events, 0 or more');
const figure = z.number().nullable();

/** What a test of objectives says: traffic, and what the budget and its alerts then are. */
export const objectiveTestSchema = z.strictObject({
  /** `name` or `service/name`; may be left out where there is one objective. */
  objective: z.string().optional(),
  /** The instant that all times count from; calendar windows and slices depend on it. */
  start: z.iso
    .datetime({ offset: true, error: 'expected an instant such as "2024-01-01T00:00:00Z"' })
    .optional(),
  /** Largest difference of a figure, absolute, and relative above 1 (default 1e-6). */
  tolerance: z.number().positive().optional(),
  series: z
    .array(
      z
        .strictObject({
          /** Since the start; left out, where the entry before ends. */
          at: length.optional(),
          /** The events are spread evenly over this; left out, all come at once. */
          duration: positive.optional(),
          /** The counts are those of every such stretch instead of the whole duration. */
          every: positive.optional(),
          good: events,
          total: events,
        })
        .superRefine((entry, context) => {
          const fail = (path: string, message: string): void => {
            context.addIssue({ code: 'custom', path: [path], message });
          };
          if (entry.good > entry.total)
            fail('good', `${entry.good} good of ${entry.total} is more than there are`);
          if (entry.every !== undefined && entry.duration === undefined) fail('every', 'needs a "duration"');
        }),
    )
    .min(1, 'expected at least one stretch of events'),
  expect: z
    .array(
      z.strictObject({
        at: length,
        state: z.enum(['no_data', 'healthy', 'warning', 'critical', 'exhausted']).optional(),
        sli: figure.optional(),
        consumed: figure.optional(),
        /** Share left; null: nothing can be said. */
        remaining: figure.optional(),
        /** Burn rate by the length of the look back. */
        burn: z.record(z.string(), figure).optional(),
        /** Names of the pairs that fire, exactly these. */
        alerts: z.array(z.string()).optional(),
      }),
    )
    .min(1, 'expected at least one expectation'),
});

export type ObjectiveTestFile = z.infer<typeof objectiveTestSchema>;
export type Expectation = ObjectiveTestFile['expect'][number];
