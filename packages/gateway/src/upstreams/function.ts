import {
  describeError,
  ERRORS,
  type ErrorCode,
  EvenkeelError,
  isEvenkeelError,
  signalOf,
  type ValuePrediction,
} from '@evenkeel/core';
import { failure, malformed } from './failure.ts';
import type { Model } from './model.ts';
import { loadModelFunction, type ModelFunction } from './module-loader.ts';
import { createPicker, type Picked, type PickOptions } from './pick.ts';

export interface FunctionModelOptions extends PickOptions {
  readonly name: string;
  readonly version: string;
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

/** An error of a model's own code, as the ladder understands it: a `code` of the registry counts, the rest is a fault. */
export function moduleFailure(error: unknown): EvenkeelError {
  if (isEvenkeelError(error)) return error;
  const code = error instanceof Error && 'code' in error && isErrorCode(error.code) ? error.code : undefined;
  return code === undefined
    ? failure('server_error', 'upstream_error', describeError(error), { cause: error })
    : new EvenkeelError(code, describeError(error), { cause: error });
}

/** @throws EvenkeelError `upstream_malformed` for what has no JSON form */
export function pickOutput(pick: (answer: unknown) => Picked, output: unknown): Picked {
  const kind = typeof output;
  if (kind === 'undefined' || kind === 'function' || kind === 'symbol' || kind === 'bigint')
    throw malformed(`the model returned ${kind === 'undefined' ? 'nothing' : `a ${kind}`}`);
  if (kind === 'number' && !Number.isFinite(output)) throw malformed(`the model returned ${String(output)}`);
  return pick(output);
}

/** A model in this process. An answer that is no promise is passed on without one. */
export function createFunctionModel(fn: ModelFunction, options: FunctionModelOptions): Model {
  const { name, version } = options;
  const pick = createPicker(options);
  const predicted = (output: unknown): ValuePrediction => ({
    kind: 'value',
    model: name,
    version,
    ...pickOutput(pick, output),
  });

  async function later(output: PromiseLike<unknown>): Promise<ValuePrediction> {
    let settled: unknown;
    try {
      settled = await output;
    } catch (error) {
      throw moduleFailure(error);
    }
    return predicted(settled);
  }

  return {
    name,
    version,
    call(call) {
      let output: unknown;
      try {
        output = fn(call.request.input, {
          features: call.features,
          // Handed on unread: the signal may be made only when somebody looks at it.
          get signal() {
            return signalOf(call.signal);
          },
        });
      } catch (error) {
        throw moduleFailure(error);
      }
      return output instanceof Promise ? later(output) : predicted(output);
    },
    healthy: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  };
}

/**
 * A model from a module that exports `createModel(options)`.
 * @param moduleOptions handed to `createModel` as they are
 * @throws EvenkeelError `config_invalid` when the module does not load or is not of this shape
 */
export async function loadFunctionModel(
  file: string,
  moduleOptions: unknown,
  options: FunctionModelOptions,
): Promise<Model> {
  let fn: ModelFunction;
  try {
    fn = await loadModelFunction(file, moduleOptions);
  } catch (cause) {
    throw new EvenkeelError('config_invalid', `model ${options.name}: ${describeError(cause)}`, { cause });
  }
  return createFunctionModel(fn, options);
}
