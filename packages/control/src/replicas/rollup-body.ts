import {
  type ArmFigures,
  type FaultReport,
  LEVELS,
  type Rollup,
  type ServiceStatus,
  type TrafficCounts,
} from '@evenkeel/core';
import { z } from 'zod';
import { faultReportSchema, pulseSchema } from '../chaos/rollup-parts.ts';

const count = z.number().min(0);

const tally = z.record(z.string(), count);
const traffic = z.object({
  spanMs: count,
  total: count,
  byLevel: tally,
  byError: tally,
  rungs: z.record(
    z.string(),
    z.object({ answered: count, failed: count, timedOut: count, full: count, unsafe: count, bins: tally }),
  ),
  features: z.object({
    reads: count,
    unfresh: count,
    incomplete: count,
    missing: tally,
    ages: tally,
    durations: tally,
  }),
  safety: z.object({ checked: count, turned: count }),
  exposure: tally,
  users: z.object({ all: z.array(z.int()).max(64), affected: z.array(z.int()).max(64) }),
});

/**
 * What a replica handed over, as far as the control plane reads it. A newer replica may say more; what it says of
 * objectives and levels must be understood, or the row is set aside with the reason.
 */
const rollupBody = z.object({
  service: z.string(),
  replica: z.string(),
  sequence: z.number(),
  from: z.number(),
  to: z.number(),
  objectives: z.array(
    z
      .object({ objective: z.string(), segment: z.string(), minute: z.number(), good: count, total: count })
      .refine(({ good, total }) => good <= total, 'good is more than total'),
  ),
  served: z.partialRecord(z.enum([...LEVELS, 'failed']), count),
  traffic: traffic.optional(),
  answers: z.unknown().optional(),
  monitors: z.record(z.string(), z.unknown()),
  status: z.custom<ServiceStatus>((value) => typeof value === 'object' && value !== null).optional(),
  pulse: pulseSchema.optional(),
  faults: z.array(faultReportSchema).max(200).optional(),
});

export type RollupBody = Omit<Rollup, 'traffic' | 'answers'> & {
  readonly traffic?: TrafficCounts | undefined;
  readonly answers?: unknown;
  readonly status?: ServiceStatus | undefined;
  readonly pulse?: ArmFigures | undefined;
  readonly faults?: readonly FaultReport[] | undefined;
};

/** @returns the rollup, or what is wrong with it */
export function readRollup(body: unknown): RollupBody | string {
  const parsed = rollupBody.safeParse(body);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}
