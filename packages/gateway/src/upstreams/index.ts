export { type AttemptOptions, createAttempts, type HedgeOptions } from './attempts.ts';
export { FAILURE_KINDS, type FailureKind } from './failure.ts';
export { createFunctionModel, type FunctionModelOptions, loadFunctionModel } from './function.ts';
export type { HttpOptions, UpstreamHost } from './http-client.ts';
export {
  type InferRequest,
  type InferResponse,
  inferOfPrediction,
  looksLikeInfer,
  parseInferRequest,
  plainOfInfer,
} from './infer.ts';
export { createJsonModel, type JsonModelOptions } from './json.ts';
export type { Model, ModelCall, ModelMetadata, TensorMetadata } from './model.ts';
export type { ModelFunction, ModelFunctionContext } from './module-loader.ts';
export { createOpenInferenceModel, type OpenInferenceModelOptions } from './open-inference.ts';
export { createOpenAiModel, type OpenAiModelOptions } from './openai.ts';
export type { PickOptions } from './pick.ts';
export type { RetryOptions } from './retry.ts';
export { MAX_ROWS, rowsOfInfer, tensorsOfRows } from './rows.ts';
export { type Tensor, tensorOf, tensorsOf } from './tensors.ts';
export { TIMEOUT_DEFAULTS, type Timeouts } from './timeouts.ts';
export {
  createWorkerModel,
  type WorkerModel,
  type WorkerModelOptions,
  type WorkerSnapshot,
} from './worker.ts';
