import { SYSTEM_TYPES } from '@evenkeel/core';
import { z } from 'zod';
import { longDuration, name, share, shortDuration, size } from '../values.ts';
import { featuresSchema } from './features.ts';
import { rungSchema } from './ladder.ts';
import { modelSchema } from './models.ts';
import { admissionSchema, callersSchema, prioritySchema, safetySchema } from './traffic.ts';

export const serviceSchema = z.strictObject({
  evenkeel: z.literal(1).describe('Version of this format.'),
  service: name.describe('Name of the service: what callers ask for.'),
  type: z.enum([...SYSTEM_TYPES, 'custom']),
  owner: z.string().min(1).max(200).describe('Who is woken.'),
  description: z.string().max(2_000).optional(),
  timezone: z.string().default('UTC').describe('IANA time zone of the service.'),
  deadline: shortDuration('A request has this long when its caller does not say.').default(500),
  max_deadline: shortDuration('A caller may ask for at most this.').optional(),
  limits: z
    .strictObject({
      body: size('Largest body.').default(1_048_576),
      depth: z.int().min(1).max(1_000).default(64).describe('Deepest nesting of a body.'),
      concurrency: z.int().min(1).max(1_000_000).default(2_000),
      retained_records: z.int().min(1).max(1_000_000).default(2_000),
    })
    .default({ body: 1_048_576, depth: 64, concurrency: 2_000, retained_records: 2_000 }),
  models: z.record(name, modelSchema).default({}),
  features: featuresSchema.optional(),
  ladder: z.array(rungSchema).min(1, 'a ladder has at least one rung').max(32),
  step_up: z
    .strictObject({
      share: share('Share of requests that probe the rung above.').default(0.05),
      successes: z.int().min(1).max(10_000).default(20),
      hold: shortDuration('Wait after a step down before the first probe.').default(5_000),
      max_hold: shortDuration('Failed probes double the wait up to this.').default(120_000),
    })
    .default({ share: 0.05, successes: 20, hold: 5_000, max_hold: 120_000 }),
  health: z
    .strictObject({
      every: shortDuration('Between checks.').default(2_000),
      timeout: shortDuration('A check that takes longer has failed.').default(1_000),
      down_after: z.int().min(1).max(100).default(2),
      up_after: z.int().min(1).max(100).default(3),
    })
    .default({ every: 2_000, timeout: 1_000, down_after: 2, up_after: 3 }),
  retry_budget: z
    .strictObject({
      share: share('Retries per request.', { zero: true }).default(0.1),
      floor_per_second: z.number().min(0).max(1_000).default(1),
    })
    .default({ share: 0.1, floor_per_second: 1 }),
  admission: admissionSchema.default({ capacity: 1_000, thresholds: [0.7, 0.85, 0.95], tenants: {} }),
  priority: prioritySchema.optional(),
  callers: callersSchema.default({
    keys: [],
    trust_headers_from: 'none',
    may_set_priority_from: 'none',
    headers: { tenant: 'x-tenant', user: 'x-user', tier: 'x-tier' },
  }),
  safety: safetySchema.optional(),
  queue: z
    .strictObject({
      capacity: z.int().min(0).max(10_000_000).default(1_000),
      keep_content_for: longDuration('Content is forgotten this long after the verdict.').default(
        604_800_000,
      ),
    })
    .default({ capacity: 1_000, keep_content_for: 604_800_000 }),
});

/** The file as it is written, checked and with its defaults, durations in ms, shares in [0, 1], sizes in bytes. */
export type RawService = z.output<typeof serviceSchema>;
