import { z } from 'zod';
import { faultSchema } from './fault-schema.ts';

/**
 * The Chaos Toolkit's experiment format, after its specification (reference/api/experiment.md). Its published JSON Schema
 * rejects the specification's own examples and is not followed. Keys that the specification does not forbid are let through.
 */
const text = z.string().min(1);
const seconds = z.union([z.number().min(0), z.string().regex(/^\$\{.+\}$/)]);
const timeout = z.union([seconds, z.array(seconds).min(1).max(2)]);
const secrets = z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]);

const provider = z.discriminatedUnion(
  'type',
  [
    z.looseObject({
      type: z.literal('python'),
      module: text,
      func: text,
      arguments: z.record(z.string(), z.unknown()).optional(),
    }),
    z.looseObject({
      type: z.literal('http'),
      url: text,
      method: z.string().optional(),
      headers: z.record(z.string(), z.unknown()).nullish(),
      arguments: z.unknown().optional(),
      timeout: timeout.optional(),
      secrets: secrets.optional(),
    }),
    z.looseObject({
      type: z.literal('process'),
      path: text,
      arguments: z
        .union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown()), z.null()])
        .optional(),
      timeout: timeout.optional(),
    }),
    // Ours: a fault that ends by itself.
    z.strictObject({
      type: z.literal('evenkeel'),
      fault: faultSchema,
      for: z.number().gt(0).max(86_400).optional(),
    }),
  ],
  { error: 'a provider is of type python, http, process or evenkeel' },
);

const controlProvider = z.looseObject({
  type: z.literal('python', { error: 'the provider of a control is of type python' }),
  module: text,
});

const controls = z.array(
  z.strictObject({
    name: text,
    provider: controlProvider,
    scope: z.enum(['pre', 'before', 'post', 'after']).optional(),
    automatic: z.boolean().optional(),
  }),
);

const scalar = z.union([z.string(), z.number(), z.boolean()]);
export const toolkitTolerance = z.union([
  scalar,
  z.array(scalar).min(1),
  z.looseObject({
    type: z.literal('range'),
    range: z.tuple([z.number(), z.number()]),
    target: text.optional(),
  }),
  z.looseObject({ type: z.literal('regex'), pattern: text, target: text.optional() }),
  z.looseObject({
    type: z.literal('jsonpath'),
    path: text,
    expect: z.unknown().optional(),
    target: text.optional(),
  }),
  z.looseObject({ type: z.literal('probe'), name: text, provider }),
]);

const tolerated = z.unknown().transform((value, context) => {
  const parsed = toolkitTolerance.safeParse(value);
  if (parsed.success) return parsed.data;
  context.addIssue({
    code: 'custom',
    message:
      value === undefined
        ? '"tolerance" is missing: a probe of a hypothesis says what it tolerates'
        : 'is no tolerance: expected a scalar, a list, or an object of type range, regex, jsonpath or probe',
  });
  return z.NEVER;
});

const activityShape = {
  name: text,
  provider,
  secrets: secrets.optional(),
  configuration: z.union([z.string(), z.array(z.string())]).optional(),
  background: z.boolean().optional(),
  pauses: z.looseObject({ before: seconds.optional(), after: seconds.optional() }).optional(),
  controls: controls.optional(),
};

const activity = z.looseObject({ type: z.enum(['action', 'probe']), ...activityShape });
const reference = z.looseObject({ ref: text });
// The activity first: where neither fits, its mistakes are the ones that are told.
const steps = z.array(z.union([activity, reference]));
/** Probes of a hypothesis say what is tolerated. */
const probe = z.union([
  z.looseObject({ type: z.literal('probe'), ...activityShape, tolerance: tolerated }),
  reference,
]);

export const toolkitSchema = z.looseObject({
  title: text,
  description: text,
  version: z.string().optional(),
  tags: z.array(z.string()).optional(),
  contributions: z.record(z.string(), z.enum(['high', 'medium', 'low', 'none'])).optional(),
  configuration: z.record(z.string(), z.unknown()).optional(),
  secrets: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  'steady-state-hypothesis': z.looseObject({ title: text, probes: z.array(probe).optional() }).nullish(),
  method: steps,
  rollbacks: steps.optional(),
  controls: controls.optional(),
  extensions: z.array(z.looseObject({ name: text })).optional(),
  runtime: z
    .looseObject({
      rollbacks: z
        .looseObject({ strategy: z.enum(['default', 'always', 'never', 'deviated']).optional() })
        .optional(),
      hypothesis: z
        .looseObject({
          strategy: z
            .enum([
              'default',
              'before-method-only',
              'after-method-only',
              'during-method-only',
              'continuously',
            ])
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

export type Toolkit = z.output<typeof toolkitSchema>;
export type ToolkitActivity = z.output<typeof activity>;
export type ToolkitStep = Toolkit['method'][number];
export type ToolkitProbe = z.output<typeof probe>;
export type ToolkitProvider = z.output<typeof provider>;
