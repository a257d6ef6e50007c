import { z } from 'zod';
import { envReference, name, serverUrl, share, shortDuration } from '../values.ts';

const part = z.strictObject({
  model: name.describe('Name of another model of this file.'),
  share: share('Part of the users, always the same ones.').default(1),
  segment: z
    .strictObject({ tenant: z.array(z.string().min(1)).min(1) })
    .optional()
    .describe('Only callers of these tenants.'),
});

const timeouts = z.strictObject({
  connect: shortDuration('Until the connection stands.').default(500),
  first: shortDuration('Until the first byte, or the first token of a stream.').optional(),
  idle: shortDuration('Between two pieces of an answer.').default(2_000),
  total: shortDuration('For the whole answer.').default(30_000),
});

const retries = z.strictObject({
  max: z.int().min(0).max(5).describe('Attempts after the first, inside the retry budget of the service.'),
  on: z.array(z.enum(['connect', '429', '500', '502', '503', '504'])).default(['connect', '429', '503']),
});

export const breakerSchema = z.strictObject({
  policy: z.enum(['reference', 'consecutive', 'count', 'time']).default('reference'),
  failures: z.int().min(1).max(10_000).default(5).describe('For reference and consecutive.'),
  window: z
    .union([z.int().min(1).max(100_000), shortDuration('')])
    .optional()
    .describe('Calls (count) or a duration (time).'),
  rate: share('Share of failures that opens it, for count and time.').default(0.5),
  slow: z
    .strictObject({
      over: shortDuration('A call is slow over this.'),
      rate: share('Share of slow calls; left out, every slow call is a failure.').optional(),
    })
    .optional(),
  minimum: z.int().min(1).max(100_000).default(10).describe('Calls before rates are judged.'),
  probes: z.int().min(1).max(1_000).default(3),
  recovery: shortDuration('Open for this long before it is probed.').default(30_000),
  max_recovery: shortDuration('Recovery never grows over this.').default(300_000),
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
    .strictObject({ url: serverUrl, model: z.string().min(1), key: envReference.optional() })
    .optional()
    .describe('A server that speaks the OpenAI API.'),
  open_inference: z
    .strictObject({
      url: serverUrl,
      model: z.string().min(1),
      version: z.string().optional(),
      input: z.strictObject({ name: z.string().min(1), datatype: z.string().default('BYTES') }).optional(),
    })
    .optional()
    .describe('A server that speaks the Open Inference Protocol v2.'),
  json: z
    .strictObject({
      url: serverUrl,
      send: z.enum(['input', 'input_and_features']).default('input'),
      label: z.string().optional(),
      confidence: z.string().optional(),
      score: z.string().optional(),
      health: z.string().optional().describe('Path of its health check; without one, a connection is tried.'),
      key: envReference.optional(),
    })
    .optional()
    .describe('A server that takes JSON and answers JSON.'),
  timeouts: timeouts.optional(),
  retries: retries.optional(),
  hedge: z
    .strictObject({ after: z.union([z.enum(['p95', 'p99']), shortDuration('')]) })
    .optional()
    .describe('A second attempt when the first is late.'),
  previous: name.optional().describe('Model to go back to when this one is rolled back.'),
  canary: part.optional(),
  shadow: part.optional(),
  breaker: breakerSchema.optional(),
});

export type RawModel = z.output<typeof modelSchema>;
export type RawBreaker = z.output<typeof breakerSchema>;
