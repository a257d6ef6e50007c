import { z } from 'zod';
import { longDuration, name, share, shortDuration } from '../values.ts';

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
