import type { Cancellation, FeatureSet, Prediction, PredictRequest } from '@evenkeel/core';

/** One question to a model. */
export interface ModelCall {
  readonly request: PredictRequest;
  readonly features: FeatureSet | undefined;
  /** Name of the rung that asks: its attempt is the parent of what the upstream traces. */
  readonly rung?: string | undefined;
  /** Aborted when the rung has lost its turn or the caller has gone: the upstream is then left at once. */
  readonly signal: Cancellation;
  /** Milliseconds the model has: to its whole answer, or to the first token of a stream. */
  readonly budgetMs: number;
}

/** Tensors as the Open Inference Protocol describes them. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** Something that predicts, at a version: over HTTP, in a worker, or in this process. */
export interface Model {
  readonly name: string;
  readonly version: string;
  /**
   * Answers at once (no promise) where nothing needs waiting for.
   * @throws EvenkeelError `bad_request` when the fault is the caller's; `upstream_error`, `upstream_malformed`,
   * `upstream_cut`, `upstream_timeout` when it is the model's
   */
  call(call: ModelCall): Prediction | Promise<Prediction>;
  /** What the model says of its inputs and outputs, where it says anything; rejects when it cannot be asked. */
  metadata?(signal: AbortSignal): Promise<ModelMetadata | undefined>;
  /** Background health check; resolves false or rejects when down. */
  healthy(signal: AbortSignal): Promise<boolean>;
  /** Ends what is in flight and lets go of connections and threads. */
  close(): Promise<void>;
}
