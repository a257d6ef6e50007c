import type { EvenkeelError } from '../kernel/errors.ts';
import type { DegradationLevel } from '../kernel/level.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import type { FeatureSet, Prediction, PredictRequest } from './prediction.ts';

/** What the pipeline gives back. A stream is `served` at its first chunk; its record is finished when it ends. */
export type Answer =
  | {
      readonly outcome: 'served';
      readonly prediction: Prediction;
      readonly level: DegradationLevel;
      readonly rung: string;
      /** `none`, or in the file's words what this rung costs in quality. */
      readonly qualityImpact: string;
      /** Why the answer is not full service; `ok` when it is. */
      readonly reason: string;
      readonly features: FeatureSet | undefined;
    }
  | {
      readonly outcome: 'refused';
      readonly error: EvenkeelError;
      /** False when a client must not multiply the attempt (sent as `x-should-retry: false`). */
      readonly shouldRetry: boolean;
      readonly reason: string;
    };

/** One service under protection. */
export interface ServingService {
  readonly name: string;
  /** Never throws: an unexpected failure is an answer of code `internal`. */
  predict(request: PredictRequest): Promise<Answer>;
  /** Hears every finished request, live ones and shadows. */
  onRecord(listener: (record: RequestRecord) => void): () => void;
  /** As `onRecord`, with what went in: for monitors that count values and keep none of them. */
  onSeen(listener: (seen: SeenRequest) => void): () => void;
}

/** A finished request with its values. Nothing of it may be kept: payloads are not ours. */
export interface SeenRequest {
  readonly record: RequestRecord;
  readonly input: unknown;
  /** By name; undefined when none were read. */
  readonly features: Readonly<Record<string, unknown>> | undefined;
  readonly tier: string | undefined;
}
