import type { CanaryVerdict, ModelRegistry } from '@evenkeel/core';
import type { DocumentRow } from '@evenkeel/store';
import { z } from 'zod';

/** A version on trial before a share of the traffic. */
export interface Trial {
  readonly version: string;
  readonly share: number;
  readonly from: number;
  readonly by: string;
}

/** A trial that is over. */
export interface PastTrial extends Trial {
  readonly to: number;
  readonly outcome: 'promoted' | 'rolled_back';
  readonly reason: string;
  /** True when it was shown to be worse, not merely not shown to be good. */
  readonly worse: boolean;
  readonly evidence: CanaryVerdict['evidence'];
}

/** What is kept of one model of one service. */
export interface KeptModel {
  readonly service: string;
  readonly registry: ModelRegistry;
  readonly trial: Trial | undefined;
  /** Newest last. */
  readonly past: readonly PastTrial[];
  /** Of the document; 0 before it is written. */
  readonly revision: number;
}

/** Trials remembered. */
export const TRIALS_KEPT = 50;

/** Where the weights of a version are that came with the service's file: nowhere that the registry knows. */
export const FROM_FILE = 'the service file';

export const modelId = (service: string, model: string): string => `${service}/${model}`;

const trialShape = z.object({
  version: z.string(),
  share: z.number(),
  from: z.number(),
  by: z.string(),
});
const versionShape = z.looseObject({
  version: z.string(),
  artifact: z.object({ uri: z.string(), bytes: z.number(), sha256: z.string() }),
  lineage: z.looseObject({ by: z.string() }),
  registeredAt: z.number(),
  standing: z.enum(['candidate', 'canary', 'production', 'rolled_back', 'archived']),
});
const registryShape = z.looseObject({
  format: z.literal(1),
  model: z.string(),
  versions: z.array(versionShape),
  history: z.array(z.looseObject({ version: z.string(), from: z.number() })),
});
const isRegistry = (value: unknown): value is ModelRegistry => registryShape.safeParse(value).success;
const pastShape = z.looseObject({
  ...trialShape.shape,
  to: z.number(),
  outcome: z.enum(['promoted', 'rolled_back']),
  reason: z.string(),
  worse: z.boolean(),
  evidence: z.array(z.looseObject({ name: z.string() })),
});
// What is infinite has no JSON: it comes back as null, and is only shown.
const isPast = (value: unknown): value is PastTrial => pastShape.safeParse(value).success;
const bodyShape = z.object({
  registry: z.custom<ModelRegistry>(isRegistry),
  trial: trialShape.optional(),
  past: z.array(z.custom<PastTrial>(isPast)),
});

/** Reads a stored model; undefined when it is none that this version knows. */
export function readModel(row: DocumentRow): KeptModel | undefined {
  const body = bodyShape.safeParse(row.body);
  if (!body.success) return undefined;
  const { registry, trial, past } = body.data;
  return { service: row.service, registry, trial, past, revision: row.revision };
}

export function modelRow(kept: KeptModel, at: number): DocumentRow {
  const { service, registry, trial, past, revision } = kept;
  const serving = registry.history.at(-1);
  return {
    kind: 'model',
    id: modelId(service, registry.model),
    service,
    state: trial === undefined ? 'settled' : 'canary',
    label: registry.model,
    createdAt: registry.versions[0]?.registeredAt ?? serving?.from ?? at,
    updatedAt: at,
    revision,
    body: { registry, trial, past: past.slice(-TRIALS_KEPT) },
  };
}
