import type { Cancellation } from '../kernel/cancellation.ts';
import type { Priority } from '../kernel/level.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';

/** Who is calling, as far as it is known and trusted. */
export interface Caller {
  /** `anonymous` when nothing trustworthy names one. */
  readonly tenant: string;
  /** Stable id of a person or session, for cohorts; the tenant's name when there is none. */
  readonly user: string;
  readonly tier: string | undefined;
  /** A group that a trusted caller has put itself into, for canaries and shadows. */
  readonly cohort?: string | undefined;
}

/** Values of features for one request, and how old they are. */
export interface FeatureSet {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the oldest part came from. */
  readonly source: 'online' | 'cache' | 'batch';
  /** Age of the oldest value in milliseconds, from its event time where the source gives one. */
  readonly ageMs: number;
  /** Names asked for that have no value (NOT_FOUND, NULL_VALUE): served as absent, not as zero. */
  readonly missing: readonly string[];
}

/** The trace that a request belongs to. */
export interface RequestTrace extends TraceContext {
  /** `tracestate` as it goes on; undefined where there is none that is valid. */
  readonly state: string | undefined;
}

/** One request for a prediction, after the protocol has been taken off. */
export interface PredictRequest {
  readonly id: string;
  readonly service: string;
  /** The protocol's own body where upstream speaks the same protocol, plain JSON otherwise. */
  readonly input: unknown;
  readonly caller: Caller;
  readonly priority: Priority;
  /** Milliseconds that the caller gives, already bounded by the service's own deadline. */
  readonly deadlineMs: number;
  /** Size for admission: 1, or a token estimate where requests differ in size. */
  readonly weight: number;
  /** The caller wants the answer as a stream of chunks. */
  readonly stream: boolean;
  /** Aborted when the caller has gone. */
  readonly signal: Cancellation | undefined;
  /** W3C trace id, or undefined. */
  readonly traceId: string | undefined;
  /** The caller's whole trace context, where it sent one: goes on upstream, with the attempt as parent. */
  readonly trace?: RequestTrace | undefined;
  /** `live` counts; `shadow` and `probe` are kept apart in every figure. */
  readonly kind: 'live' | 'shadow' | 'chaos';
}

/** Tokens read and written, where a model says so. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What every kind of prediction may say about itself. */
export interface PredictionFacts {
  readonly model: string;
  readonly version: string;
  /** Probability the model gives its own answer, in [0, 1]. */
  readonly confidence?: number | undefined;
  /** The model's raw score, where it has one. */
  readonly score?: number | undefined;
  /** Class name, for classifiers: what monitors and labels are compared with. */
  readonly label?: string | undefined;
  readonly usage?: Usage | undefined;
}

/** A whole answer. */
export interface ValuePrediction extends PredictionFacts {
  readonly kind: 'value';
  /** JSON value; for a pass-through the parsed upstream body. */
  readonly output: unknown;
}

/** One piece of a streamed answer: the protocol's own event, parsed. */
export interface StreamChunk {
  readonly data: unknown;
  /** True for the piece after which the answer is whole (finish_reason seen). */
  readonly last: boolean;
  readonly usage?: Usage;
}

/**
 * An answer whose first chunk has arrived; from here on there is no failing over.
 * `rest` throws when the upstream breaks off: whoever sends it on must end with an error event, never cleanly.
 */
export interface StreamPrediction extends PredictionFacts {
  readonly kind: 'stream';
  readonly first: StreamChunk;
  readonly rest: AsyncIterable<StreamChunk>;
}

export type Prediction = ValuePrediction | StreamPrediction;
