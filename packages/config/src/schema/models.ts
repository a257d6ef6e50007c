import { z } from 'zod';
import { envReference, name, serverUrl, share, shortDuration } from '../values.ts';
import { trainingSchema } from './training.ts';

const names = z.array(z.string().min(1).max(128)).min(1).max(1_000);

const part = z.strictObject({
  model: name.describe('Name of another model of this file.'),
  share: share('Part of the users, always the same ones.').prefault('100%'),
  segment: z
    .strictObject({
      tenant: names.optional().describe('Only callers of one of these tenants.'),
      tier: names.optional().describe('Only callers of one of these tiers.'),
      cohort: names
        .optional()
        .describe('Only callers whose cohort header (callers.headers.cohort) names one of these.'),
    })
    .refine(
      (segment) => Object.values(segment).some((list) => list !== undefined),
      'expected at least one of tenant, tier and cohort',
    )
    .optional()
    .describe('Only callers of whom all of this holds.'),
});

const timeouts = z.strictObject({
  connect: shortDuration('Until the connection stands.').prefault('500ms'),
  first: shortDuration('Until the first byte, or the first token of a stream.').optional(),
  idle: shortDuration('Between two pieces of an answer.').prefault('2s'),
  total: shortDuration('For the whole answer.').prefault('30s'),
});

const retries = z.strictObject({
  max: z.int().min(0).max(5).describe('Attempts after the first, inside the retry budget of the service.'),
  on: z
    .array(z.enum(['connect', '429', '500', '502', '503', '504']))
    .default(['connect', '429', '503'])
    .describe('Which failures are tried again; a number is a status, in quotes.'),
});

export const breakerSchema = z.strictObject({
  policy: z
    .enum(['reference', 'consecutive', 'count', 'time'])
    .default('reference')
    .describe(
      'What opens it: failures of which a success takes one back, failures in a row, or a rate over calls or over time.',
    ),
  failures: z.int().min(1).max(10_000).default(5).describe('For reference and consecutive.'),
  window: z
    .union([z.int().min(1).max(100_000), shortDuration('Window of the time policy.')])
    .optional()
    .describe('Calls (count) or a duration (time).'),
  rate: share('Share of failures that opens it, for count and time.').prefault('50%'),
  slow: z
    .strictObject({
      over: shortDuration('A call is slow over this.'),
      rate: share('Share of slow calls; left out, every slow call is a failure.').optional(),
    })
    .optional()
    .describe('Slow calls open it too.'),
  minimum: z.int().min(1).max(100_000).default(10).describe('Calls before rates are judged.'),
  probes: z
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .describe('Calls let through to see whether it is well; all must succeed.'),
  recovery: shortDuration('Open for this long before it is probed.').prefault('30s'),
  max_recovery: shortDuration('Recovery never grows over this.').prefault('5m'),
  growth: z.number().min(1).max(10).default(1).describe('Factor on the recovery after each failed probe.'),
});

export const modelSchema = z.strictObject({
  version: z.string().min(1).max(100).describe('What the answers and records name as the version.'),
  module: z.string().optional().describe('A JavaScript module that exports createModel, beside this file.'),
  worker: z
    .boolean()
    .default(false)
    .describe('Run the module in a thread of its own: for models that compute.'),
  options: z.json().optional().describe('Handed to createModel.'),
  openai: z
    .strictObject({
      url: serverUrl,
      model: z.string().min(1).describe('Its name on that server.'),
      key: envReference.optional().describe('Sent as a bearer token.'),
    })
    .optional()
    .describe('A server that speaks the OpenAI API.'),
  open_inference: z
    .strictObject({
      url: serverUrl,
      model: z.string().min(1).describe('Its name on that server.'),
      version: z.string().optional().describe('Its version on that server; the server chooses without one.'),
      input: z
        .strictObject({
          name: z.string().min(1).describe('Name of the tensor.'),
          datatype: z.string().default('BYTES').describe('Datatype of the protocol, such as BYTES or FP32.'),
        })
        .optional()
        .describe('How plain input becomes a tensor.'),
    })
    .optional()
    .describe('A server that speaks the Open Inference Protocol v2.'),
  json: z
    .strictObject({
      url: serverUrl,
      send: z.enum(['input', 'input_and_features']).default('input').describe('What is sent as the body.'),
      label: z.string().optional().describe('Path of the label in its answer.'),
      confidence: z.string().optional().describe('Path of the confidence in its answer, in [0, 1].'),
      score: z.string().optional().describe('Path of the raw score in its answer.'),
      health: z.string().optional().describe('Path of its health check; without one, a connection is tried.'),
      key: envReference.optional().describe('Sent as a bearer token.'),
    })
    .optional()
    .describe('A server that takes JSON and answers JSON.'),
  timeouts: timeouts.optional().describe('Bounds of a call beside the budget of its rung.'),
  retries: retries.optional().describe('Attempts after a failure that may pass.'),
  hedge: z
    .strictObject({
      after: z
        .union([z.enum(['p95', 'p99']), shortDuration('Fixed wait.')])
        .describe('When a call counts as late.'),
    })
    .optional()
    .describe('A second attempt when the first is late.'),
  previous: name.optional().describe('Model to go back to when this one is rolled back.'),
  canary: part.optional().describe('Another model that answers some of the requests.'),
  shadow: part.optional().describe('Another model that sees requests too and whose answers nobody gets.'),
  training: trainingSchema
    .optional()
    .describe('How new versions of its weights come into service; for a module.'),
  breaker: breakerSchema.optional().describe('When the model is left alone for a while.'),
});

export type RawModel = z.output<typeof modelSchema>;
export type RawBreaker = z.output<typeof breakerSchema>;
