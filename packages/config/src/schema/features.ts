import { z } from 'zod';
import { longDuration, optionalDuration, serverUrl, shortDuration } from '../values.ts';
import { breakerSchema } from './models.ts';

const entity = z.union([
  z.string().describe('Path into the input, such as "input.sender".'),
  z.strictObject({
    path: z.string().describe('Path into the input, such as "input.sender".'),
    type: z.enum(['string', 'integer', 'number']).describe('What the source wants the value as.'),
  }),
]);

export const featuresSchema = z.strictObject({
  feast: z
    .strictObject({
      url: serverUrl,
      features: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Names such as "view:feature"; or name a feature_service.'),
      feature_service: z
        .string()
        .min(1)
        .optional()
        .describe('A feature service of the server, instead of features.'),
    })
    .optional()
    .describe('A Feast feature server.'),
  redis: z
    .strictObject({
      url: serverUrl,
      key: z.string().min(1).describe('Key of the hash, such as "sender:{sender}".'),
      fields: z.array(z.string().min(1)).min(1).describe('Fields of the hash: the features.'),
      timestamp: z.string().optional().describe('Field that holds the time of the values.'),
    })
    .optional()
    .describe('A Redis server with a hash for each entity.'),
  module: z.string().optional().describe('A JavaScript module that exports createFeatures.'),
  options: z.json().optional().describe('Handed to createFeatures.'),
  entities: z.record(z.string().min(1), entity).describe('Entity name → where its value is in the input.'),
  timeout: shortDuration('A read of the source takes at most this.').prefault('60ms'),
  max_age: longDuration('Last known values older than this are not used.').prefault('10m'),
  age_from: z.enum(['event', 'arrival']).default('event').describe('What the age of a value counts from.'),
  cache: z
    .strictObject({
      entries: z.int().min(0).max(10_000_000).default(50_000).describe('Values kept at most.'),
      fresh_for: optionalDuration('A value this young is not fetched again.').prefault('0ms'),
    })
    .prefault({})
    .describe('Last known values, for when the source is away.'),
  batch: z
    .strictObject({
      file: z.string().describe('NDJSON or CSV, beside this file.'),
      key: z.string().min(1).describe('Column that holds the entity.'),
      as_of: z
        .string()
        .default('as_of')
        .describe('Column that holds the time of a row; the time of the file without one.'),
      max_age: longDuration('Values older than this are not used.').prefault('1d'),
    })
    .optional()
    .describe('A table that stands behind the source.'),
  breaker: breakerSchema.optional().describe('When the source is left alone for a while.'),
});

export type RawFeatures = z.output<typeof featuresSchema>;
