import type { BlastRadius, FaultLatency, FaultSpec, ModelFailure, ValueFault } from '@evenkeel/core';
import { RADIUS_SHARES } from '@evenkeel/core';
import { z } from 'zod';
import { duration, name, share } from '../values.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;
/** How late something may be made, at most. */
const late = (description: string) => duration(1, HOUR_MS, description);

export const latencySchema = z
  .discriminatedUnion('shape', [
    z.strictObject({ shape: z.literal('constant'), by: late('Later by this.') }),
    z.strictObject({
      shape: z.literal('heavy_tail'),
      median: late('Median of the delay.'),
      p99: late('99th percentile of the delay.'),
      most: late('No delay is longer.').prefault('1m'),
    }),
    z.strictObject({
      shape: z.literal('drip'),
      first: duration(0, HOUR_MS, 'Before the first chunk.').prefault('0ms'),
      chunk: late('Before each further chunk, or per token of a whole answer.'),
    }),
  ])
  .describe('How long something takes longer.')
  .transform((raw, context): FaultLatency => {
    if (raw.shape === 'constant') return { shape: 'constant', ms: raw.by };
    if (raw.shape === 'drip') return { shape: 'drip', firstMs: raw.first, chunkMs: raw.chunk };
    if (raw.p99 < raw.median || raw.most < raw.p99) {
      context.addIssue({ code: 'custom', message: 'expected median ≤ p99 ≤ most' });
      return z.NEVER;
    }
    return { shape: 'heavy_tail', medianMs: raw.median, p99Ms: raw.p99, maxMs: raw.most };
  });

const fields = z
  .array(z.string().min(1).max(200))
  .min(1)
  .max(50)
  .describe('Fields, dotted: "text", "user.age".');

const valueSchema = z
  .discriminatedUnion('how', [
    z.strictObject({ how: z.literal('null'), fields }),
    z.strictObject({ how: z.literal('swap'), fields: fields.length(2, 'two fields change places') }),
    z.strictObject({ how: z.literal('scale'), fields, factor: z.number() }),
    z.strictObject({ how: z.literal('new_category'), fields, value: z.string().max(200) }),
    z.strictObject({ how: z.literal('shuffle'), fields }),
    z.strictObject({ how: z.literal('permute'), fields }),
  ])
  .transform((raw): ValueFault => raw);

const failureSchema = z
  .discriminatedUnion('how', [
    z.strictObject({ how: z.literal('error'), status: z.int().min(500).max(599).default(500) }),
    z.strictObject({ how: z.literal('timeout') }),
    z.strictObject({ how: z.literal('malformed') }),
    z.strictObject({ how: z.literal('cut_stream'), after_chunks: z.int().min(1).max(10_000).default(3) }),
    z.strictObject({
      how: z.literal('rate_limited'),
      retry_after: late('What it asks to wait.').prefault('1s'),
    }),
  ])
  .transform((raw): ModelFailure => {
    if (raw.how === 'cut_stream') return { how: 'cut_stream', afterChunks: raw.after_chunks };
    if (raw.how === 'rate_limited') return { how: 'rate_limited', retryAfterMs: raw.retry_after };
    return raw;
  });

const rate = share('Share of the calls in the blast radius.').prefault('100%');

const overload = z.strictObject({
  type: z.literal('capacity_overload'),
  multiple: z.number().min(1).max(100).optional().describe('Total traffic over what arrives by itself.'),
  floor: z.number().min(0).max(10_000).default(0).describe('Extra requests a second at least.'),
  ceiling: z
    .number()
    .gt(0)
    .max(10_000)
    .default(500)
    .describe('Extra requests a second at most, per replica.'),
  recording: z
    .strictObject({ speed: z.number().gt(0).max(1_000).default(1) })
    .optional()
    .describe('The timing of the corpus itself, instead of what arrives.'),
  corpus: z.string().min(1).describe('NDJSON file of bodies, relative to this file.'),
  retries: z
    .strictObject({
      attempts: z.int().min(1).max(20).default(3),
      slower_than: late('A client gives up and asks again after this.').prefault('1s'),
    })
    .optional()
    .describe('Clients that ask again at once.'),
});

