import type { RawFeatures } from '../schema/features.ts';
import type { EntityConfig, FeatureSourceConfig, FeaturesConfig } from '../service-config.ts';
import { resolveBreaker } from './models.ts';
import type { Scope } from './scope.ts';

const KINDS = ['feast', 'redis', 'module'] as const;

function sourceOf(raw: RawFeatures, scope: Scope): FeatureSourceConfig | undefined {
  const given = KINDS.filter((kind) => raw[kind] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none is there' : `found ${given.join(' and ')}`;
    scope.fail(['features'], `features have exactly one of ${KINDS.join(', ')}: ${found}`, undefined, 'key');
    return undefined;
  }
  if (raw.feast !== undefined) {
    const { url, features, feature_service } = raw.feast;
    if ((features === undefined) === (feature_service === undefined)) {
      scope.fail(['features', 'feast'], 'name either features or feature_service', undefined, 'key');
    }
    return {
      kind: 'feast',
      url: scope.address(['features', 'feast', 'url'], url),
      features,
      featureService: feature_service,
    };
  }
  if (raw.redis !== undefined) {
    const { url, key, fields, timestamp } = raw.redis;
    for (const [, entity] of key.matchAll(/\{([^}]*)\}/g)) {
      scope.reference(['features', 'redis', 'key'], entity ?? '', Object.keys(raw.entities), 'entity');
    }
    return { kind: 'redis', url: scope.address(['features', 'redis', 'url'], url), key, fields, timestamp };
  }
  return raw.module === undefined
    ? undefined
    : { kind: 'module', file: scope.file(['features', 'module'], raw.module), options: raw.options };
}

export function resolveFeatures(raw: RawFeatures, scope: Scope): FeaturesConfig | undefined {
  const source = sourceOf(raw, scope);
  const entities: Record<string, EntityConfig> = {};
  for (const [name, entity] of Object.entries(raw.entities)) {
    const path = typeof entity === 'string' ? entity : entity.path;
    if (!/^input(\.[^.\s]+)+$/.test(path)) {
      scope.fail(
        ['features', 'entities', name],
        `expected a path into the input such as "input.${name}", found "${path}"`,
      );
    }
    entities[name] = typeof entity === 'string' ? { path } : entity;
  }
  if (Object.keys(entities).length === 0)
    scope.fail(['features', 'entities'], 'expected at least one entity');
  if (source === undefined) return undefined;
  return {
    source,
    entities,
    timeoutMs: raw.timeout,
    maxAgeMs: raw.max_age,
    ageFrom: raw.age_from,
    cacheEntries: raw.cache.entries,
    freshForMs: raw.cache.fresh_for,
    batch:
      raw.batch === undefined
        ? undefined
        : {
            file: scope.file(['features', 'batch', 'file'], raw.batch.file),
            key: raw.batch.key,
            asOf: raw.batch.as_of,
            maxAgeMs: raw.batch.max_age,
          },
    breaker: resolveBreaker(raw.breaker, ['features', 'breaker'], scope),
  };
}
