import type { FeaturesConfig } from '@evenkeel/config';
import { type Breaker, createBreaker } from '@evenkeel/core';
import { faultySource, type InterposedFeatures, interposedFeatures } from '../faults/index.ts';
import {
  createEntityReader,
  createFeastSource,
  createFeatureReader,
  createRequestFeatures,
  type FeatureReader,
  type FeatureSource,
  loadModuleSource,
  openBatchTable,
  openRedisSource,
} from '../features/index.ts';
import { type BreakerMemory, breakerKey } from './breaker-memory.ts';
import type { Host } from './host.ts';
import { reveal } from './models.ts';

export interface Features {
  readonly request: InterposedFeatures;
  readonly reader: FeatureReader;
  readonly breaker: Breaker;
  close(): Promise<void>;
}

async function openSource(config: FeaturesConfig): Promise<FeatureSource> {
  const { source } = config;
  switch (source.kind) {
    case 'feast':
      return createFeastSource({
        url: reveal(source.url),
        ...(source.features === undefined ? {} : { features: source.features }),
        ...(source.featureService === undefined ? {} : { featureService: source.featureService }),
      });
    case 'redis':
      return openRedisSource({
        url: reveal(source.url),
        key: source.key,
        entities: Object.keys(config.entities),
        fields: source.fields,
        ...(source.timestamp === undefined ? {} : { timestamp: source.timestamp }),
      });
    case 'module':
      return loadModuleSource(source.file, source.options ?? {});
  }
}

/** Opens the feature source of a service, with its cache, its breaker and its batch table. */
export async function openFeatures(
  service: string,
  config: FeaturesConfig,
  host: Host,
  memory: BreakerMemory,
): Promise<Features> {
  const source = await openSource(config);
  const key = breakerKey(service, 'features', config.source);
  const breaker = createBreaker(config.breaker, { ...host, restored: memory.restored(key) });
  memory.keep(key, breaker);
  const batch =
    config.batch === undefined
      ? undefined
      : await openBatchTable({ file: config.batch.file, key: config.batch.key }, host);
  const options = {
    entities: Object.keys(config.entities),
    timeoutMs: config.timeoutMs,
    maxAgeMs: config.maxAgeMs,
    ageFrom: config.ageFrom,
    cacheEntries: config.cacheEntries,
    freshForMs: config.freshForMs,
    ...(config.batch === undefined ? {} : { batchMaxAgeMs: config.batch.maxAgeMs }),
  };
  const reader = createFeatureReader(options, {
    ...host,
    source,
    breaker,
    ...(batch === undefined ? {} : { batch }),
  });
  const entitiesOf = createEntityReader(config.entities);
  const faultHost = { ...host, wall: () => host.clock.wall() };
  return {
    request: interposedFeatures(createRequestFeatures(entitiesOf, reader), (faults) =>
      createRequestFeatures(
        entitiesOf,
        createFeatureReader(options, { ...host, source: faultySource(source, faults, faultHost), breaker }),
      ),
    ),
    reader,
    breaker,
    close: () => reader.close(),
  };
}
