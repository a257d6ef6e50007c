import {
  inProductionAt,
  knownGoodModel,
  type ModelRegistry,
  type ModelVersion,
  productionModel,
} from '@evenkeel/core';
import { z } from 'zod';
import { noQuery, type Route, read, write } from '../api/route.ts';
import type { RunBook } from '../training/run-book.ts';
import { weightsOfRun } from '../training/run-weights.ts';
import type { CanaryJudge } from './canary-judge.ts';
import type { KeptModel } from './kept-model.ts';
import type { ModelLifecycle } from './lifecycle.ts';
import type { ModelBook } from './model-book.ts';

const service = z.strictObject({ service: z.string().optional() });
const moment = z.strictObject({ at: z.coerce.number().min(0).optional() });
const reason = z.string().trim().min(1).max(500);
const registration = z
  .strictObject({
    version: z.string().min(1).max(64).optional(),
    /** A run whose result becomes the version, with its gates and its lineage. */
    run: z.string().min(1).max(100).optional(),
    /** Or a file with weights that were brought; nothing has judged them. */
    file: z.string().min(1).max(4_096).optional(),
    lineage: z
      .strictObject({
        dataFingerprint: z.string().max(200).optional(),
        codeVersion: z.string().max(200).optional(),
        baseline: z.string().max(200).optional(),
        parent: z.string().max(64).optional(),
      })
      .optional(),
    reason: reason.default('registered'),
  })
  .refine(({ run, file }) => (run === undefined) !== (file === undefined), 'expected either run or file');
const canaryInput = z.strictObject({
  share: z.number().gt(0).lte(1).optional(),
  force: z.boolean().default(false),
  reason,
});
const decision = z.strictObject({ force: z.boolean().default(false), reason });
const word = z.strictObject({ reason });

function shortly(registry: ModelRegistry): Record<string, unknown> {
  const production = productionModel(registry);
  return {
    model: registry.model,
    production: production?.version,
    since: registry.history.at(-1)?.from,
    rollBackTo: knownGoodModel(registry)?.version,
    versions: registry.versions.length,
  };
}

/** Routes of the registry. */
export function modelRoutes(parts: {
  readonly book: ModelBook;
  readonly lifecycle: ModelLifecycle;
  readonly judge: CanaryJudge;
  readonly runs: RunBook;
}): readonly Route[] {
  const { book, lifecycle, judge, runs } = parts;
  const one = (kept: KeptModel): Record<string, unknown> => {
    const { registry, trial, past } = kept;
    const verdict = judge.verdict(kept.service, registry.model);
    return {
      service: kept.service,
      ...shortly(registry),
      versions: registry.versions,
      history: registry.history,
      canary: trial === undefined ? undefined : { ...trial, verdict },
      trials: past,
    };
  };
  const path = '/api/v1/models/{service}/{name}';
  const common = { role: 'operator', tag: 'models' } as const;

  return [
    read({
      path: '/api/v1/models',
      role: 'viewer',
      tag: 'models',
      summary: 'Models that have versions, and what of each is in production.',
      query: service,
      handle: async (query) => ({
        models: (await book.list(query.service)).map((kept) => ({
          service: kept.service,
          ...shortly(kept.registry),
          canary: kept.trial,
        })),
      }),
    }),
    read({
      path,
      role: 'viewer',
      tag: 'models',
      summary:
        'One model: its versions with lineage and gates, what was in production when, its canary and those before.',
      query: noQuery,
      handle: async (_, { params }) => one(await book.get(params.service ?? '', params.name ?? '')),
    }),
    read({
      path: `${path}/production`,
      role: 'viewer',
      tag: 'models',
      summary: 'What was in production at a time (wall milliseconds; now when left out).',
      query: moment,
      async handle({ at }, { params }) {
        const { registry } = await book.get(params.service ?? '', params.name ?? '');
        const span = inProductionAt(registry, at ?? Date.now());
        return { span, version: registry.versions.find(({ version }) => version === span?.version) };
      },
    }),
    write({
      ...common,
      method: 'post',
      path: `${path}/versions`,
      summary: 'Registers a candidate: the result of a run, or a file that was brought.',
      status: 201,
      body: registration,
      async handle({ run, file, version, lineage, reason: why }, { params, caller }): Promise<ModelVersion> {
        const { service: of = '', name = '' } = params;
        const asking = { by: caller.name, reason: why };
        const given =
          run === undefined
            ? { file: file ?? '', lineage: {}, gates: undefined }
            : await weightsOfRun(await runs.get(run), lifecycle.settings(of, name).artifact);
        const added = { ...given, version, lineage: { ...given.lineage, ...lineage } };
        return lifecycle.register(of, name, added, asking);
      },
    }),
    write({
      ...common,
      method: 'post',
      path: `${path}/versions/{version}/canary`,
      summary: 'Puts a candidate before a share of the users.',
      body: canaryInput,
      handle: async ({ share, force, reason: why }, { params, caller }) =>
        one(
          await lifecycle.canary(params.service ?? '', params.name ?? '', params.version ?? '', {
            by: caller.name,
            reason: why,
            share,
            force,
          }),
        ),
    }),
    write({
      ...common,
      method: 'post',
      path: `${path}/versions/{version}/promote`,
      summary: 'Makes the canary the version in production; with "force" a candidate too.',
      body: decision,
      handle: async ({ force, reason: why }, { params, caller }) =>
        one(
          await lifecycle.promote(params.service ?? '', params.name ?? '', params.version ?? '', {
            by: caller.name,
            reason: why,
            force,
          }),
        ),
    }),
    write({
      ...common,
      method: 'post',
      path: `${path}/versions/{version}/archive`,
      summary: 'Puts away a version that does not serve.',
      body: word,
      handle: async ({ reason: why }, { params, caller }) =>
        one(
          await lifecycle.archive(params.service ?? '', params.name ?? '', params.version ?? '', {
            by: caller.name,
            reason: why,
          }),
        ),
    }),
    write({
      ...common,
      method: 'post',
      path: `${path}/end-canary`,
      summary: 'Takes the canary out, for cause.',
      body: word,
      handle: async ({ reason: why }, { params, caller }) =>
        one(
          await lifecycle.endCanary(params.service ?? '', params.name ?? '', {
            by: caller.name,
            reason: why,
          }),
        ),
    }),
    write({
      ...common,
      method: 'post',
      path: `${path}/roll-back`,
      summary: 'One step back: the last version known to be good is in production again.',
      body: word,
      handle: async ({ reason: why }, { params, caller }) =>
        one(
          await lifecycle.rollBack(params.service ?? '', params.name ?? '', { by: caller.name, reason: why }),
        ),
    }),
  ];
}
