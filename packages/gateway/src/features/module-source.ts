import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeError, EvenkeelError } from '@evenkeel/core';
import {
  type EntityKey,
  type EntityValue,
  type FeatureRow,
  type FeatureSource,
  type FeatureValue,
  failedTogether,
} from './source.ts';

/**
 * A function that knows features: values by name, or nothing for an entity it does not know. Throwing fails this
 * entity alone.
 */
export type FeatureFunction = (
  entities: Readonly<Record<string, EntityValue>>,
  context: { readonly signal: AbortSignal; readonly budgetMs: number },
) => unknown;

export interface FunctionSourceOptions {
  /** Names the function is expected to give values for; those it leaves out are reported as missing. */
  readonly names?: readonly string[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rowOf(result: unknown, names: readonly string[]): FeatureRow {
  if (result === undefined || result === null) {
    return {
      values: names.map((name) => ({ name, value: null, status: 'not_found', eventTime: undefined })),
    };
  }
  if (!isRecord(result)) {
    return { values: [], failed: 'the function returned neither an object of values nor nothing' };
  }
  const values = Object.entries(result).map(
    ([name, value]): FeatureValue => ({
      name,
      value: value ?? null,
      status: value === undefined || value === null ? 'null' : 'present',
      eventTime: undefined,
    }),
  );
  for (const name of names) {
    if (!Object.hasOwn(result, name))
      values.push({ name, value: null, status: 'null', eventTime: undefined });
  }
  return { values };
}

/** A function as a source. The batch fails as a whole only when every entity in it failed. */
export function createFunctionSource(
  fn: FeatureFunction,
  options: FunctionSourceOptions = {},
): FeatureSource {
  const names = options.names ?? [];

  async function one(entity: EntityKey, signal: AbortSignal, budgetMs: number): Promise<FeatureRow> {
    try {
      return rowOf(await fn(entity.values, { signal, budgetMs }), names);
    } catch (error) {
      return { values: [], failed: describeError(error) };
    }
  }

  return {
    async fetch(keys, signal, budgetMs) {
      return failedTogether(await Promise.all(keys.map((entity) => one(entity, signal, budgetMs))));
    },
    healthy: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  };
}

/**
 * Loads a module that exports `createFeatures(options)`, which returns a {@link FeatureFunction} or a promise of one.
 * @param file path of the module; relative ones start at the working directory
 * @param moduleOptions handed to `createFeatures` as they are
 * @throws EvenkeelError `config_invalid` when the module does not load or is not of this shape
 */
export async function loadModuleSource(
  file: string,
  moduleOptions: unknown = {},
  options: FunctionSourceOptions = {},
): Promise<FeatureSource> {
  const path = resolve(file);
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (cause) {
    throw new EvenkeelError('config_invalid', `features.module: ${path}: ${describeError(cause)}`, { cause });
  }
  const create = isRecord(loaded) ? loaded.createFeatures : undefined;
  if (typeof create !== 'function') {
    throw new EvenkeelError('config_invalid', `features.module: ${path} exports no function createFeatures`);
  }
  let fn: unknown;
  try {
    fn = await create(moduleOptions);
  } catch (cause) {
    throw new EvenkeelError(
      'config_invalid',
      `features.module: ${path}: createFeatures: ${describeError(cause)}`,
      {
        cause,
      },
    );
  }
  if (typeof fn !== 'function') {
    throw new EvenkeelError(
      'config_invalid',
      `features.module: ${path}: createFeatures returned no function`,
    );
  }
  const features = fn;
  return createFunctionSource((entities, context): unknown => features(entities, context), options);
}
