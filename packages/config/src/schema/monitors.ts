import { z } from 'zod';
import { longDuration, name } from '../values.ts';

const watched = z
  .string()
  .regex(
    /^(score|confidence|label|level|input_tokens|output_tokens|feature:.+|input:.+)$/,
    'expected score, confidence, label, level, input_tokens, output_tokens, "feature:NAME" or "input:PATH"',
  );

const baseline = z.union([
  z.literal('learned').describe('The first traffic, until another one is set.'),
  z.strictObject({
    file: z.string().min(1).describe('CSV or NDJSON, beside this file.'),
    column: z.string().min(1).optional().describe('Its column; the name of the monitor when left out.'),
  }),
  z.strictObject({
    rolling: longDuration('The last so many days, at least one.').describe(
      'Whole days, such as "7d": slow drift is followed, not found.',
    ),
  }),
  z.strictObject({
    seasonal: z
      .int()
      .min(1)
      .max(52)
      .describe('Each hour of the week with itself, half of its weight renewed in so many weeks.'),
  }),
]);

const learn = z.strictObject({
  values: z
    .int()
    .min(100)
    .max(10_000)
    .default(1_000)
    .describe('A baseline is learned from at least so many values.'),
  for: longDuration('And over at least so long.').prefault('10m'),
});

const watch = z.strictObject({
  of: watched.describe(
    'What is watched: score, confidence, label, level, input_tokens, output_tokens, "feature:NAME" or "input:PATH".',
  ),
  kind: z
    .enum(['numeric', 'categorical'])
    .optional()
    .describe('Numbers or names; what fits `of` when left out.'),
  worse: z
    .enum(['any', 'higher', 'lower'])
    .optional()
    .describe('Which way is worse; a change the other way is said, but is no violation.'),
  baseline: baseline.optional().describe('What it is compared with.'),
  minimum: z.int().min(1).max(1_000_000).optional().describe('Values below which nothing is said.'),
  max_age: longDuration('Values older than this no longer count.').optional(),
  learn: learn.optional().describe('How a baseline is learned.'),
  segments: z.boolean().default(true).describe('Whether the parts of the traffic are watched apart too.'),
});

export const monitorsSchema = z.strictObject({
  defaults: z
    .boolean()
    .default(true)
    .describe(
      'Whether score, confidence, label, level and the features of the source are watched without being named.',
    ),
  false_alarm_every: z
    .int()
    .min(1_000)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe('Requests between two false alarms of all monitors together, on average, at least.'),
  minimum: z.int().min(1).max(1_000_000).default(100).describe('Values below which nothing is said.'),
  max_age: longDuration('Values older than this no longer count.').prefault('1h'),
  learn: learn.prefault({}).describe('How baselines are learned.'),
  baseline: baseline.default('learned').describe('What is compared with, where a monitor does not say.'),
  segments: z
    .strictObject({
      by: z.enum(['tenant', 'tier', 'model', 'version', 'level']).describe('What parts the traffic.'),
      max: z.int().min(1).max(100).default(10).describe('Parts watched apart at most.'),
    })
    .optional()
    .describe('Parts of the traffic that are watched apart.'),
  watch: z
    .record(name, watch)
    .default({})
    .describe('Monitors of your own, by name; they replace a usual one of the same `of`.'),
  estimate: z
    .strictObject({
      positive: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The label that the score is the probability of; without it the confidence is held against right and wrong.',
        ),
      false_alarm_every: z
        .int()
        .min(100)
        .max(100_000_000)
        .default(10_000)
        .describe('Labels between two false alarms of the test of the estimate, on average, at least.'),
      calibrate_after: z.int().min(50).max(100_000).default(200).describe('Labels that a calibration needs.'),
      half_life: z
        .int()
        .min(200)
        .max(10_000_000)
        .default(5_000)
        .describe('Labels after which one counts half.'),
    })
    .prefault({})
    .describe('How performance is estimated from confidence, and held against late labels.'),
});

export type RawMonitors = z.output<typeof monitorsSchema>;
export type RawBaseline = z.output<typeof baseline>;
