import {
  counterFamily,
  type Family,
  type HistogramFamily,
  histogramFamily,
  type ScalarFamily,
} from './family.ts';

/** Everything that is counted as requests finish. */
export interface RequestFamilies {
  readonly requests: ScalarFamily;
  readonly errors: ScalarFamily;
  readonly duration: HistogramFamily;
  readonly firstToken: HistogramFamily;
  readonly chunkGap: HistogramFamily;
  readonly attempts: ScalarFamily;
  readonly rungDuration: HistogramFamily;
  readonly predictions: ScalarFamily;
  readonly confidence: HistogramFamily;
  readonly tokens: ScalarFamily;
  readonly featureReads: ScalarFamily;
  readonly featuresMissing: ScalarFamily;
  readonly featureAge: HistogramFamily;
  readonly featureDuration: HistogramFamily;
  readonly safety: ScalarFamily;
}

/** Bounds of every duration, in seconds: a cache's answer to a long generation. */
export const DURATION_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
/** Bounds of ages, in seconds: just written to a week. */
export const AGE_BOUNDS: readonly number[] = [
  0.1, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 604_800,
];
const CONFIDENCE_BOUNDS: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];

/** Thresholds that objectives have, in milliseconds: each is the bound of a bucket, so that its share can be read off. */
export interface Thresholds {
  readonly latencyMs: readonly number[];
  readonly featureAgeMs: readonly number[];
}

/** Bounds that objectives add, at most: every bound is a series per service and level. */
const MOST_ADDED = 24;

function withThresholds(bounds: readonly number[], thresholdsMs: readonly number[]): readonly number[] {
  const wanted = [...new Set(thresholdsMs)].filter((ms) => Number.isFinite(ms) && ms > 0);
  return [...bounds, ...wanted.slice(0, MOST_ADDED).map((ms) => ms / 1_000)];
}

export function requestFamilies(thresholds: Thresholds): RequestFamilies {
  const durations = withThresholds(DURATION_BOUNDS, thresholds.latencyMs);
  return {
    requests: counterFamily(
      'evenkeel_requests_total',
      'Finished live requests by the level that they were served at and what became of them.',
      ['service', 'level', 'outcome'],
    ),
    errors: counterFamily('evenkeel_errors_total', 'Live requests that ended with an error, by its code.', [
      'service',
      'code',
    ]),
    duration: histogramFamily(
      'evenkeel_request_duration_seconds',
      'Time from the arrival of a live request to its end, by the level that it was served at.',
      ['service', 'level'],
      durations,
    ),
    firstToken: histogramFamily(
      'evenkeel_time_to_first_token_seconds',
      'Time from the arrival of a streaming request to its first chunk.',
      ['service'],
      durations,
    ),
    chunkGap: histogramFamily(
      'evenkeel_time_per_output_chunk_seconds',
      'Mean wait for the next chunk of a streamed answer.',
      ['service'],
      durations,
    ),
    attempts: counterFamily(
      'evenkeel_rung_attempts_total',
      'What became of each rung for each live request.',
      ['service', 'rung', 'outcome'],
    ),
    rungDuration: histogramFamily(
      'evenkeel_rung_duration_seconds',
      'Time that the answering rung took: the model without what stands around it.',
      ['service', 'rung'],
      durations,
    ),
    predictions: counterFamily(
      'evenkeel_predictions_total',
      'Answers by the model and version that gave them.',
      ['service', 'model', 'version'],
    ),
    confidence: histogramFamily(
      'evenkeel_prediction_confidence_ratio',
      'Confidence that models give their own answers.',
      ['service'],
      CONFIDENCE_BOUNDS,
    ),
    tokens: counterFamily(
      'evenkeel_tokens_total',
      'Tokens read and written, where the model says how many.',
      ['service', 'model', 'direction'],
    ),
    featureReads: counterFamily('evenkeel_feature_reads_total', 'Where the features of requests came from.', [
      'service',
      'source',
    ]),
    featuresMissing: counterFamily(
      'evenkeel_features_missing_total',
      'Feature values that were asked for and not there.',
      ['service'],
    ),
    featureAge: histogramFamily(
      'evenkeel_feature_age_seconds',
      'Age of the oldest feature that a request was answered with.',
      ['service'],
      withThresholds(AGE_BOUNDS, thresholds.featureAgeMs),
    ),
    featureDuration: histogramFamily(
      'evenkeel_feature_read_duration_seconds',
      'Time that reading the features of a request took.',
      ['service'],
      DURATION_BOUNDS,
    ),
    safety: counterFamily('evenkeel_safety_verdicts_total', 'What the output safety check said.', [
      'service',
      'verdict',
    ]),
  };
}

export function familiesOf(families: RequestFamilies): readonly Family[] {
  return Object.values(families);
}
