import type { BurnPair, Objective, ObjectiveCategory } from '@evenkeel/core';
import { z } from 'zod';

// What evenkeel knows about an objective and OpenSLO has no field for, as annotations: other tools carry them along.
const PREFIX = 'evenkeel.dev/';

export const KEYS = {
  /** The objective's and the service's own names, which may hold what OpenSLO names may not. */
  name: `${PREFIX}name`,
  service: `${PREFIX}service`,
  category: `${PREFIX}category`,
  source: `${PREFIX}source`,
  minimumEvents: `${PREFIX}minimum-events`,
  minimumBad: `${PREFIX}minimum-bad`,
  emptySlice: `${PREFIX}empty-slice`,
  /** Figures for parts of the traffic, and whether silence is an alert. */
  segments: `${PREFIX}segments`,
  expectedTraffic: `${PREFIX}expected-traffic`,
  /** Labels whose values OpenSLO does not allow. */
  labels: `${PREFIX}labels`,
  /** On an alert policy: the pair of windows that its one condition stands for. */
  pair: `${PREFIX}burn-pair`,
} as const;

const counted = z.coerce.number().min(0);
const indicator = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('availability'), minimumConfidence: z.number().optional() }),
  z.strictObject({
    kind: z.literal('latency'),
    thresholdMs: z.number().positive(),
    part: z.enum(['end_to_end', 'model', 'first_token', 'between_tokens']),
  }),
  z.strictObject({ kind: z.literal('feature_age'), maxAgeMs: z.number().positive() }),
  z.strictObject({ kind: z.literal('safety') }),
  z.strictObject({ kind: z.literal('full_service') }),
]);
const source = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('requests'), indicator }),
  z.strictObject({ kind: z.literal('pushed'), name: z.string().min(1) }),
  z.strictObject({ kind: z.literal('model_age'), model: z.string().min(1), maxAgeMs: z.number().positive() }),
  z.strictObject({
    kind: z.literal('labels'),
    predicted: z.string().min(1).optional(),
    actual: z.string().min(1).optional(),
  }),
  z.strictObject({ kind: z.literal('promql'), source: z.string() }),
]);
const category = z.enum(['availability', 'latency', 'quality', 'freshness', 'safety', 'cost']);
const pair = z.strictObject({
  name: z.string().min(1),
  severity: z.enum(['page', 'ticket']),
  budgetShare: z.number().gt(0).lt(1),
  longMs: z.number().positive(),
  shortMs: z.number().positive(),
});

export type Annotations = Readonly<Record<string, unknown>>;

function json(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function readText(annotations: Annotations, key: string): string | undefined {
  const value = annotations[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function readCount(annotations: Annotations, key: string): number | undefined {
  const parsed = counted.safeParse(annotations[key]);
  return annotations[key] !== undefined && parsed.success ? parsed.data : undefined;
}

export function readCategory(annotations: Annotations): ObjectiveCategory | undefined {
  return category.safeParse(annotations[KEYS.category]).data;
}

export function readEmptySlice(annotations: Annotations): 'exclude' | 'good' | 'bad' {
  return z.enum(['exclude', 'good', 'bad']).safeParse(annotations[KEYS.emptySlice]).data ?? 'exclude';
}

export function readLabels(annotations: Annotations): Readonly<Record<string, string>> {
  return z.record(z.string(), z.string()).safeParse(json(annotations[KEYS.labels])).data ?? {};
}

const segments = z.array(
  z.strictObject({ by: z.enum(['version', 'tenant', 'cohort']), most: z.int().min(1) }),
);
const expectedTraffic = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('learned') }),
  z.strictObject({
    kind: z.literal('stated'),
    events: z.number().positive(),
    perMs: z.number().positive(),
  }),
]);

/** The parts of an objective that may be left out. */
export function readExtras(annotations: Annotations): Pick<Objective, 'segments' | 'expectedTraffic'> {
  const rules = segments.safeParse(json(annotations[KEYS.segments])).data;
  const traffic = expectedTraffic.safeParse(json(annotations[KEYS.expectedTraffic])).data;
  return {
    ...(rules === undefined ? {} : { segments: rules }),
    ...(traffic === undefined ? {} : { expectedTraffic: traffic }),
  };
}

/** What evenkeel itself measures, or the name of the Prometheus that a query belongs to. */
export type SourceNote =
  | Exclude<Objective['source'], { kind: 'promql' | 'composite' }>
  | { readonly kind: 'promql'; readonly source: string };

export function readSource(annotations: Annotations): SourceNote | undefined {
  const parsed = source.safeParse(json(annotations[KEYS.source])).data;
  if (parsed?.kind !== 'requests') return parsed;
  const { indicator: of } = parsed;
  if (of.kind !== 'availability') return { kind: 'requests', indicator: of };
  return { kind: 'requests', indicator: { kind: of.kind, minimumConfidence: of.minimumConfidence } };
}

export function readPair(annotations: Annotations): BurnPair | undefined {
  return pair.safeParse(json(annotations[KEYS.pair])).data;
}

/** The text of a source for the annotation; queries stand in the indicator itself. */
export function writeSource(of: Objective['source']): string {
  return JSON.stringify(of.kind === 'promql' ? { kind: of.kind, source: of.source } : of);
}
