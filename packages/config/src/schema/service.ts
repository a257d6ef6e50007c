import { SYSTEM_TYPES } from '@evenkeel/core';
import { z } from 'zod';
import { longDuration, name, share, shortDuration, size } from '../values.ts';
import { chaosSchema } from './chaos.ts';
import { featuresSchema } from './features.ts';
import { incidentsSchema } from './incidents.ts';
import { rungSchema } from './ladder.ts';
import { modelSchema } from './models.ts';
import { monitorsSchema } from './monitors.ts';
import { objectiveSchema, policySchema } from './objectives.ts';
import { openInferenceSchema } from './open-inference.ts';
import { admissionSchema, callersSchema, prioritySchema, safetySchema } from './traffic.ts';

export const serviceSchema = z.strictObject({
  evenkeel: z.literal(1).describe('Version of this format.'),
  service: name.describe('Name of the service: what callers ask for.'),
  type: z.enum([...SYSTEM_TYPES, 'custom']).describe('Kind of system: which ready rungs fit it.'),
  owner: z.string().min(1).max(200).describe('Who is woken.'),
  description: z.string().max(2_000).optional().describe('What it does, for people.'),
  timezone: z.string().default('UTC').describe('IANA time zone of the service.'),
  deadline: shortDuration('A request has this long when its caller does not say.').prefault('500ms'),
  max_deadline: shortDuration('A caller may ask for at most this.').optional(),
  limits: z
    .strictObject({
      body: size('Largest body.').prefault('1MiB'),
      headers: size('Largest head of a request: line and headers together.', 1_024, 1_048_576).prefault(
        '16KiB',
      ),
      depth: z.int().min(1).max(1_000).default(64).describe('Deepest nesting of a body.'),
      concurrency: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(2_000)
        .describe('Requests of this service in the replica at once.'),
      retained_records: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(2_000)
        .describe('Records of requests kept in memory.'),
    })
    .prefault({})
    .describe('Bounds of what is taken in.'),
  models: z.record(name, modelSchema).default({}).describe('The models by name.'),
  features: featuresSchema
    .optional()
    .describe('Where features come from: exactly one of feast, redis and module.'),
  ladder: z
    .array(rungSchema)
    .min(1, 'a ladder has at least one rung')
    .max(32)
    .describe('Who may answer, best first.'),
  step_up: z
    .strictObject({
      share: share('Share of requests that probe the rung above.').prefault('5%'),
      successes: z.int().min(1).max(10_000).default(20).describe('Good probes in a row before stepping up.'),
      hold: shortDuration('Wait after a step down before the first probe.').prefault('5s'),
      max_hold: shortDuration('Failed probes double the wait up to this.').prefault('2m'),
    })
    .prefault({})
    .describe('How a service comes back up its ladder.'),
  health: z
    .strictObject({
      every: shortDuration('Between checks.').prefault('2s'),
      timeout: shortDuration('A check that takes longer has failed.').prefault('1s'),
      down_after: z.int().min(1).max(100).default(2).describe('Failed checks in a row that mean down.'),
      up_after: z.int().min(1).max(100).default(3).describe('Good checks in a row that mean up.'),
    })
    .prefault({})
    .describe('Checks of models and features in the background.'),
  retry_budget: z
    .strictObject({
      share: share('Retries per request.', { zero: true }).prefault('10%'),
      floor_per_second: z
        .number()
        .min(0)
        .max(1_000)
        .default(1)
        .describe('Retries a second that are always allowed.'),
    })
    .prefault({})
    .describe('Bound on retries of all models together.'),
  admission: admissionSchema.prefault({}).describe('Who is let in when there is too much to do.'),
  priority: prioritySchema
    .optional()
    .describe('Which requests matter most; the first rule that holds decides.'),
  callers: callersSchema.prefault({}).describe('Who is calling, and whose word is taken for it.'),
  open_inference: openInferenceSchema
    .optional()
    .describe('How the service appears to callers of the Open Inference Protocol v2.'),
  safety: safetySchema.optional().describe('Check of an answer before it leaves.'),
  incidents: incidentsSchema
    .prefault({})
    .describe('How incidents are opened, whom they wake, and what is done without asking.'),
  queue: z
    .strictObject({
      capacity: z
        .int()
        .min(0)
        .max(10_000_000)
        .default(1_000)
        .describe('Items at most; a full queue refuses.'),
      keep_content_for: longDuration('Content is forgotten this long after the verdict.').prefault('7d'),
    })
    .prefault({})
    .describe('Queue of what people have to decide.'),
  objectives: z
    .record(name, objectiveSchema)
    .optional()
    .describe('What the service is held to, by name; the usual ones when left out.'),
  monitors: monitorsSchema
    .prefault({})
    .describe('What is watched for drift and for quality; the usual things when left out.'),
  policies: z
    .record(name, policySchema)
    .default({})
    .describe('What is done when a budget runs low, by name.'),
  chaos: chaosSchema
    .prefault({})
    .describe('Experiments and game days: where they are, and when they may run.'),
});

/** The file as it is written, checked and with its defaults, durations in ms, shares in [0, 1], sizes in bytes. */
export type RawService = z.output<typeof serviceSchema>;
