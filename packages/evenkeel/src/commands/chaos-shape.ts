import { z } from 'zod';

/** What the API says of experiments and their runs, as far as the command line shows it. */
const number = z.number().nullish();

export const listed = z.looseObject({
  name: z.string(),
  service: z.string(),
  title: z.string(),
  runnable: z.boolean(),
  faults: z.array(z.string()),
  radius: z.object({ name: z.string(), share: z.number() }).optional(),
  duration_ms: number,
  next_at: number,
  last_run: z.object({ status: z.string().nullish(), phase: z.string(), started_at: z.number() }).optional(),
});
export type Listed = z.output<typeof listed>;

const arm = z.looseObject({
  requests: z.number(),
  error_share: number,
  refused_share: number,
  degraded_share: number,
  slow_share: number,
  p50_ms: number,
  p99_ms: number,
});

export const run = z.looseObject({
  id: z.string(),
  experiment: z.string(),
  service: z.string(),
  title: z.string(),
  by: z.string(),
  phase: z.string(),
  status: z.string().nullish(),
  reason: z.string(),
  recommendation: z.string(),
  started_at: z.number(),
  elapsed_ms: z.number().optional(),
  touched: z.looseObject({ words: z.string(), injected: z.number() }).optional(),
  cohorts: z.object({ experiment: arm, control: arm }).optional(),
  checks: z.array(z.looseObject({ check: z.string(), status: z.string(), reason: z.string() })).optional(),
  journal: z
    .array(
      z.object({
        at: z.number(),
        elapsedMs: z.number(),
        phase: z.string(),
        what: z.string(),
        reason: z.string(),
      }),
    )
    .optional(),
});
export type ShownRun = z.output<typeof run>;
export type ShownArm = z.output<typeof arm>;

export const dryRun = z.looseObject({
  findings: z.array(z.object({ check: z.string(), reason: z.string() })),
  steps: z.array(z.string()),
  preview: z.object({
    requests: z.number(),
    inRadius: z.number(),
    share: number,
    users: z.number(),
    expected: number,
  }),
});
