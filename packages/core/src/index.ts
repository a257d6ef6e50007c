export { type FairQueue, fairQueue, type QueueEntry } from './admission/fair-queue.ts';
export {
  type ByClass,
  type Claim,
  createGate,
  type Gate,
  type GateHost,
  type GateLimit,
  type GateOptions,
  type GateSnapshot,
  type Refusal,
  type RefusalRule,
  type ReleaseOutcome,
  type Ticket,
} from './admission/gate.ts';
export { REFUSAL_RULES } from './admission/gate-types.ts';
export {
  fixedLimit,
  type LimitController,
  type LimitDecision,
  type LimitPolicy,
  type LimitWindow,
  limitController,
  type ProbeOrder,
  type ProbeResult,
} from './admission/limit-policy.ts';
export { type AdaptiveLimitOptions, type AdaptiveLimitState, adaptiveLimit } from './admission/limiter.ts';
export {
  PRIORITY_RULES,
  PRIORITY_RULES_UNTRUSTED,
  type PriorityCondition,
  type PriorityRule,
  type PrioritySubject,
  type PriorityValue,
  type PriorityVerdict,
  priorityOf,
} from './admission/priority.ts';
export {
  SHED_THRESHOLDS,
  type ShedThresholds,
  type ShedVerdict,
  shed,
  shedShare,
} from './admission/shedder.ts';
export {
  type BudgetLeft,
  type BudgetLimits,
  type BudgetVerdict,
  createTenantBudgets,
  type TenantBudgets,
} from './admission/tenant-budget.ts';
export {
  type ThresholdLimitOptions,
  type ThresholdLimitState,
  thresholdLimit,
} from './admission/threshold-limiter.ts';
export {
  ARM_METRICS,
  type ArmFigures,
  type ArmMetric,
  addArms,
  countRecord,
  newArmFigures,
  USER_GROUPS,
} from './chaos/arm-figures.ts';
export { anytimeHalfWidth, type CohortOptions, type CohortVerdict, compareArms } from './chaos/cohorts.ts';
export { type ControlFaults, controlFaults } from './chaos/control-faults.ts';
export { countDistinct, type Distinct, distinct, mergeDistinct } from './chaos/distinct.ts';
export {
  type FaultMeter,
  type FaultReport,
  faultMeter,
  mergeReports,
  radiusInWords,
} from './chaos/fault-meter.ts';
export {
  addLatency,
  countLatency,
  type LatencyCounts,
  latencyCounts,
  latencyQuantile,
  latencySince,
} from './chaos/latency-counts.ts';
export { type BackoffOptions, backoff } from './degradation/backoff.ts';
export {
  type Breaker,
  type BreakerEvent,
  type BreakerSnapshot,
  type BreakerState,
  createBreaker,
} from './degradation/breaker.ts';
export type { BreakerOptions, BreakerPolicy, SlowCalls } from './degradation/breaker-options.ts';
export { type BreakerRecord, parseBreakerRecord } from './degradation/breaker-record.ts';
export {
  BUILTIN_NAMES,
  BUILTINS,
  type Builtin,
  type BuiltinName,
  isBuiltinName,
} from './degradation/catalogue/builtin.ts';
export {
  CATALOGUE,
  type CatalogueLadder,
  type CatalogueRung,
  type RungSource,
  SYSTEM_TYPES,
  type SystemType,
} from './degradation/catalogue/catalogue.ts';
export { estimateTokens } from './degradation/catalogue/chat/messages.ts';
export { type ReducedContext, reducedContext } from './degradation/catalogue/chat/reduced-context.ts';
export type {
  CatalogueHandler,
  CatalogueHost,
  CataloguePrediction,
  CatalogueRequest,
  Hold,
  HoldItem,
  HoldingHandler,
  HoldResult,
  RungFactory,
} from './degradation/catalogue/contract.ts';
export { fingerprint } from './degradation/catalogue/fingerprint.ts';
export {
  RANKING_FEATURES,
  type RankingFeature,
  type RankingWeights,
} from './degradation/catalogue/search/ranking-features.ts';
export { rungShare } from './degradation/deadline.ts';
export { type Guarded, type GuardHost, type GuardOptions, guard } from './degradation/guard.ts';
export {
  type ComponentHealth,
  HEALTH_DEFAULTS,
  type HealthOptions,
  initialHealth,
  observeHealth,
} from './degradation/health.ts';
export { type Hedged, hedged, type RunningQuantile, runningQuantile } from './degradation/hedge.ts';
export {
  decideEntry,
  initialLadder,
  type LadderInput,
  type LadderState,
  observeProbe,
  type Pin,
  type Probing,
  type RungState,
  STEP_UP_DEFAULTS,
  type StepUpOptions,
} from './degradation/ladder.ts';
export { parseRetryAfter, type RetryAfterHeaders } from './degradation/retry-after.ts';
export { type RetryBudget, type RetryBudgetOptions, retryBudget } from './degradation/retry-budget.ts';
export { type Cancellation, Canceller, signalOf } from './kernel/cancellation.ts';
export type { CancelTimer, Clock, Timers } from './kernel/clock.ts';
export {
  describeError,
  ERRORS,
  type ErrorCode,
  EvenkeelError,
  isErrorCode,
  isEvenkeelError,
} from './kernel/errors.ts';
export { type FakeClock, fakeClock } from './kernel/fake-clock.ts';
export { cohort, hash32 } from './kernel/hash.ts';
export { idMaker } from './kernel/ids.ts';
export {
  type DegradationLevel,
  LEVELS,
  PRIORITIES,
  type Priority,
  type ServedLevel,
} from './kernel/level.ts';
export { type Listeners, listeners, type Unsubscribe } from './kernel/listeners.ts';
export { nearestName } from './kernel/nearest.ts';
export { type Random, seededRandom } from './kernel/random.ts';
export {
  type Allowance,
  type BudgetState,
  type BudgetStatus,
  budgetStatus,
  burnRate,
  CRITICAL_BELOW,
  timeToExhaustion,
  WARNING_BELOW,
} from './objectives/budget.ts';
export {
  BURN_PAIRS,
  type BurnPair,
  type BurnRule,
  type BurnVerdict,
  burnFactor,
  burnRules,
  detectionTime,
  judgeBurn,
  resetTime,
  wilsonLower,
} from './objectives/burn-alert.ts';
export {
  addCounts,
  type Budgeting,
  type Counts,
  errorRatio,
  NO_EVENTS,
  sliceCounts,
} from './objectives/counts.ts';
export { type Judgement, judge, type RequestIndicator } from './objectives/indicator.ts';
export type { IndicatorSource, Objective, ObjectiveCategory } from './objectives/objective.ts';
export { type ObjectiveRecorder, objectiveRecorder, type RecordedObjective } from './objectives/recorder.ts';
export { isTimeZone, type LocalTime, localTime } from './objectives/time-zone.ts';
export {
  type CalendarUnit,
  LONGEST_WINDOW_MS,
  type ObjectiveWindow,
  rolling,
  type Span,
  windowAt,
  windowLength,
} from './objectives/window.ts';
export { varianceInflation } from './quality/autocorrelation.ts';
export type {
  CategoricalReference,
  CategoryBinOptions,
  NumericBinOptions,
  NumericReference,
  Reference,
} from './quality/bins.ts';
export {
  categoricalReference,
  categoryName,
  EXTRA_SLOTS,
  MISSING,
  NON_FINITE,
  numericReference,
  WRONG_TYPE,
} from './quality/bins.ts';
export type { ChiSquare, StabilityIndex, ZeroRule } from './quality/distances.ts';
export {
  chiSquareTest,
  hellingerDistance,
  jensenShannonDistance,
  largestDifference,
  shares,
  stabilityIndex,
  totalVariation,
} from './quality/distances.ts';
export type {
  ChangePoint,
  DriftDetector,
  DriftDetectorOptions,
  DriftEvent,
  DriftFinding,
  DriftLevel,
  DriftSnapshot,
} from './quality/drift-detector.ts';
export { createDriftDetector } from './quality/drift-detector.ts';
export type { DriftTableOptions, DriftTables, Movement } from './quality/drift-tables.ts';
export { driftTables, slotsOf } from './quality/drift-tables.ts';
export type { HistogramSketch, SketchRecord } from './quality/histogram-sketch.ts';
export {
  clearSketch,
  createSketch,
  mergeInto,
  mergeRecord,
  recordCategory,
  recordNumber,
  recordValue,
  sketchRecord,
} from './quality/histogram-sketch.ts';
export { type AreaOptions, prAuc, rocAuc } from './quality/metrics/areas.ts';
export type { Averaging, ClassFigure } from './quality/metrics/averages.ts';
export {
  type CalibrationBins,
  calibrationError,
  calibrationFloor,
} from './quality/metrics/calibration-error.ts';
export { accuracy, type ClassMetricOptions, classMetric } from './quality/metrics/classification.ts';
export type { Confusion } from './quality/metrics/confusion.ts';
export {
  approval,
  perplexity,
  type RatingSample,
  type RefusalSample,
  refusalRate,
  type TokenSums,
} from './quality/metrics/generation.ts';
export { type MeanMetricOptions, meanMetric } from './quality/metrics/mean-metric.ts';
export type { Interval, Metric, MetricDirection, MetricFacts } from './quality/metrics/metric.ts';
export { brier, logLoss } from './quality/metrics/probability.ts';
export { hitRate, meanAveragePrecision, mrr, ndcg, type RankingMetric } from './quality/metrics/ranking.ts';
export {
  type Accumulator,
  accumulate,
  createMetricRegistry,
  type MetricReading,
  type MetricRegistry,
} from './quality/metrics/registry.ts';
export { mae, mape, rmse } from './quality/metrics/regression.ts';
export type {
  ClassSample,
  NumberSample,
  RankingSample,
  ScoreSample,
  TokensSample,
} from './quality/metrics/samples.ts';
export type { ScoreCounts } from './quality/metrics/score-counts.ts';
export {
  bySegment,
  type Segmented,
  type SegmentedMetric,
  type SegmentedSample,
} from './quality/metrics/segmented.ts';
export { type StandardMetricOptions, standardMetrics } from './quality/metrics/standard.ts';
export type { WeightedMean } from './quality/metrics/weighted-mean.ts';
export type { KolmogorovSmirnov, Moments } from './quality/sample-distances.ts';
export {
  binCount,
  binEdges,
  kolmogorovSmirnov,
  moments,
  quantile,
  sortedSample,
  wassersteinDistance,
  welchTest,
} from './quality/sample-distances.ts';
export type { MonitorRole, Moved, NamedMonitor } from './quality/what-moved.ts';
export { alarmBudget, describeMovement, whatMoved } from './quality/what-moved.ts';
export type { Answer, ServingService } from './serving/answer.ts';
export type { ServiceDefinition, ServiceHost } from './serving/definition.ts';
export {
  type Directive,
  type DirectiveBoard,
  directiveBoard,
  MAX_LEASE_MS,
  type Order,
} from './serving/directives.ts';
export type { ComponentState, Entrance, EntryControl, EntryEvent } from './serving/entry.ts';
export {
  type Arm,
  armOf,
  type BlastRadius,
  CONTROL_FAULTS,
  type Fault,
  type FaultLatency,
  type FaultSpec,
  type FaultType,
  isUnbounded,
  MAX_FAULT_LEASE_MS,
  type ModelFailure,
  type RadiusSubject,
  type ValueFault,
} from './serving/fault.ts';
export type { FeatureReading, RequestFeatures } from './serving/features.ts';
export type { Figures } from './serving/figures.ts';
export type {
  ComponentStatus,
  RecordFilter,
  ReplicaLink,
  RungStatus,
  ServiceStatus,
} from './serving/link.ts';
export type {
  Caller,
  FeatureSet,
  Prediction,
  PredictionFacts,
  PredictRequest,
  RequestTrace,
  StreamChunk,
  StreamPrediction,
  Usage,
  ValuePrediction,
} from './serving/prediction.ts';
export type { Rung, RungContext, RungHandler } from './serving/rung.ts';
export { ALLOW, type SafetyCheck, type SafetyVerdict, type Strictness } from './serving/safety.ts';
export { createService, type Service } from './serving/service.ts';
export {
  type CompactBuffer,
  type CompactBufferOptions,
  type CompactRow,
  compactBuffer,
} from './telemetry/compact.ts';
export type { FeatureStep, RequestRecord, SafetyStep, Step, StepOutcome } from './telemetry/record.ts';
export { type RedactOptions, redact, redactText } from './telemetry/redact.ts';
export { namesSecret } from './telemetry/redaction/secrets.ts';
export { type Ring, ring } from './telemetry/ring.ts';
export type { ObjectiveCounts, Rollup } from './telemetry/rollup.ts';
export {
  createSampler,
  type KeptBecause,
  type KeptRecord,
  type Sampler,
  type SamplerOptions,
} from './telemetry/sampler.ts';
export { type TailQuantile, tailQuantile } from './telemetry/tail-quantile.ts';
export {
  attemptLayer,
  childTraceparent,
  formatTraceparent,
  layerSpanId,
  parseTraceparent,
  requestSpanId,
  type TraceContext,
  traceOf,
} from './telemetry/trace-context.ts';
export { formatTracestate, parseTracestate, type TraceStateMember } from './telemetry/trace-state.ts';
export {
  type Anomaly,
  type AnomalyKind,
  type AnomalyOptions,
  type AnomalyWatch,
  addSkip,
  anomalyWatch,
  type SkipRange,
  type StepFigures,
  skipWindow,
  type TrainingAnomaly,
} from './training/anomaly.ts';
export {
  type CanaryEvidence,
  type CanaryFigure,
  type CanaryInput,
  type CanaryOptions,
  type CanarySample,
  type CanaryVerdict,
  judgeCanary,
  sequenceHalfWidth,
} from './training/canary.ts';
export {
  type CheckpointManifest,
  type CheckpointNote,
  type CheckpointStanding,
  checkpointName,
  MANIFEST_FILE,
  MANIFEST_FORMAT,
  type ManifestFile,
  resumeCandidates,
  stepOfName,
} from './training/checkpoint.ts';
export type {
  EvaluationReport,
  Figures as MetricFigures,
  GateSpec,
  MetricFigure,
  MetricFigures,
  ModelGate,
  PairedFigure,
} from './training/gate-spec.ts';
export {
  type GateFinding,
  type GateSubject,
  type GateVerdict,
  gateDue,
  gateName,
  judgeGates,
  judgeModelGates,
  type ModelGateFinding,
  type ModelGateSubject,
  type ModelGateVerdict,
  modelGateDue,
  modelGateName,
} from './training/gates.ts';
export { type RunFigures, runFigures } from './training/goodput.ts';
export { HANG_DEFAULTS, type HangOptions, type HangWatch, hangWatch } from './training/hang.ts';
export { addToCurve, type LossCurve } from './training/loss-curve.ts';
export {
  archive,
  archiveModel,
  canary,
  canaryModel,
  emptyRegistry,
  endCanary,
  heldCheckpoints,
  inProductionAt,
  knownGood,
  knownGoodModel,
  type Lineage,
  type ModelActor,
  type ModelLineage,
  type ModelRegistry,
  type ModelStanding,
  type ModelVersion,
  type ProductionSpan,
  production,
  productionModel,
  promote,
  promoteModel,
  register,
  registerModel,
  rollBack,
  rollBackModel,
  startCanary,
  type Who,
} from './training/registry.ts';
export {
  RETENTION_DEFAULTS,
  type RetentionPolicy,
  type RetentionVerdict,
  retain,
  retainCheckpoints,
} from './training/retention.ts';
export {
  type Fault as RunFault,
  type FaultKind,
  hasEnded,
  type NewRun,
  newRun,
  PLAN_DEFAULTS,
  type RunCounts,
  type RunDecision,
  type RunFault,
  type RunFaultKind,
  type RunLimits,
  type RunPhase,
  type RunPlan,
  type RunRecord,
  runPlan,
} from './training/run.ts';
export {
  type ExitKind,
  exitKind,
  type RunEvent,
  type RunOrder,
  type TrainerExit,
} from './training/run-events.ts';
export { advance, advanceRun } from './training/run-machine.ts';
export { decided, noteDecision, type RunAdvance, type RunMoment } from './training/run-settle.ts';
