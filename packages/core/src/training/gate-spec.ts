/** Which way a metric is better. */
export type GateDirection = 'higher' | 'lower';

/** One measured figure. With `n` it is taken for a share of `n` examples unless a standard error says otherwise. */
export interface MetricFigure {
  readonly value: number;
  readonly n?: number | undefined;
  readonly standardError?: number | undefined;
}

/** Candidate and production on the same examples: how many only one of them got right. */
export interface PairedFigure {
  readonly n: number;
  /** Candidate right, production wrong. */
  readonly better: number;
  /** Candidate wrong, production right. */
  readonly worse: number;
}

export type MetricFigures = Readonly<Record<string, MetricFigure>>;

/** What an evaluation found, of the candidate and, where there is one, of the model in production on the same data. */
export interface EvaluationReport {
  readonly metrics: MetricFigures;
  readonly segments?: Readonly<Record<string, MetricFigures>> | undefined;
  readonly production?:
    | {
        readonly metrics: MetricFigures;
        readonly segments?: Readonly<Record<string, MetricFigures>> | undefined;
      }
    | undefined;
  /** By metric; '' is all of the data, else a segment's name. */
  readonly paired?: Readonly<Record<string, Readonly<Record<string, PairedFigure>>>> | undefined;
}

export type ModelGate =
  /** The metric's value is on the right side of `limit`; with `confidence`, its one-sided bound is. Safety checks are these. */
  | {
      readonly kind: 'threshold';
      readonly metric: string;
      readonly direction: GateDirection;
      readonly limit: number;
      /** Also in each segment that has at least `minimumExamples`. */
      readonly eachSegment?: boolean | undefined;
      readonly confidence?: number | undefined;
      readonly minimumExamples?: number | undefined;
    }
  /**
   * Not worse than production by more than `tolerance`, with `confidence` (default 0.95, one-sided). Over all of the data this must be
   * shown (non-inferiority); in a segment, where there are few examples, it must not be disproved.
   */
  | {
      readonly kind: 'against_production';
      readonly metric: string;
      readonly direction: GateDirection;
      readonly tolerance: number;
      readonly confidence?: number | undefined;
      readonly eachSegment?: boolean | undefined;
      readonly segmentTolerance?: number | undefined;
      readonly minimumExamples?: number | undefined;
    }
  /** Metric `latency_ms` (or the named one) at most `limitMs`. */
  | { readonly kind: 'latency'; readonly limitMs: number; readonly metric?: string | undefined }
  /** Bytes of the checkpoint (or of the metric `size_bytes`, where the trainer reports it) at most `limitBytes`. */
  | { readonly kind: 'size'; readonly limitBytes: number };

/** Examples below which a segment is not judged. */
export const MINIMUM_EXAMPLES = 20;
