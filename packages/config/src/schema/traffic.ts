import { z } from 'zod';
import { envReference, share } from '../values.ts';

const priority = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const prioritySchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        when: z.strictObject({
          header: z.string().optional().describe('A header, from trusted callers only.'),
          tier: z.union([z.string(), z.array(z.string())]).optional(),
          known_user: z.boolean().optional(),
          input: z.string().optional().describe('Path of a field of the input.'),
          equals: z.union([scalar, z.array(scalar)]).optional(),
          at_least: z.number().optional(),
        }),
        class: priority,
      }),
    )
    .max(100),
  default: priority.default(3),
});

const budget = z.strictObject({
  requests_per_second: z.number().gt(0).optional(),
  tokens_per_minute: z.number().gt(0).optional(),
  share: z.number().gt(0).max(1_000).default(1).describe('Weight against other tenants.'),
});

export const admissionSchema = z.strictObject({
  capacity: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1_000)
    .describe(
      'Requests of all rungs at once; 0 refuses everything. What the models bear is measured at the rungs.',
    ),
  thresholds: z
    .tuple([share('Class 3 is refused at this pressure.'), share('Class 2.'), share('Class 1.')])
    .default([0.7, 0.85, 0.95]),
  tenants: z.record(z.string().min(1), budget).default({}),
});

export const callersSchema = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        key: envReference,
        tenant: z.string().min(1),
        tier: z.string().optional(),
        may_set_priority: z.boolean().default(false),
        trust_headers: z.boolean().default(false),
      }),
    )
    .max(1_000)
    .default([]),
  trust_headers_from: z
    .union([z.enum(['none', 'loopback']), z.array(z.string())])
    .default('none')
    .describe('Addresses whose tenant, user and tier headers are believed.'),
  may_set_priority_from: z.union([z.enum(['none', 'loopback']), z.array(z.string())]).default('none'),
  headers: z
    .strictObject({
      tenant: z.string().default('x-tenant'),
      user: z.string().default('x-user'),
      tier: z.string().default('x-tier'),
    })
    .default({ tenant: 'x-tenant', user: 'x-user', tier: 'x-tier' }),
});

export const safetySchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        name: z.string().optional(),
        field: z
          .string()
          .default('')
          .describe('Path into the output; the whole text of the answer when absent.'),
        words: z.array(z.string().min(1).max(200)).min(1).max(1_000).describe('Words, phrases, or "begin*".'),
        verdict: z.enum(['block', 'replace', 'hold']),
        level: z
          .enum(['relaxed', 'normal', 'strict'])
          .default('normal')
          .describe('From which strictness on it holds.'),
      }),
    )
    .max(200)
    .default([]),
  module: z.string().optional().describe('A JavaScript module that exports createSafety.'),
  options: z.json().optional(),
  strictness: z.enum(['relaxed', 'normal', 'strict']).default('normal'),
  replace_with: z.json().default('This answer was withheld.'),
});

export type RawPriority = z.output<typeof prioritySchema>;
export type RawAdmission = z.output<typeof admissionSchema>;
export type RawCallers = z.output<typeof callersSchema>;
export type RawSafety = z.output<typeof safetySchema>;
