import type { ServiceConfig, TrainingConfig } from '@evenkeel/config';
import {
  archiveModel,
  type CanaryVerdict,
  type Clock,
  canaryModel,
  describeError,
  EvenkeelError,
  endCanary,
  type ModelVersion,
  promoteModel,
  registerModel,
  rollBackModel,
  startCanary,
} from '@evenkeel/core';
import type { Facts, Lease } from '@evenkeel/store';
import { keepArtifact } from './artifacts.ts';
import { FROM_FILE, type KeptModel, type PastTrial } from './kept-model.ts';
import type { ModelBook } from './model-book.ts';
import type { ModelServing } from './serving.ts';

/** Who wants something, and why. */
export interface Asking {
  readonly by: string;
  readonly reason: string;
  readonly lease?: Lease | undefined;
}

export interface CanaryAsking extends Asking {
  /** The file's when left out. */
  readonly share?: number | undefined;
  readonly force?: boolean | undefined;
}

export interface NewVersion {
  /** Undefined: the next number. */
  readonly version?: string | undefined;
  /** The file with the weights. */
  readonly file: string;
  /** What the file's bytes must be, where a manifest says so. */
  readonly sha256?: string | undefined;
  readonly lineage: Omit<ModelVersion['lineage'], 'by'>;
  readonly gates: ModelVersion['gates'];
}

/** What is done with versions of models; every step is kept, audited, and reaches the replicas at once. */
export interface ModelLifecycle {
  register(service: string, model: string, added: NewVersion, asking: Asking): Promise<ModelVersion>;
  /** @param force also one that has not passed its gates */
  canary(service: string, model: string, version: string, asking: CanaryAsking): Promise<KeptModel>;
  promote(
    service: string,
    model: string,
    version: string,
    asking: Asking & { readonly force?: boolean | undefined; readonly verdict?: CanaryVerdict | undefined },
  ): Promise<KeptModel>;
  /** Ends a canary for cause. */
  endCanary(
    service: string,
    model: string,
    asking: Asking & { readonly verdict?: CanaryVerdict | undefined },
  ): Promise<KeptModel>;
  /** Takes what is in production out, for the last version that is known to be good. */
  rollBack(service: string, model: string, asking: Asking): Promise<KeptModel>;
  archive(service: string, model: string, version: string, asking: Asking): Promise<KeptModel>;
  /** @throws EvenkeelError not_found for a model whose file says nothing of training */
  settings(service: string, model: string): TrainingConfig;
}

const VERSION = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

function nextVersion({ registry }: KeptModel): string {
  let number = registry.versions.length + 1;
  while (registry.versions.some(({ version }) => version === `v${number}`)) number += 1;
  return `v${number}`;
}

/** Whether a new version is tried at once: the file says so, its gates passed, and nothing else is on trial. */
function triedAtOnce({ automatic }: TrainingConfig, version: ModelVersion, { trial }: KeptModel): boolean {
  return (
    automatic.includes('canary') &&
    version.standing === 'candidate' &&
    version.gates?.passed === true &&
    trial === undefined
  );
}

