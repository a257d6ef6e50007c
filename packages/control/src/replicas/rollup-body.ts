import { LEVELS, type Rollup, type ServiceStatus } from '@evenkeel/core';
import { z } from 'zod';

const count = z.number().min(0);

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
  monitors: z.record(z.string(), z.unknown()),
  status: z.custom<ServiceStatus>((value) => typeof value === 'object' && value !== null).optional(),
});

export type RollupBody = Rollup & { readonly status?: ServiceStatus | undefined };

/** @returns the rollup, or what is wrong with it */
export function readRollup(body: unknown): RollupBody | string {
  const parsed = rollupBody.safeParse(body);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}
