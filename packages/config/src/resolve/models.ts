import type { BreakerOptions, BreakerPolicy } from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import type { RawBreaker, RawModel } from '../schema/models.ts';
import type { ModelConfig, ModelSource, PartConfig } from '../service-config.ts';
import type { Scope } from './scope.ts';
import { resolveTraining } from './training.ts';

/** The breaker of a model or a feature source; absent: the reference's. */
export function resolveBreaker(
  raw: RawBreaker | undefined,
  at: readonly PathStep[],
  scope: Scope,
): BreakerOptions {
  if (raw === undefined) return {};
  if (raw.max_recovery < raw.recovery) scope.fail([...at, 'max_recovery'], 'is shorter than recovery');
  return {
    policy: policyOf(raw, at, scope),
    slow:
      raw.slow === undefined
        ? undefined
        : { overMs: raw.slow.over, ...(raw.slow.rate === undefined ? {} : { rate: raw.slow.rate }) },
    probes: raw.probes,
    recoveryMs: raw.recovery,
    maxRecoveryMs: Math.max(raw.recovery, raw.max_recovery),
    growth: raw.growth,
  };
}

function policyOf(raw: RawBreaker, at: readonly PathStep[], scope: Scope): BreakerPolicy {
  switch (raw.policy) {
    case 'count': {
      const calls = raw.window ?? 100;
      if (raw.minimum > calls) scope.fail([...at, 'minimum'], `is more than the window of ${calls} calls`);
      return { kind: 'count', size: calls, rate: raw.rate, minimum: Math.min(raw.minimum, calls) };
    }
    case 'time':
      if (raw.window !== undefined && raw.window < 10)
        scope.fail([...at, 'window'], 'expected a duration of at least 10ms, such as "30s"');
      return { kind: 'time', windowMs: raw.window ?? 30_000, rate: raw.rate, minimum: raw.minimum };
    default:
      return { kind: raw.policy, failures: raw.failures };
  }
}

const KINDS = ['module', 'openai', 'open_inference', 'json'] as const;

function sourceOf(raw: RawModel, at: readonly PathStep[], scope: Scope): ModelSource | undefined {
  const given = KINDS.filter((kind) => raw[kind] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none is there' : `found ${given.join(' and ')}`;
    scope.fail(at, `a model has exactly one of ${KINDS.join(', ')}: ${found}`, undefined, 'key');
    return undefined;
  }
  if (raw.worker && raw.module === undefined)
    scope.fail([...at, 'worker'], 'only a module runs in a worker', undefined, 'key');
  if (raw.module !== undefined) {
    return {
      kind: 'module',
      file: scope.file([...at, 'module'], raw.module),
      worker: raw.worker,
      options: raw.options,
    };
  }
  if (raw.options !== undefined)
    scope.fail([...at, 'options'], 'only a module takes options', undefined, 'key');
  const keyOf = (kind: string, key: { env: string } | undefined) =>
    key === undefined ? undefined : scope.secret([...at, kind, 'key'], key);
  if (raw.openai !== undefined) {
    const { url, model, key } = raw.openai;
    return {
      kind: 'openai',
      url: scope.address([...at, 'openai', 'url'], url),
      model,
      key: keyOf('openai', key),
    };
  }
  if (raw.open_inference !== undefined) {
    const { url, model, version, input } = raw.open_inference;
    return {
      kind: 'open_inference',
      url: scope.address([...at, 'open_inference', 'url'], url),
      model,
      version,
      input,
    };
  }
  if (raw.json !== undefined) {
    const { url, send, label, confidence, score, health, key } = raw.json;
    return {
      kind: 'json',
      url: scope.address([...at, 'json', 'url'], url),
      send,
      label,
      confidence,
      score,
      health,
      key: keyOf('json', key),
    };
  }
  return undefined;
}

/** All models of a file; references between them must exist and go round in no circle. */
export function resolveModels(
  raw: Readonly<Record<string, RawModel>>,
  objectives: readonly string[] | undefined,
  scope: Scope,
): Map<string, ModelConfig> {
  const names = Object.keys(raw);
  const models = new Map<string, ModelConfig>();
  for (const [name, model] of Object.entries(raw)) {
    const at = ['models', name];
    const source = sourceOf(model, at, scope);
    const part = (which: 'canary' | 'shadow'): PartConfig | undefined => {
      const given = model[which];
      if (given === undefined) return undefined;
      scope.reference([...at, which, 'model'], given.model, names, 'model');
      if (given.model === name) scope.fail([...at, which, 'model'], `a model cannot be its own ${which}`);
      const { tenant, tier, cohort } = given.segment ?? {};
      return {
        model: given.model,
        share: given.share,
        tenants: tenant,
        tiers: tier,
        cohorts: cohort,
      };
    };
    if (model.previous !== undefined) scope.reference([...at, 'previous'], model.previous, names, 'model');
    if (source === undefined) continue;
    models.set(name, {
      name,
      version: model.version,
      source,
      timeouts: {
        connectMs: model.timeouts?.connect ?? 500,
        firstMs: model.timeouts?.first,
        idleMs: model.timeouts?.idle ?? 2_000,
        totalMs: model.timeouts?.total ?? 30_000,
      },
      retries: model.retries ?? { max: 0, on: [] },
      hedge: model.hedge?.after,
      previous: model.previous,
      canary: part('canary'),
      shadow: part('shadow'),
      training:
        model.training === undefined
          ? undefined
          : resolveTraining(model.training, source, objectives, [...at, 'training'], scope),
      breaker: resolveBreaker(model.breaker, [...at, 'breaker'], scope),
    });
  }
  for (const [name, model] of Object.entries(raw)) {
    for (const link of ['previous', 'canary', 'shadow'] as const) {
      const chain = [name];
      for (let next = targetOf(raw[name], link); next !== undefined; next = targetOf(raw[next], link)) {
        if (chain.includes(next)) {
          if (next === name && !(link !== 'previous' && targetOf(model, link) === name)) {
            scope.fail(['models', name, link], `goes round in a circle: ${[...chain, next].join(' → ')}`);
          }
          break;
        }
        chain.push(next);
      }
    }
  }
  return models;
}

function targetOf(model: RawModel | undefined, link: 'previous' | 'canary' | 'shadow'): string | undefined {
  return link === 'previous' ? model?.previous : model?.[link]?.model;
}
