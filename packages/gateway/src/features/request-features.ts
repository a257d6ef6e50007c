import type { FeatureReading, RequestFeatures } from '@evenkeel/core';
import type { EntityReader } from './entities.ts';
import type { FeatureReader } from './feature-reader.ts';

function without(reason: string): FeatureReading {
  return { set: undefined, fresh: false, reason, durationMs: 0 };
}

/** Features as the pipeline asks for them: the entities are taken out of the request's input. */
export function createRequestFeatures(entitiesOf: EntityReader, reader: FeatureReader): RequestFeatures {
  return {
    read(request, signal, budgetMs) {
      const { entities, reason } = entitiesOf(request.input);
      return entities === undefined ? without(reason) : reader.read(entities, signal, budgetMs);
    },
    readCached(request) {
      const { entities, reason } = entitiesOf(request.input);
      return entities === undefined ? without(reason) : reader.readCached(entities);
    },
  };
}
