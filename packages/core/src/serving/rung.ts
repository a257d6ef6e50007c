import type { Gate } from '../admission/gate.ts';
import type { Breaker } from '../degradation/breaker.ts';
import type { Cancellation } from '../kernel/cancellation.ts';
import type { DegradationLevel } from '../kernel/level.ts';
import type { FeatureSet, Prediction, PredictRequest } from './prediction.ts';

/** What a rung's handler is given beside the request. */
export interface RungContext {
  /** As `signal`, at a fraction of its cost: for handlers that only listen. */
  readonly cancellation: Cancellation;
  /** Aborted when the rung has lost its turn or the caller has gone. */
  readonly signal: AbortSignal;
  /** Milliseconds left for this rung. */
  readonly budgetMs: number;
  readonly features: FeatureSet | undefined;
}

/**
 * Answers a request at one level. May answer at once (no promise) when nothing needs waiting for.
 * Throws an {@link EvenkeelError} of code `bad_request` when the fault is the caller's: that ends the walk.
 */
export type RungHandler = (request: PredictRequest, context: RungContext) => Prediction | Promise<Prediction>;

/** One rung of a service's ladder, ready to run. */
export interface Rung {
  readonly name: string;
  readonly level: DegradationLevel;
  /** In the file's words what an answer from here costs in quality; `none` for full service. */
  readonly qualityImpact: string;
  /** Milliseconds it may take at most. */
  readonly budgetMs: number;
  /** `fresh`: needs features from their source now; `cached`: last known or batch ones do; `none`. */
  readonly features: 'fresh' | 'cached' | 'none';
  /** Names of components whose health decides whether requests may enter here. */
  readonly dependencies: readonly string[];
  /** What is tried at most once per request: two rungs on one model share it. */
  readonly attemptKey: string;
  /** Milliseconds a request may wait at its gate, at most. */
  readonly maxWaitMs: number;
  /**
   * Whether requests that found the rungs above merely full may come here. False where the answer is so much worse
   * that a caller does better to try again later.
   */
  readonly overflow: boolean;
  /** Undefined for a rung that cannot fail (a static answer). */
  readonly breaker: Breaker | undefined;
  /** Undefined for a rung whose capacity is not worth measuring. */
  readonly gate: Gate | undefined;
  readonly handler: RungHandler;
}
