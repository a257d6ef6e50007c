export { varianceInflation } from './autocorrelation.ts';
export type {
  CategoricalReference,
  CategoryBinOptions,
  NumericBinOptions,
  NumericReference,
  Reference,
} from './bins.ts';
export {
  categoricalReference,
  categoryName,
  EXTRA_SLOTS,
  MISSING,
  NON_FINITE,
  numericReference,
  WRONG_TYPE,
} from './bins.ts';
export type { ChiSquare, StabilityIndex, ZeroRule } from './distances.ts';
export {
  chiSquareTest,
  hellingerDistance,
  jensenShannonDistance,
  largestDifference,
  shares,
  stabilityIndex,
  totalVariation,
} from './distances.ts';
export type {
  ChangePoint,
  DriftDetector,
  DriftDetectorOptions,
  DriftEvent,
  DriftFinding,
  DriftLevel,
  DriftSnapshot,
} from './drift-detector.ts';
export { createDriftDetector } from './drift-detector.ts';
export type { DriftTableOptions, DriftTables, Movement } from './drift-tables.ts';
export { driftTables, slotsOf } from './drift-tables.ts';
export {
  type ArrivalBias,
  type ArrivalCounts,
  arrivalBias,
  countArrival,
  createArrivalCounts,
  type LabelCoverage,
  labelCoverage,
  mergeArrivals,
} from './estimate/arrival.ts';
export {
  type Calibration,
  type CalibrationCounts,
  calibrated,
  countLabel,
  createCalibrationCounts,
  fadeCalibration,
  learnCalibration,
  loadCalibration,
  mergeCalibration,
  saveCalibration,
} from './estimate/calibration.ts';
export {
  countError,
  createErrorCounts,
  type ErrorCounts,
  type ExpectedErrors,
  expectedErrors,
  loadErrors,
  mergeErrors,
  saveErrors,
} from './estimate/direct-error.ts';
export {
  type AnswerCounts,
  countAnswer,
  createAnswerCounts,
  type EstimatedFigure,
  type ExpectedPerformance,
  expectedPerformance,
  loadAnswers,
  mergeAnswers,
  saveAnswers,
} from './estimate/expected-performance.ts';
export type { EstimateState } from './estimate/label-stream.ts';
export {
  createLabelTest,
  type LabelAlarm,
  type LabelTest,
  type LabelTestOptions,
} from './estimate/label-test.ts';
export {
  createPerformanceEstimator,
  type EstimatorAlarm,
  type EstimatorOptions,
  type LabelFate,
  type LateLabel,
  type PerformanceEstimate,
  type PerformanceEstimator,
} from './estimate/performance-estimator.ts';
export type { HistogramSketch, SketchRecord } from './histogram-sketch.ts';
export {
  clearSketch,
  createSketch,
  mergeInto,
  mergeRecord,
  recordCategory,
  recordNumber,
  recordValue,
  sketchRecord,
} from './histogram-sketch.ts';
export { type AreaOptions, prAuc, rocAuc } from './metrics/areas.ts';
export type { Averaging, ClassFigure } from './metrics/averages.ts';
export {
  type CalibrationBins,
  calibrationError,
  calibrationFloor,
} from './metrics/calibration-error.ts';
export { accuracy, type ClassMetricOptions, classMetric } from './metrics/classification.ts';
export type { Confusion } from './metrics/confusion.ts';
export {
  approval,
  perplexity,
  type RatingSample,
  type RefusalSample,
  refusalRate,
  type TokenSums,
} from './metrics/generation.ts';
export { type MeanMetricOptions, meanMetric } from './metrics/mean-metric.ts';
export type { Interval, Metric, MetricDirection, MetricFacts } from './metrics/metric.ts';
export { brier, logLoss } from './metrics/probability.ts';
export { hitRate, meanAveragePrecision, mrr, ndcg, type RankingMetric } from './metrics/ranking.ts';
export {
  type Accumulator,
  accumulate,
  createMetricRegistry,
  type MetricReading,
  type MetricRegistry,
} from './metrics/registry.ts';
export { mae, mape, rmse } from './metrics/regression.ts';
export type {
  ClassSample,
  NumberSample,
  RankingSample,
  ScoreSample,
  TokensSample,
} from './metrics/samples.ts';
export type { ScoreCounts } from './metrics/score-counts.ts';
export {
  bySegment,
  type Segmented,
  type SegmentedMetric,
  type SegmentedSample,
} from './metrics/segmented.ts';
export { type StandardMetricOptions, standardMetrics } from './metrics/standard.ts';
export type { WeightedMean } from './metrics/weighted-mean.ts';
export {
  type Baseline,
  type BaselineRecord,
  type BaselineSummary,
  baselineFrom,
  baselineRecord,
  baselineSummary,
  loadBaseline,
} from './monitors/baseline.ts';
export {
  type BoardOptions,
  createMonitorBoard,
  type MonitorBoard,
  type MonitorChange,
  type MonitorEvent,
  type MonitorReport,
} from './monitors/board.ts';
export {
  type BaselineRule,
  defaultMonitors,
  defineMonitor,
  MONITOR_DEFAULTS,
  type MonitorDefinition,
} from './monitors/definition.ts';
export { type MonitorDelta, readMonitorDelta, type SeriesDelta } from './monitors/delta.ts';
export type { MonitorStatus } from './monitors/judgement.ts';
export { createMonitor, type Monitor, type MonitorReaders } from './monitors/recorder.ts';
export type { LocalHour } from './monitors/season.ts';
export type { SeriesCounts } from './monitors/series.ts';
export {
  loadReference,
  type ReferenceRecord,
  referenceRecord,
  withCounts,
} from './reference-record.ts';
export type { KolmogorovSmirnov, Moments } from './sample-distances.ts';
export {
  binCount,
  binEdges,
  kolmogorovSmirnov,
  moments,
  quantile,
  sortedSample,
  wassersteinDistance,
  welchTest,
} from './sample-distances.ts';
export {
  type Bounded,
  sketchKolmogorovSmirnov,
  sketchQuantile,
  sketchWasserstein,
} from './sketch-distances.ts';
export type { MonitorRole, Moved, NamedMonitor } from './what-moved.ts';
export { alarmBudget, describeMovement, whatMoved } from './what-moved.ts';
