import { type ArmFigures, type FaultReport, newArmFigures } from '@evenkeel/core';
import { z } from 'zod';

const count = z.number().min(0);
const counts = z.array(count).max(1_000);
const tally = z.record(z.string(), count);

const arm = z.object({
  requests: count,
  errors: count,
  refused: count,
  degraded: count,
  slow: count,
  levels: tally,
  rungs: tally,
  classes: z.array(z.object({ requests: count, good: count })).max(10),
  latency: counts,
  groupRequests: counts,
  groupEvents: z.object({ errors: counts, refused: counts, degraded: counts, slow: counts }),
});

/** Traffic of one flush, sent without what is nought; whole again when it has been read. */
export const pulseSchema = z
  .object({
    requests: count,
    errors: count,
    refused: count,
    degraded: count,
    slow: count,
    levels: tally,
    classes: z.array(z.tuple([count, count])).max(10),
    latency: z.array(z.tuple([z.int().min(0).max(999), count])).max(1_000),
  })
  .transform(({ classes, latency, ...plain }): ArmFigures => {
    const figures: ArmFigures = {
      ...newArmFigures(),
      ...plain,
      classes: classes.map(([requests, good]) => ({ requests, good })),
    };
    for (const [bucket, n] of latency) if (bucket < figures.latency.length) figures.latency[bucket] = n;
    return figures;
  });

/** What a fault did at a replica. */
export const faultReportSchema = z
  .object({
    id: z.string(),
    since: z.number(),
    until: z.number().optional(),
    reason: z.string(),
    requests: count,
    inRadius: count,
    injected: count,
    users: z.base64().max(100_000),
    experiment: arm,
    control: arm,
  })
  .transform(
    ({ users, until, ...report }): FaultReport => ({
      ...report,
      until,
      users: new Uint8Array(Buffer.from(users, 'base64')),
    }),
  );