export function modelLifecycle(parts: {
  readonly book: ModelBook;
  readonly serving: ModelServing;
  readonly facts: Pick<Facts, 'add'>;
  readonly clock: Clock;
  /** Where weights are kept; every replica reads them there. */
  readonly directory: string;
  readonly config: (service: string) => ServiceConfig | undefined;
  /** Why nothing may be promoted now; empty when it may. */
  readonly blockedBy: (service: string) => Promise<readonly string[]>;
  readonly onChange: (service: string, what: string, reason: string) => void;
}): ModelLifecycle {
  const { book, serving, clock, onChange } = parts;
  const now = (): number => Math.round(clock.wall());

  function settings(service: string, model: string): TrainingConfig {
    const training = parts.config(service)?.models.get(model)?.training;
    if (training === undefined)
      throw new EvenkeelError('not_found', `the file of ${service} has no "training" for a model ${model}`);
    return training;
  }

  async function unblocked(service: string): Promise<void> {
    const blocks = await parts.blockedBy(service);
    if (blocks.length > 0)
      throw new EvenkeelError('conflict', `nothing is promoted now: ${blocks.join('; ')}`);
  }

  /** What serves has changed: a possible cause of what follows. */
  async function tell(kept: KeptModel, version: string, what: string, asking: Asking): Promise<void> {
    const { service, registry } = kept;
    await serving.direct(kept);
    const at = now();
    await parts.facts.add([
      {
        kind: 'change',
        service,
        id: `model-${registry.model}-${version}-${at}`,
        at,
        arrivedAt: at,
        by: asking.by,
        request: undefined,
        body: { kind: 'model', what: `${registry.model}: ${what}`, version },
      },
    ]);
    onChange(service, `${registry.model} ${version}: ${what}`, asking.reason);
  }

  function over(
    kept: KeptModel,
    outcome: PastTrial['outcome'],
    asking: Asking,
    verdict: CanaryVerdict | undefined,
  ): readonly PastTrial[] {
    if (kept.trial === undefined) return kept.past;
    const evidence = verdict?.evidence ?? [];
    const worse = outcome === 'rolled_back' && evidence.some(({ standing }) => standing === 'worse');
    return [...kept.past, { ...kept.trial, to: now(), outcome, reason: asking.reason, worse, evidence }];
  }

  const who = ({ by, reason }: Asking) => ({ by, reason, at: now() });
  const why = (asking: Asking, action: string, detail: Record<string, unknown>) => ({
    by: asking.by,
    action,
    detail: { ...detail, reason: asking.reason },
    lease: asking.lease,
  });

  async function canary(
    service: string,
    model: string,
    version: string,
    asking: CanaryAsking,
  ): Promise<KeptModel> {
    const { canary: usual } = settings(service, model);
    await unblocked(service);
    const share = asking.share ?? usual.share;
    const kept = await book.change(
      service,
      model,
      (before) => {
        if (before.registry.versions.some((one) => one.version === version && one.artifact.uri === FROM_FILE))
          throw new EvenkeelError(
            'conflict',
            `${model} ${version} came with the file: it has no weights to try`,
          );
        return {
          ...before,
          registry: startCanary(before.registry, version, who(asking), asking.force),
          trial: { version, share, from: now(), by: asking.by },
        };
      },
      why(asking, 'model.canary', { version, share, force: asking.force ?? false }),
    );
    await tell(kept, version, `canary at ${(100 * share).toFixed(1)} %`, asking);
    return kept;
  }

  return {
    settings,
    async register(service, model, added, asking) {
      settings(service, model);
      if (added.version !== undefined && !VERSION.test(added.version))
        throw new EvenkeelError(
          'bad_request',
          `${JSON.stringify(added.version)} is not a version: letters, digits, ".", "-", "_"`,
        );
      const artifact = await keepArtifact(parts.directory, service, model, added.file, added.sha256);
      let version = '';
      const kept = await book.change(
        service,
        model,
        (before) => {
          const same = before.registry.versions.find((one) => one.artifact.sha256 === artifact.sha256);
          version = added.version ?? same?.version ?? nextVersion(before);
          const registry = registerModel(before.registry, {
            version,
            artifact,
            lineage: { ...added.lineage, by: asking.by },
            gates: added.gates,
            registeredAt: now(),
          });
          return registry === before.registry ? before : { ...before, registry };
        },
        why(asking, 'model.register', { file: added.file, sha256: artifact.sha256 }),
      );
      const found = kept.registry.versions.find((one) => one.version === version);
      if (found === undefined) throw new EvenkeelError('internal', `${model} ${version} was not kept`);
      onChange(service, `${model} ${version}: registered`, found.reason);
      if (!triedAtOnce(settings(service, model), found, kept)) return found;
      try {
        const asked = { by: 'evenkeel', reason: `its gates: ${found.reason}`, lease: asking.lease };
        const tried = await canary(service, model, version, asked);
        return tried.registry.versions.find((one) => one.version === version) ?? found;
      } catch (error) {
        // It stays a candidate: a person may try it when nothing stands in the way any more.
        onChange(service, `${model} ${version}: no canary yet`, describeError(error));
        return found;
      }
    },
    canary,
    async promote(service, model, version, asking) {
      settings(service, model);
      await unblocked(service);
      const kept = await book.change(
        service,
        model,
        (before) => ({
          ...before,
          registry: promoteModel(before.registry, version, who(asking), asking.force),
          trial: before.trial?.version === version ? undefined : before.trial,
          past:
            before.trial?.version === version
              ? over(before, 'promoted', asking, asking.verdict)
              : before.past,
        }),
        why(asking, 'model.promote', { version, force: asking.force ?? false }),
      );
      await tell(kept, version, 'in production', asking);
      return kept;
    },
    async endCanary(service, model, asking) {
      let version = '';
      const kept = await book.change(
        service,
        model,
        (before) => {
          const candidate = canaryModel(before.registry);
          if (candidate === undefined)
            throw new EvenkeelError('conflict', `${service}/${model} has no canary`);
          version = candidate.version;
          return {
            ...before,
            registry: endCanary(before.registry, version, who(asking)),
            trial: undefined,
            past: over(before, 'rolled_back', asking, asking.verdict),
          };
        },
        why(asking, 'model.end_canary', {}),
      );
      await tell(kept, version, 'canary rolled back', asking);
      return kept;
    },
    async rollBack(service, model, asking) {
      let to = '';
      const kept = await book.change(
        service,
        model,
        (before) => {
          const back = rollBackModel(before.registry, who(asking));
          to = back.to.version;
          return { ...before, registry: back.registry };
        },
        why(asking, 'model.roll_back', {}),
      );
      await tell(kept, to, 'in production again', asking);
      return kept;
    },
    async archive(service, model, version, asking) {
      return book.change(
        service,
        model,
        (before) => ({ ...before, registry: archiveModel(before.registry, version, who(asking)) }),
        why(asking, 'model.archive', { version }),
      );
    },
  };
}
