export type { BatchFormat, BatchRow } from './batch-lines.ts';
export {
  type BatchProblem,
  type BatchTable,
  type BatchTableOptions,
  type BatchTableSnapshot,
  openBatchTable,
} from './batch-table.ts';
export type { Defer } from './batcher.ts';
export {
  createEntityReader,
  type EntityPath,
  type EntityReader,
  type EntityReading,
  MAX_ENTITY_LENGTH,
} from './entities.ts';
export type { EntityValues } from './entity-key.ts';
export { createFeastSource, type FeastOptions } from './feast.ts';
export type {
  FeatureReader,
  FeatureReaderHost,
  FeatureReaderOptions,
  FeatureReaderSnapshot,
} from './feature-reader.ts';
export { createFeatureReader } from './feature-store.ts';
export type { GuardedFetchHost } from './guarded-fetch.ts';
export type { AgeOrigin, KnownFeatures } from './known-features.ts';
export {
  createFunctionSource,
  type FeatureFunction,
  type FunctionSourceOptions,
  loadModuleSource,
} from './module-source.ts';
export { openRedisSource, type RedisOptions } from './redis.ts';
export { createRequestFeatures } from './request-features.ts';
export type {
  EntityKey,
  EntityValue,
  FeatureRow,
  FeatureSource,
  FeatureStatus,
  FeatureValue,
} from './source.ts';
