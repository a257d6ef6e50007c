import { z } from 'zod';
import { longDuration, optionalDuration, serverUrl, shortDuration } from '../values.ts';
import { breakerSchema } from './models.ts';

const entity = z.union([
  z.string().describe('Path into the input, such as "input.sender".'),
  z.strictObject({ path: z.string(), type: z.enum(['string', 'integer', 'number']) }),
]);

export const featuresSchema = z.strictObject({
  feast: z
    .strictObject({
      url: serverUrl,
      features: z.array(z.string().min(1)).min(1).optional(),
      feature_service: z.string().min(1).optional(),
    })
    .optional()
    .describe('A Feast feature server.'),
  redis: z
    .strictObject({
      url: serverUrl,
      key: z.string().min(1).describe('Key of the hash, such as "sender:{sender}".'),
      fields: z.array(z.string().min(1)).min(1),
      timestamp: z.string().optional().describe('Field that holds the time of the values.'),
    })
    .optional(),
  module: z.string().optional().describe('A JavaScript module that exports createFeatures.'),
  options: z.json().optional().describe('Handed to createFeatures.'),
  entities: z.record(z.string().min(1), entity).describe('Entity name → where its value is in the input.'),
  timeout: shortDuration('A read of the source takes at most this.').default(60),
  max_age: longDuration('Last known values older than this are not used.').default(600_000),
  age_from: z.enum(['event', 'arrival']).default('event').describe('What the age of a value counts from.'),
  cache: z
    .strictObject({
      entries: z.int().min(0).max(10_000_000).default(50_000),
      fresh_for: optionalDuration('A value this young is not fetched again.').default(0),
    })
    .default({ entries: 50_000, fresh_for: 0 }),
  batch: z
    .strictObject({
      file: z.string(),
      key: z.string().min(1),
      as_of: z.string().default('as_of'),
      max_age: longDuration('Values older than this are not used.').default(86_400_000),
    })
    .optional()
    .describe('A table that stands behind the source.'),
  breaker: breakerSchema.optional(),
});

export type RawFeatures = z.output<typeof featuresSchema>;
