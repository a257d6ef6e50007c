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
      /** `model`: the answering rung alone. `first_token`: streams only. */
      readonly part: 'end_to_end' | 'model' | 'first_token';
    }
  /** Answers whose features were at most this old are good; only requests that used features count. */
  | { readonly kind: 'feature_age'; readonly maxAgeMs: number }
  /** Answers that the output safety check let pass are good; only checked ones count. */
  | { readonly kind: 'safety' }
  /** Answers at full service are good. */
  | { readonly kind: 'full_service' };

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
  }
}

function latencyOf(record: RequestRecord, part: 'end_to_end' | 'model' | 'first_token'): number | undefined {
  if (part === 'end_to_end') return record.durationMs;
  if (part === 'first_token') return record.firstChunkMs;
  const last = record.steps.at(-1);
  return last?.outcome === 'answered' ? last.durationMs : undefined;
}
