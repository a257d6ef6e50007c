import type { Address, ModelConfig, PartConfig, ServiceConfig } from '@evenkeel/config';
import { EvenkeelError, type RetryBudget, type ServedVersion } from '@evenkeel/core';
import { type InterposedModel, interposedModel } from '../faults/index.ts';
import {
  createJsonModel,
  createOpenAiModel,
  createOpenInferenceModel,
  createWorkerModel,
  type FailureKind,
  loadFunctionModel,
  type Model,
} from '../upstreams/index.ts';
import type { Host } from './host.ts';
import { type Part, type RoutedModel, routedModel, type ShadowResult } from './routed-model.ts';
import { type VersionedModel, versionedModel } from './versioned-model.ts';

export function reveal(address: Address): string {
  return typeof address === 'string' ? address : address.reveal();
}

/** What the file calls a reason to try again, in the words of the upstreams. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  connect: 'connection',
  '429': 'overload',
  '503': 'overload',
  '500': 'server_error',
  '502': 'server_error',
  '504': 'timeout',
};

function kindsOf(on: readonly string[]): FailureKind[] {
  return [...new Set(on.flatMap((name) => KINDS[name] ?? []))];
}

/** Connects to, loads or starts one model. @throws EvenkeelError config_invalid */
async function openModel(
  config: ModelConfig,
  host: Host & { readonly retryBudget: RetryBudget },
): Promise<Model> {
  const { name, version, source, timeouts, retries, hedge } = config;
  const http = {
    name,
    version,
    timeouts: {
      connectMs: timeouts.connectMs,
      idleMs: timeouts.idleMs,
      totalMs: timeouts.totalMs,
      ...(timeouts.firstMs === undefined ? {} : { firstMs: timeouts.firstMs }),
    },
    retries: { max: retries.max, on: kindsOf(retries.on) },
    hedge:
      hedge === undefined
        ? undefined
        : typeof hedge === 'number'
          ? { afterMs: hedge }
          : { quantile: hedge === 'p99' ? 0.99 : 0.95 },
  };
  switch (source.kind) {
    case 'module': {
      const options = { name, version, label: 'label', confidence: 'confidence', score: 'score' };
      return source.worker
        ? createWorkerModel({ ...options, module: source.file, moduleOptions: source.options }, host)
        : loadFunctionModel(source.file, source.options, options);
    }
    case 'openai':
      return createOpenAiModel(
        { ...http, baseUrl: reveal(source.url), upstreamModel: source.model, apiKey: source.key?.reveal() },
        host,
      );
    case 'open_inference':
      return createOpenInferenceModel(
        {
          ...http,
          baseUrl: reveal(source.url),
          upstreamModel: source.model,
          upstreamVersion: source.version,
          datatypes: source.input === undefined ? undefined : { [source.input.name]: source.input.datatype },
        },
        host,
      );
    case 'json':
      return createJsonModel(
        {
          ...http,
          baseUrl: reveal(source.url),
          send: source.send,
          label: source.label,
          confidence: source.confidence,
          score: source.score,
          healthPath: source.health,
          headers: source.key === undefined ? undefined : { authorization: `Bearer ${source.key.reveal()}` },
        },
        host,
      );
  }
}

/** The same model with the weights of another version. */
function withWeights(config: ModelConfig, { version, weights }: ServedVersion): ModelConfig {
  const { source, training } = config;
  if (source.kind !== 'module' || training === undefined)
    throw new EvenkeelError('config_invalid', `${config.name} takes no other weights`);
  const options: unknown = source.options;
  const own = typeof options === 'object' && options !== null ? options : {};
  return { ...config, version, source: { ...source, options: { ...own, [training.weights]: weights } } };
}

export interface Models {
  readonly routed: ReadonlyMap<string, RoutedModel>;
  /** The models themselves, without their canaries and shadows. */
  readonly plain: ReadonlyMap<string, Model>;
  /** Those whose weights are exchanged while they serve. */
  readonly versioned: ReadonlyMap<string, VersionedModel>;
  /** Where faults strike: between each model and whoever asks it. */
  readonly interposed: ReadonlyMap<string, InterposedModel>;
  close(): Promise<void>;
}

const partOf = ({ share, tenants, tiers, cohorts }: PartConfig): Part => ({ share, tenants, tiers, cohorts });

/** Opens every model of a service. When one cannot be opened, those that were are closed again. */
export async function openModels(
  config: ServiceConfig,
  host: Host & { readonly retryBudget: RetryBudget },
  onShadow: (result: ShadowResult) => void,
  onChange: (what: string, reason: string) => void,
): Promise<Models> {
  const plain = new Map<string, Model>();
  const versioned = new Map<string, VersionedModel>();
  const close = async (): Promise<void> => {
    await Promise.all([...plain].map(([name, model]) => (versioned.get(name) ?? model).close()));
  };
  try {
    for (const [name, model] of config.models) plain.set(name, await openModel(model, host));
  } catch (error) {
    await close();
    throw error;
  }
  for (const [name, model] of config.models) {
    const own = plain.get(name);
    if (model.training === undefined || own === undefined) continue;
    const open = (version: ServedVersion): Promise<Model> => openModel(withWeights(model, version), host);
    versioned.set(name, versionedModel(own, open, { clock: host.clock, timers: host.timers, onChange }));
  }
  const interposed = new Map(
    [...plain].map(([name, model]) => [name, interposedModel(versioned.get(name) ?? model, host)]),
  );
  const named = (name: string | undefined): Model | undefined =>
    name === undefined ? undefined : interposed.get(name);
  const routed = new Map<string, RoutedModel>();
  for (const [name, own] of config.models) {
    const model = interposed.get(name);
    if (model === undefined) throw new EvenkeelError('internal', `model ${name} was not opened`);
    const canary = named(own.canary?.model);
    const shadow = named(own.shadow?.model);
    routed.set(
      name,
      routedModel(
        model,
        {
          canary:
            own.canary === undefined || canary === undefined
              ? undefined
              : { model: canary, part: partOf(own.canary) },
          shadow:
            own.shadow === undefined || shadow === undefined
              ? undefined
              : { model: shadow, part: partOf(own.shadow) },
          previous: named(own.previous),
        },
        onShadow,
      ),
    );
  }
  return { routed, plain, versioned, interposed, close };
}
