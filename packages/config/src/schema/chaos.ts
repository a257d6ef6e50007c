import { z } from 'zod';
import { share } from '../values.ts';

const hour = z.int().min(0).max(23);

export const chaosSchema = z.strictObject({
  experiments: z.string().min(1).max(4_096).optional().describe('Folder with the experiment files.'),
  gamedays: z.string().min(1).max(4_096).optional().describe('Folder with the scenarios of game days.'),
  peak_hours: z
    .strictObject({
      from: hour.default(9).describe('First hour, from 0 to 23.'),
      to: hour.default(17).describe('Last hour, itself included; smaller than `from`: over midnight.'),
    })
    .prefault({})
    .describe('Local hours, both inclusive, in which only limited experiments run.'),
  start_burn_rate: z
    .number()
    .gt(0)
    .max(10_000)
    .default(1)
    .describe('Nothing starts while a budget burns faster than this.'),
  start_remaining: share('Of every budget that must be left for a start.', { zero: true }).prefault('25%'),
});

export type RawChaos = z.output<typeof chaosSchema>;