const raw = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('model_failure'),
    model: name,
    failure: failureSchema,
    unhealthy: z.boolean().default(false).describe('Its health check fails too.'),
    rate,
  }),
  z.strictObject({ type: z.literal('model_latency'), model: name, latency: latencySchema, rate }),
  z.strictObject({ type: z.literal('feature_store_latency'), latency: latencySchema, rate }),
  z.strictObject({
    type: z.literal('stale_features'),
    older: duration(1, YEAR_MS, 'By how much event times are older.'),
    fields: z.array(z.string().min(1).max(200)).max(50).default([]).describe('Only these; all when empty.'),
    marked: z.boolean().default(false).describe('The source itself calls them too old.'),
    rate,
  }),
  z.strictObject({
    type: z.literal('data_quality'),
    at: z.enum(['features', 'input', 'output']),
    model: name.optional(),
    values: valueSchema,
    rate,
  }),
  overload,
  z.strictObject({
    type: z.literal('worker_kill'),
    model: name,
    every: duration(1_000, 24 * HOUR_MS, 'Again this often.').optional(),
  }),
  z.strictObject({ type: z.literal('store_outage') }),
  z.strictObject({ type: z.literal('control_outage') }),
  z.strictObject({ type: z.literal('notifier_outage'), destination: z.string().min(1).max(200).optional() }),
  z.strictObject({
    type: z.literal('label_delay'),
    by: duration(1, YEAR_MS, 'How much later labels arrive.'),
  }),
]);

/** A fault as people write it, as the serving path takes it. */
export const faultSchema = raw.describe('What breaks.').transform((one, context): FaultSpec => {
  switch (one.type) {
    case 'data_quality':
      if (one.at === 'features' && one.model !== undefined) {
        context.addIssue({ code: 'custom', path: ['model'], message: 'features are not of one model' });
        return z.NEVER;
      }
      return { type: 'data_quality', rate: one.rate, at: one.at, model: one.model, fault: one.values };
    case 'stale_features':
      return { type: one.type, rate: one.rate, olderMs: one.older, fields: one.fields, marked: one.marked };
    case 'worker_kill':
      return { type: one.type, model: one.model, everyMs: one.every };
    case 'notifier_outage':
      return { type: one.type, destination: one.destination };
    case 'label_delay':
      return { type: one.type, byMs: one.by };
    case 'capacity_overload': {
      if ((one.multiple === undefined) === (one.recording === undefined)) {
        context.addIssue({ code: 'custom', message: 'expected either "multiple" or "recording"' });
        return z.NEVER;
      }
      return {
        type: one.type,
        pattern:
          one.recording === undefined
            ? { kind: 'multiple', multiple: one.multiple ?? 1, floorPerSecond: one.floor }
            : { kind: 'recording', speed: one.recording.speed },
        ceilingPerSecond: one.ceiling,
        corpus: one.corpus,
        retries:
          one.retries === undefined
            ? undefined
            : { attempts: one.retries.attempts, slowerThanMs: one.retries.slower_than },
      };
    }
    default:
      return one;
  }
});

/** The names that a tag may have, by the tag and where it stands: a message about a wrong one tells them. */
export function tagNames(at: string): readonly string[] {
  const tag = at.split('.').at(-1);
  if (tag === 'type') return raw.options.map((option) => option.shape.type.value);
  if (tag === 'shape') return ['constant', 'heavy_tail', 'drip'];
  if (tag !== 'how') return [];
  return at.includes('.values.')
    ? ['null', 'swap', 'scale', 'new_category', 'shuffle', 'permute']
    : ['error', 'timeout', 'malformed', 'cut_stream', 'rate_limited'];
}

const priority = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
const radiusName = z.enum(['limited', 'moderate', 'full']);

/** `limited`, `moderate`, `full`, or a share and a segment. */
export const radiusSchema = z
  .union([
    radiusName,
    z.strictObject({
      share: share('Share of users, always the same ones.').prefault('100%'),
      cohort: z.string().min(1).max(100).optional().describe('Name of the draw.'),
      tenants: z.array(z.string().min(1).max(200)).max(100).default([]),
      priorities: z.array(priority).max(4).default([]),
    }),
  ])
  .describe('Whose requests may be touched: limited (5 %), moderate (25 %), full, or a share and a segment.');

export type RadiusInput = z.output<typeof radiusSchema>;

/** @param cohort name of the draw where the input gives none */
export function radiusOf(
  input: RadiusInput,
  cohort: string,
): BlastRadius & { name: 'limited' | 'moderate' | 'full' | 'custom' } {
  if (typeof input === 'string')
    return { name: input, share: RADIUS_SHARES[input], cohort, tenants: [], priorities: [] };
  const { share: part, tenants, priorities } = input;
  // As narrow as limited is limited, whatever it is called: peak hours and policies go by that.
  const named = part <= RADIUS_SHARES.limited ? 'limited' : 'custom';
  return { name: named, share: part, cohort: input.cohort ?? cohort, tenants, priorities };
}

/** An order to inject one fault by hand: `{ kind: fault, fault: …, radius: limited }`. */
export const faultOrderSchema = z
  .strictObject({ kind: z.literal('fault'), fault: faultSchema, radius: radiusSchema.default('limited') })
  .transform(({ fault, radius }) => {
    const { name: _, ...blast } = radiusOf(radius, 'by-hand');
    return { kind: 'fault' as const, fault: { spec: fault, radius: blast } };
  });
