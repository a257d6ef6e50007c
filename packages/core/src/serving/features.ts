import type { Cancellation } from '../kernel/cancellation.ts';
import type { FeatureSet, PredictRequest } from './prediction.ts';

/** What came of reading the features of one request. */
export interface FeatureReading {
  readonly set: FeatureSet | undefined;
  /** True when the values are their source's current ones. */
  readonly fresh: boolean;
  /** `ok`, or why they are not fresh. */
  readonly reason: string;
  readonly durationMs: number;
}

/** Features as the pipeline sees them. Neither method throws or rejects. */
export interface RequestFeatures {
  /** Answers without a promise when nothing needs waiting for. */
  read(
    request: PredictRequest,
    signal: Cancellation | undefined,
    budgetMs: number,
  ): FeatureReading | Promise<FeatureReading>;
  /** Last known and batch values only: never touches the source. */
  readCached(request: PredictRequest): FeatureReading;
}
