import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const RUNGS = ['primary', 'primary-without-features', 'simple', 'keywords', 'static'] as const;
export type RungName = (typeof RUNGS)[number];

const scoresSchema = z.strictObject({
  mails: z.number(),
  accuracy: z.number(),
  auc: z.number(),
  precision: z.number(),
  recall: z.number(),
  threshold: z.number(),
  calibrationError: z.number(),
});

const fileSchema = z.strictObject({
  format: z.literal('evenkeel-example-scores/1'),
  mail_fingerprint: z.string(),
  parts: z.strictObject({ strangers: z.string(), regulars: z.string() }),
  spam: z.strictObject({ strangers: z.number(), regulars: z.number() }),
  /** Every `every`-th stranger, on which a test repeats what primary does: the whole would take minutes. */
  primary_sample: z.strictObject({ every: z.number(), scores: scoresSchema }),
  rungs: z.record(
    z.enum(RUNGS),
    z.strictObject({ strangers: scoresSchema, regulars: scoresSchema, both: scoresSchema }),
  ),
});

export type ScoresFile = z.infer<typeof fileSchema>;

/** @throws Error that names the file and what is wrong with it */
export function readScores(file: string): ScoresFile {
  const parsed = fileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
