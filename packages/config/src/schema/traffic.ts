import { z } from 'zod';
import { envReference, share } from '../values.ts';

const priority = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const prioritySchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        name: z.string().optional().describe('Name in records; default: its number.'),
        when: z
          .strictObject({
            header: z.string().optional().describe('A header, from trusted callers only.'),
            tier: z
              .union([z.string(), z.array(z.string())])
              .optional()
              .describe('Tier of the caller, or one of several.'),
            known_user: z.boolean().optional().describe('Whether the caller names its user.'),
            input: z.string().optional().describe('Path of a field of the input.'),
            equals: z
              .union([scalar, z.array(scalar)])
              .optional()
              .describe('Value of the header or field, or one of several.'),
            at_least: z.number().optional().describe('Least value of the field.'),
          })
          .describe('All of these hold.'),
        class: priority.describe('0 critical, 1 high, 2 normal, 3 low.'),
      }),
    )
    .max(100)
    .describe('First match wins.'),
  default: priority.default(3).describe('Class of a request that no rule names.'),
});

const budget = z.strictObject({
  requests_per_second: z.number().gt(0).optional().describe('Budget of requests.'),
  tokens_per_minute: z.number().gt(0).optional().describe('Budget of tokens read and written.'),
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
    .prefault(['70%', '85%', '95%'])
    .describe('Pressure from which classes 3, 2 and 1 are refused, rising.'),
  tenants: z
    .record(z.string().min(1), budget)
    .default({})
    .describe('Budgets and weights by tenant; "default" is for all others.'),
});

export const callersSchema = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('Name of the caller, for records.'),
        key: envReference.describe('What it sends as a bearer token.'),
        tenant: z.string().min(1).describe('Whose budget it uses.'),
        tier: z.string().optional().describe('For priority rules.'),
        may_set_priority: z.boolean().default(false).describe('Whether its word on priority counts.'),
        trust_headers: z
          .boolean()
          .default(false)
          .describe('Whether its tenant, user and tier headers are believed.'),
      }),
    )
    .max(1_000)
    .default([])
    .describe('Callers that are known by a key.'),
  trust_headers_from: z
    .union([z.enum(['none', 'loopback']), z.array(z.string())])
    .default('none')
    .describe('Addresses whose tenant, user and tier headers are believed.'),
  may_set_priority_from: z
    .union([z.enum(['none', 'loopback']), z.array(z.string())])
    .default('none')
    .describe('Addresses whose word on priority counts.'),
  headers: z
    .strictObject({
      tenant: z.string().default('x-tenant').describe('Header that names the tenant.'),
      user: z.string().default('x-user').describe('Header that names the user.'),
      tier: z.string().default('x-tier').describe('Header that names the tier.'),
      cohort: z
        .string()
        .default('x-cohort')
        .describe('Header that names a cohort, for segments of canaries and shadows.'),
    })
    .prefault({})
    .describe('Names of the headers.'),
});

export const safetySchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        name: z.string().optional().describe('Name in records; default: its number.'),
        field: z
          .string()
          .default('')
          .describe('Path into the output; the whole text of the answer when absent.'),
        words: z.array(z.string().min(1).max(200)).min(1).max(1_000).describe('Words, phrases, or "begin*".'),
        verdict: z.enum(['block', 'replace', 'hold']).describe('What becomes of the answer.'),
        level: z
          .enum(['relaxed', 'normal', 'strict'])
          .default('normal')
          .describe('From which strictness on it holds.'),
      }),
    )
    .max(200)
    .default([])
    .describe('Words that an answer may not hold.'),
  module: z.string().optional().describe('A JavaScript module that exports createSafety.'),
  options: z.json().optional().describe('Handed to createSafety.'),
  strictness: z.enum(['relaxed', 'normal', 'strict']).default('normal').describe('Which rules hold.'),
  replace_with: z
    .json()
    .default('This answer was withheld.')
    .describe('Output in place of one that a rule replaces.'),
});

export type RawPriority = z.output<typeof prioritySchema>;
export type RawAdmission = z.output<typeof admissionSchema>;
export type RawCallers = z.output<typeof callersSchema>;
export type RawSafety = z.output<typeof safetySchema>;
