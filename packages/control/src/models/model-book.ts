import type { ModelConfig, ServiceConfig } from '@evenkeel/config';
import {
  type Clock,
  EvenkeelError,
  emptyRegistry,
  isEvenkeelError,
  type ModelRegistry,
  nearestName,
  productionModel,
  promoteModel,
  registerModel,
} from '@evenkeel/core';
import type { AuditEntry, Documents, Lease } from '@evenkeel/store';
import { FROM_FILE, type KeptModel, modelId, modelRow, readModel } from './kept-model.ts';

export interface ModelChange {
  readonly by: string;
  readonly action: string;
  readonly detail: unknown;
  readonly lease?: Lease | undefined;
}

/** The registries of all models that have versions. */
export interface ModelBook {
  /** Takes a service's file into account: the version that the file names is known good until it is replaced. */
  put(config: ServiceConfig): Promise<void>;
  /** @throws EvenkeelError not_found */
  get(service: string, model: string): Promise<KeptModel>;
  list(service?: string): Promise<readonly KeptModel[]>;
  /** Applies a change to what is stored; when somebody else was faster, to what they left. Audited in the same transaction. */
  change(
    service: string,
    model: string,
    change: (kept: KeptModel) => KeptModel,
    why: ModelChange,
  ): Promise<KeptModel>;
}

const TRIES = 5;
const MOST = 1_000;

/** The file's own version, as one that is known. */
function withFileVersion(registry: ModelRegistry, model: ModelConfig, at: number): ModelRegistry {
  const { version } = model;
  const production = productionModel(registry);
  const known = registry.versions.find((one) => one.version === version);
  if (known !== undefined) return registry;
  const added = registerModel(registry, {
    version,
    artifact: { uri: FROM_FILE, bytes: 0, sha256: '' },
    lineage: { by: 'the service file' },
    gates: undefined,
    registeredAt: at,
  });
  // A new file replaces what the file before it brought; what was promoted stays until somebody decides otherwise.
  if (production !== undefined && production.artifact.uri !== FROM_FILE) return added;
  return promoteModel(added, version, { by: 'the service file', reason: 'it names this version', at }, true);
}

export function modelBook(documents: Documents, clock: Clock): ModelBook {
  const now = (): number => Math.round(clock.wall());

  async function find(service: string, model: string): Promise<KeptModel | undefined> {
    const row = await documents.get('model', modelId(service, model));
    return row === undefined ? undefined : readModel(row);
  }

  async function list(service?: string): Promise<readonly KeptModel[]> {
    const rows = await documents.list({ kind: 'model', service, limit: MOST });
    return rows.map(readModel).filter((kept) => kept !== undefined);
  }

  async function get(service: string, model: string): Promise<KeptModel> {
    const kept = await find(service, model);
    if (kept !== undefined) return kept;
    const ids = (await list()).map((one) => modelId(one.service, one.registry.model));
    const near = nearestName(modelId(service, model), ids);
    throw new EvenkeelError(
      'not_found',
      `there is no model ${modelId(service, model)}${near === undefined ? '; only models with "training" in their file have versions' : `; did you mean ${near}?`}`,
    );
  }

  async function change(
    service: string,
    model: string,
    work: (kept: KeptModel) => KeptModel,
    why: ModelChange,
    read: () => Promise<KeptModel> = () => get(service, model),
  ): Promise<KeptModel> {
    const { by, action, detail, lease } = why;
    for (let tries = 1; ; tries++) {
      const before = await read();
      const after = work(before);
      if (after === before) return before;
      const at = now();
      const entry: AuditEntry = { at, by, action, subject: modelId(service, model), service, detail };
      try {
        await documents.commit({ puts: [modelRow(after, at)], audit: [entry], outbox: [], lease });
        return { ...after, revision: before.revision + 1 };
      } catch (error) {
        if (!isEvenkeelError(error) || error.code !== 'conflict' || tries >= TRIES) throw error;
      }
    }
  }

  return {
    async put(config) {
      for (const [name, model] of config.models) {
        if (model.training === undefined) continue;
        const empty: KeptModel = {
          service: config.name,
          registry: emptyRegistry(name),
          trial: undefined,
          past: [],
          revision: 0,
        };
        await change(
          config.name,
          name,
          (kept) => {
            const registry = withFileVersion(kept.registry, model, now());
            return registry === kept.registry ? kept : { ...kept, registry };
          },
          { by: 'the service file', action: 'model.file_version', detail: { version: model.version } },
          async () => (await find(config.name, name)) ?? empty,
        );
      }
    },
    get,
    list,
    change: (service, model, work, why) => change(service, model, work, why),
  };
}
