import { FIGURES, LEVELS } from '@evenkeel/core';
import { z } from 'zod';
import { duration, name, optionalDuration, share } from '../values.ts';
import { faultSchema, radiusSchema } from './fault-schema.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const within = duration(1_000, DAY_MS, 'Counted from the first injection.').prefault('5m');

/** How a probe's value is judged; exactly one of these. */
export const toleranceShape = {
  equals: scalar.optional(),
  one_of: z.array(scalar).min(1).max(100).optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  less_than: z.number().optional(),
  at_least: z.number().optional(),
  times_baseline: z.number().gt(0).max(1_000).optional().describe('Under so many times the baseline.'),
  matches: z.string().max(500).optional().describe('Regular expression for the body or the output.'),
};

export const httpShape = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'expected a URL such as "http://127.0.0.1:4100/healthz"' }),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).default('GET'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown().optional(),
  timeout: duration(1, HOUR_MS, 'For the whole call.').prefault('10s'),
});

export const processShape = z.strictObject({
  path: z.string().min(1).max(4_096),
  arguments: z.array(z.string().max(10_000)).max(200).default([]),
  timeout: duration(1, HOUR_MS, 'It is ended after this.').prefault('30s'),
});

const probe = z.strictObject({
  name: z.string().min(1).max(200),
  figure: z.enum(FIGURES).optional(),
  http: httpShape.optional(),
  process: processShape.optional(),
  during: z.boolean().default(false).describe('Holds while the fault is in force, too.'),
  ...toleranceShape,
});

const step = z.strictObject({
  fault: faultSchema,
  at: optionalDuration('After the start of the method.').prefault('0ms'),
  for: duration(1_000, DAY_MS, 'To the end when left out.').optional(),
});

const rollback = z.strictObject({
  name: z.string().min(1).max(200),
  http: httpShape.optional(),
  process: processShape.optional(),
});

const levels = z.array(z.enum(LEVELS)).max(6).default([]);

const expectation = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('error_rate'), max: share('Share without an answer.').prefault('1%') }),
  z.strictObject({ check: z.literal('latency'), times: z.number().gt(1).max(1_000).default(3) }),
  z.strictObject({
    check: z.literal('fallback'),
    levels,
    least: share('Share of requests.', { zero: true }).prefault('0%'),
  }),
  z.strictObject({
    check: z.literal('priority_kept'),
    priority: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).default(0),
    good: share('Answered in time.').prefault('99%'),
  }),
  z.strictObject({ check: z.literal('lower_classes_first') }),
  z.strictObject({ check: z.literal('incident'), type: z.string().min(1).max(100), within }),
  z.strictObject({ check: z.literal('alert'), name: z.string().min(1).max(200), within }),
  z.strictObject({ check: z.literal('nobody_paged') }),
  z.strictObject({ check: z.literal('somebody_paged'), within }),
  z.strictObject({
    check: z.literal('cohorts'),
    metric: z.enum(['errors', 'refused', 'degraded', 'slow']),
    margin: share('Accepted difference.').prefault('1%'),
  }),
  z.strictObject({ check: z.literal('budget_spent'), max: share('Of any budget.').prefault('2%') }),
]);

/** What can be expected. */
export const EXPECTATIONS: readonly string[] = expectation.options.map((option) => option.shape.check.value);

/** An experiment as people write it. */
export const experimentSchema = z.strictObject({
  evenkeel: z.literal(1).describe('Version of this format.'),
  experiment: name.describe('Its name.'),
  service: name.describe('The service under test.'),
  title: z.string().min(1).max(200),
  description: z.string().max(4_000).default(''),
  radius: radiusSchema.default('limited'),
  duration: duration(10_000, 4 * HOUR_MS, 'Of the method; a fault is renewed and ends with it.'),
  hypothesis: z
    .strictObject({
      title: z.string().min(1).max(200),
      probes: z.array(probe).max(50).default([]),
    })
    .describe('The steady state: holds before, after, and where a probe says so, during.'),
  method: z.array(step).min(1, 'a method has at least one step').max(50),
  rollbacks: z.array(rollback).max(20).default([]),
  expect: z
    .array(expectation)
    .max(50)
    .default([
      { check: 'error_rate', max: 0.01 },
      { check: 'latency', times: 3 },
    ])
    .describe('What must be seen.'),
  baseline: z
    .strictObject({
      for: duration(1_000, HOUR_MS, 'Before the method.').prefault('30s'),
      requests: z.int().min(1).max(1_000_000).default(100),
      most: duration(1_000, DAY_MS, 'No baseline after this: inconclusive.').prefault('5m'),
    })
    .prefault({}),
  recover: duration(1_000, HOUR_MS, 'The steady state must be back within this.').prefault('2m'),
  requests: z.int().min(0).max(10_000_000).default(100).describe('In the blast radius, for a verdict.'),
  alpha: z.number().gt(0).max(0.5).default(0.05).describe('Chance of a false verdict between the arms.'),
  stop_early: z.boolean().default(false).describe('End when the comparison of the arms is settled.'),
  lease: duration(3_000, 15 * 60_000, 'A fault ends by itself this long after its last renewal.').prefault(
    '15s',
  ),
  abort: z
    .strictObject({
      burn_rate: z.number().gt(0).max(10_000).default(14.4),
      error_rate: share('Of all requests in the last seconds.').prefault('5%'),
      budget_spent: share('Of any budget since the start.').prefault('2%'),
    })
    .prefault({}),
  allow: z
    .strictObject({
      peak_hours: z.boolean().default(false),
      nobody_on_call: z.boolean().default(false),
      open_incidents: z.boolean().default(false),
    })
    .prefault({}),
  incident: z.string().min(1).max(100).optional().describe('The incident that it reproduces.'),
  blocks: z
    .array(z.enum(['promotion']))
    .max(10)
    .default([]),
  schedule: z
    .strictObject({ cron: z.string().min(9).max(100), timezone: z.string().default('UTC') })
    .optional(),
});

export type RawExperiment = z.output<typeof experimentSchema>;
