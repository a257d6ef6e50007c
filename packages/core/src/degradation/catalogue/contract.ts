import type { Clock } from '../../kernel/clock.ts';

/**
 * What a built-in rung reads of a request: a part of the pipeline's own request, so that this folder needs to know
 * nothing of the pipeline.
 */
export interface CatalogueRequest {
  readonly id: string;
  readonly input: unknown;
  readonly caller: { readonly tenant: string; readonly user: string };
}

/** What a built-in rung answers: always whole, never a stream. */
export interface CataloguePrediction {
  readonly kind: 'value';
  readonly output: unknown;
  /** `builtin:<name>`. */
  readonly model: string;
  /** A hash of the rung's data: equal data, equal version. */
  readonly version: string;
  /** In [0, 1]; absent where the rung has no honest figure. */
  readonly confidence?: number;
  readonly score?: number;
  readonly label?: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

/** Answers at once. Throws `bad_request` for a caller's mistake and {@link abstain}'s error where it has no answer. */
export type CatalogueHandler = (request: CatalogueRequest) => CataloguePrediction;

/** As {@link CatalogueHandler}, for rungs whose host may answer later: a queue in a database across the network. */
export type HoldingHandler = (
  request: CatalogueRequest,
) => CataloguePrediction | Promise<CataloguePrediction>;

/** One request that waits for a person. */
export interface HoldItem {
  readonly requestId: string;
  readonly tenant: string;
  readonly user: string;
  readonly input: unknown;
  /** Why a person has to decide, in the words of the rung's data. */
  readonly reason: string;
}

export type HoldResult =
  | { readonly accepted: true; readonly id: string }
  | { readonly accepted: false; readonly reason: string; readonly retryAfterMs?: number | undefined };

/** Puts a request into the review queue. The queue is bounded: it may refuse. */
export type Hold = (item: HoldItem) => HoldResult | Promise<HoldResult>;

/** What the host gives to built-in rungs. */
export interface CatalogueHost {
  readonly clock: Clock;
  /** Needed by `hold_for_review` and `manual_review` only. */
  readonly hold?: Hold | undefined;
}

/** Makes a rung from its data; throws `config_invalid` naming the place when the data is not what the rung expects. */
export type RungFactory = (data: unknown, host: CatalogueHost) => HoldingHandler;
