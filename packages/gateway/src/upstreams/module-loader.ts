import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FeatureSet } from '@evenkeel/core';

// Runs inside worker threads too, where only Node's own modules are at hand: no imports but types and builtins.

/** What a model module's function is given beside the input. */
export interface ModelFunctionContext {
  readonly features: FeatureSet | undefined;
  readonly signal: AbortSignal;
}

/**
 * A model as a function: takes the input, gives any JSON value, at once or by a promise. Throwing fails the call; an
 * error whose `code` is `bad_request` is the caller's fault.
 */
export type ModelFunction = (input: unknown, context: ModelFunctionContext) => unknown;

/**
 * Loads a module that exports `createModel(options)`, which returns a {@link ModelFunction} or a promise of one.
 * @param file path; relative ones start at the working directory
 * @throws Error naming the file and what is wrong with it
 */
export async function loadModelFunction(file: string, options: unknown): Promise<ModelFunction> {
  const path = resolve(file);
  const loaded: unknown = await import(pathToFileURL(path).href);
  const create =
    typeof loaded === 'object' && loaded !== null && 'createModel' in loaded ? loaded.createModel : undefined;
  if (typeof create !== 'function') throw new Error(`${path} exports no function createModel`);
  const made: unknown = await create(options);
  if (typeof made !== 'function') throw new Error(`${path}: createModel returned no function`);
  return (input, context): unknown => made(input, context);
}
