import type { ServiceConfig } from '@evenkeel/config';
import {
  type CanaryVerdict,
  type Clock,
  canaryModel,
  judgeCanary,
  productionModel,
  type ReplicaLink,
} from '@evenkeel/core';
import type { Lease, Rollups } from '@evenkeel/store';
import type { Evaluator } from '../objectives/evaluator.ts';
import { canaryFigures, replicaVersions } from './canary-figures.ts';
import { type KeptModel, modelId } from './kept-model.ts';
import type { ModelLifecycle } from './lifecycle.ts';
import type { ModelBook } from './model-book.ts';
import type { ModelServing } from './serving.ts';

/** Looks after everything that is on trial. */
export interface CanaryJudge {
  /** Renews the orders in force, judges each canary, and promotes or rolls back where the file allows it. */
  step(lease: Lease | undefined): Promise<void>;
  /** The last verdict on the canary of a model; undefined when there is none. */
  verdict(service: string, model: string): CanaryVerdict | undefined;
}

/** A look asks the store for the figures of every objective: not every second. */
const LOOK_MS = 2_000;
/** One error probability, however often it is looked at. */
const ALPHA = 0.05;

export function canaryJudge(parts: {
  readonly book: ModelBook;
  readonly lifecycle: ModelLifecycle;
  readonly serving: ModelServing;
  readonly rollups: Pick<Rollups, 'blocks'>;
  readonly evaluator: Pick<Evaluator, 'standing'>;
  readonly link: ReplicaLink;
  readonly clock: Clock;
  readonly config: (service: string) => ServiceConfig | undefined;
  readonly blockedBy: (service: string) => Promise<readonly string[]>;
  readonly tell: (what: string, reason: string) => void;
}): CanaryJudge {
  const { book, lifecycle, serving, evaluator, clock, tell } = parts;
  const verdicts = new Map<string, CanaryVerdict>();
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(config: ServiceConfig, kept: KeptModel): Promise<CanaryVerdict | undefined> {
    const { service, registry, trial } = kept;
    const settings = config.models.get(registry.model)?.training?.canary;
    const production = productionModel(registry);
    if (trial === undefined || settings === undefined || production === undefined) return undefined;
    const status = await parts.link.service(service);
    const replica = replicaVersions(status?.components.find(({ name }) => name === registry.model));
    if (replica?.canary?.version === trial.version && replica.canary.state === 'failed')
      return {
        decision: 'roll_back',
        reason: `it cannot be loaded: ${replica.canary.reason}`,
        evidence: [],
      };
    const now = Math.round(clock.wall());
    const figures = await canaryFigures({
      rollups: parts.rollups,
      service,
      model: registry.model,
      canary: trial.version,
      production: production.version,
      from: trial.from,
      now,
      objectives: config.objectives,
      settings,
      usual: (objective) => evaluator.standing(service, objective)?.status.raw.counts.total ?? 0,
      calls: replica?.canary?.version === trial.version ? replica.calls : undefined,
    });
    return judgeCanary(
      { elapsedMs: now - trial.from, figures, blockedBy: await parts.blockedBy(service) },
      { alpha: ALPHA, minimum: settings.minimum, soakMs: settings.soakMs, timeoutMs: settings.timeoutMs },
    );
  }

  async function act(
    config: ServiceConfig,
    kept: KeptModel,
    verdict: CanaryVerdict,
    lease: Lease | undefined,
  ): Promise<void> {
    const { service, registry } = kept;
    const { model } = registry;
    const automatic = config.models.get(model)?.training?.automatic ?? [];
    const canary = canaryModel(registry);
    if (canary === undefined || verdict.decision === 'continue') return;
    const known = verdicts.get(modelId(service, model));
    const asking = { by: 'evenkeel', reason: verdict.reason, lease, verdict };
    if (verdict.decision === 'promote' && automatic.includes('promote'))
      await lifecycle.promote(service, model, canary.version, asking);
    else if (verdict.decision === 'roll_back' && automatic.includes('roll_back'))
      await lifecycle.endCanary(service, model, asking);
    else if (known?.decision !== verdict.decision)
      tell(
        `${service}: ${model} ${canary.version} should be ${verdict.decision === 'promote' ? 'promoted' : 'rolled back'}; a person decides`,
        verdict.reason,
      );
  }

  return {
    async step(lease) {
      if (clock.now() - lookedAt < LOOK_MS) return;
      lookedAt = clock.now();
      for (const kept of await book.list()) {
        const { service, registry } = kept;
        const config = parts.config(service);
        if (config?.models.get(registry.model)?.training === undefined) continue;
        await serving.direct(kept);
        const id = modelId(service, registry.model);
        const verdict = await look(config, kept);
        if (verdict === undefined) {
          verdicts.delete(id);
          continue;
        }
        await act(config, kept, verdict, lease);
        verdicts.set(id, verdict);
      }
    },
    verdict: (service, model) => verdicts.get(modelId(service, model)),
  };
}
