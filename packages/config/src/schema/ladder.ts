import { BUILTIN_NAMES, LEVELS } from '@evenkeel/core';
import { z } from 'zod';
import { name, optionalDuration, shortDuration } from '../values.ts';

/** Built-in rungs, and the one that changes the request for a model. */
export const USES: readonly string[] = [...BUILTIN_NAMES, 'reduced_context'];

export const gateSchema = z.strictObject({
  limit: z
    .union([z.literal('adaptive'), z.int().min(0).max(100_000)])
    .default('adaptive')
    .describe('Requests at once: measured, or a number.'),
  initial: z.int().min(1).max(100_000).optional().describe('Where an adaptive limit begins.'),
  min: z.int().min(1).max(100_000).default(1).describe('An adaptive limit never goes below.'),
  max: z.int().min(1).max(100_000).default(1_000).describe('An adaptive limit never goes above.'),
  queue: optionalDuration('Wait that counts as full pressure.').optional(),
  max_wait: optionalDuration('A request waits here at most this long.').optional(),
  threshold: z
    .strictObject({ p95: shortDuration('Over this the limit falls.') })
    .optional()
    .describe('Follow the p95 latency against this threshold instead.'),
});

export const rungSchema = z.strictObject({
  rung: name.optional().describe('Name of the rung; default: its model or built-in.'),
  level: z
    .enum(LEVELS)
    .describe('How far an answer from here is degraded; never better than the rung above.'),
  model: name.optional().describe('A model of this file; or name a built-in rung with use.'),
  use: z.string().optional().describe('A built-in rung of the catalogue.'),
  with: z.json().optional().describe('Data of the built-in rung, or {file: …}.'),
  features: z
    .enum(['fresh', 'cached', 'none'])
    .default('none')
    .describe('Features from their source, last known ones, or none.'),
  budget: shortDuration('It takes at most this.').optional(),
  quality: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('What an answer from here costs in quality, in words.'),
  depends_on: z
    .array(z.string())
    .optional()
    .describe(
      'Models, or "features", whose health decides whether requests enter here; default: what it uses.',
    ),
  overflow: z
    .boolean()
    .optional()
    .describe('Whether requests that found the rungs above merely full may come here.'),
  gate: gateSchema.optional().describe('How many requests are let in at once, and how long the others wait.'),
  forbid: z.boolean().default(false).describe('Takes the rung out without deleting it.'),
});

export type RawRung = z.output<typeof rungSchema>;
export type RawGate = z.output<typeof gateSchema>;
