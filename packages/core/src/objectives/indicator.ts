import type { RequestRecord } from '../telemetry/record.ts';

/** What an objective measures on the records of requests. Others (pushed signals, PromQL) bring counts of their own. */
export type RequestIndicator =
  /**
   * An answer that is not failed is good. Answers of a confidence under `minimumConfidence` can be counted as bad;
   * those without a confidence are not.
   */
  | { readonly kind: 'availability'; readonly minimumConfidence: number | undefined }
  /** Answers within the threshold are good; only answered requests count. */
  | {
      readonly kind: 'latency';
      readonly thresholdMs: number;
      readonly part: LatencyPart;
    }
  /** Answers whose features were at most this old are good; only requests that used features count. */
  | { readonly kind: 'feature_age'; readonly maxAgeMs: number }
  /** Answers that the output safety check let pass are good; only checked ones count. */
  | { readonly kind: 'safety' }
  /** Answers at full service are good. */
  | { readonly kind: 'full_service' }
  /** What answers cost: every priced answer spends, and weighs as much as {@link weightOf} says. */
  | { readonly kind: 'cost'; readonly prices: TokenPrices };

/**
 * `model`: the answering rung alone. Streams only: `first_token` to the first chunk, `between_tokens` the mean time from
 * each output token to the next, from the first chunk to the end.
 */
export type LatencyPart = 'end_to_end' | 'model' | 'first_token' | 'between_tokens';

/** Price of a million tokens, in the budget's currency. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

export interface TokenPrices {
  /** Of models that `models` does not name; undefined: those are not priced. */
  readonly default: TokenPrice | undefined;
  readonly models: Readonly<Record<string, TokenPrice>>;
}

/** What one event means to an objective; undefined: nothing. */
export type Judgement = 'good' | 'bad' | undefined;

/** Errors that are the caller's: they say nothing about the service. */
function callersFault(record: RequestRecord): boolean {
  return record.error !== undefined && record.status < 500 && record.error !== 'shed';
}

/** Judges one finished request. Live traffic only: shadows and chaos traffic never touch a budget. */
export function judge(indicator: RequestIndicator, record: RequestRecord): Judgement {
  if (record.kind !== 'live') return undefined;
  switch (indicator.kind) {
    case 'availability': {
      if (callersFault(record)) return undefined;
      if (record.error !== undefined) return 'bad';
      const least = indicator.minimumConfidence;
      return least !== undefined && record.confidence !== undefined && record.confidence < least
        ? 'bad'
        : 'good';
    }
    case 'latency': {
      if (record.error !== undefined) return undefined;
      const took = latencyOf(record, indicator.part);
      if (took === undefined) return undefined;
      return took <= indicator.thresholdMs ? 'good' : 'bad';
    }
    case 'feature_age': {
      const age = record.features?.ageMs;
      if (record.error !== undefined || age === undefined) return undefined;
      return age <= indicator.maxAgeMs ? 'good' : 'bad';
    }
    case 'safety':
      if (record.safety === undefined) return undefined;
      return record.safety.verdict === 'allow' ? 'good' : 'bad';
    case 'full_service':
      if (callersFault(record)) return undefined;
      return record.level === 'full_service' ? 'good' : 'bad';
    case 'cost':
      return costOf(indicator.prices, record) === undefined ? undefined : 'bad';
  }
}

/** How much one judged event counts: 1, and for costs what it cost, in the budget's currency. */
export function weightOf(indicator: RequestIndicator, record: RequestRecord): number {
  return indicator.kind === 'cost' ? (costOf(indicator.prices, record) ?? 0) : 1;
}

const MILLION = 1_000_000;

/** Undefined for answers without a model, without a price or without token counts. */
function costOf(prices: TokenPrices, record: RequestRecord): number | undefined {
  const { model, inputTokens, outputTokens } = record;
  if (model === undefined || (inputTokens === undefined && outputTokens === undefined)) return undefined;
  const price = Object.hasOwn(prices.models, model) ? prices.models[model] : prices.default;
  if (price === undefined) return undefined;
  return ((inputTokens ?? 0) * price.input + (outputTokens ?? 0) * price.output) / MILLION;
}

function latencyOf(record: RequestRecord, part: LatencyPart): number | undefined {
  switch (part) {
    case 'end_to_end':
      return record.durationMs;
    case 'first_token':
      return record.firstChunkMs;
    case 'between_tokens': {
      const { firstChunkMs, outputTokens } = record;
      if (firstChunkMs === undefined || outputTokens === undefined || outputTokens < 2) return undefined;
      return (record.durationMs - firstChunkMs) / (outputTokens - 1);
    }
    case 'model': {
      const last = record.steps.at(-1);
      return last?.outcome === 'answered' ? last.durationMs : undefined;
    }
  }
}
