import { z } from 'zod';
import { longDuration, name, share, shortDuration, size } from '../values.ts';

const metric = z.string().min(1).max(200).describe('Name of a metric, as the trainer tells it.');
const direction = z.enum(['higher', 'lower']).describe('Which way the metric is better.');
const compared = {
  each_segment: z.boolean().default(false).describe('Also in every segment that has enough examples.'),
  confidence: z.number().gt(0).lt(1).optional().describe('Of the one-sided bound that is judged.'),
  minimum_examples: z
    .int()
    .min(1)
    .optional()
    .describe('Examples below which a segment is not judged; 20 when left out.'),
};
const gateSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('threshold').describe('The metric is on the right side of a limit.'),
    metric,
    direction,
    limit: z.number().describe('The limit.'),
    ...compared,
  }),
  z.strictObject({
    kind: z.literal('against_production').describe('Not worse than what is in production.'),
    metric,
    direction,
    tolerance: z.number().min(0).describe('How much worse it may be.'),
    segment_tolerance: z.number().min(0).optional().describe('How much worse in a segment.'),
    ...compared,
  }),
  z.strictObject({
    kind: z.literal('latency').describe('The metric latency_ms is at most this.'),
    limit: shortDuration('Longest.'),
    metric: metric.optional(),
  }),
  z.strictObject({
    kind: z.literal('size').describe('The checkpoint, or the metric size_bytes, is at most this.'),
    limit: size('Largest.'),
  }),
]);

export const trainingSchema = z.strictObject({
  weights: z
    .string()
    .min(1)
    .max(100)
    .default('weights')
    .describe('Option of createModel that gets the path of the weights of a version.'),
  artifact: z
    .string()
    .min(1)
    .max(1_000)
    .regex(/^[^/\\][^\\]*$/, 'expected a file inside a checkpoint, such as "model.bin"')
    .refine((path) => !path.split('/').includes('..'), 'expected a file inside a checkpoint')
    .describe('File in a checkpoint that holds the weights.'),
  automatic: z
    .array(z.enum(['canary', 'promote', 'roll_back']))
    .max(3)
    .default([])
    .describe(
      'What is done without asking: try a candidate that passed its gates, promote it, roll it back. None unless named.',
    ),
  gates: z
    .array(gateSchema)
    .max(100)
    .default([])
    .describe('What a version must pass before it is tried, where the control plane trains it.'),
  canary: z
    .strictObject({
      share: share('Part of the users that a candidate answers, always the same ones.').prefault('10%'),
      tolerance: share('How much smaller the share of good events may be than in production.').prefault('1%'),
      minimum: z
        .int()
        .min(10)
        .max(1_000_000)
        .default(100)
        .describe('Events on each side before an objective is judged.'),
      soak: shortDuration('Before this it is not promoted, however good it looks.').prefault('10m'),
      timeout: longDuration('What is not shown to be good by then is rolled back.').prefault('24h'),
      objectives: z
        .array(name)
        .min(1)
        .max(100)
        .optional()
        .describe('Objectives that judge it; all that count requests or labels when left out.'),
    })
    .prefault({})
    .describe('How a candidate is tried on live traffic.'),
  retrain: z
    .strictObject({
      command: z
        .array(z.string().min(1).max(4_096))
        .min(1)
        .max(100)
        .describe('Trainer and its arguments, run in the directory of this file.'),
      every: longDuration('Between two runs by schedule; none when left out.').optional(),
      timeout: longDuration('A run that takes longer is ended.').prefault('6h'),
    })
    .optional()
    .describe('How the model is trained again: by a mitigation, or by schedule.'),
});

export type RawTraining = z.output<typeof trainingSchema>;
