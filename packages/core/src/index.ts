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
  type CheckResult,
  type Evidence as ExpectationEvidence,
  judge as judgeExpectations,
} from './chaos/expectations.ts';
export {
  type Activity,
  type Expectation,
  type Experiment,
  FIGURES,
  type FigureName,
  type Hypothesis,
  type Probe,
  type Provider,
  RADIUS_SHARES,
  type RadiusName,
  type Step as ExperimentStep,
} from './chaos/experiment.ts';
export {
  type FaultMeter,
  type FaultReport,
  faultMeter,
  mergeReports,
  radiusInWords,
} from './chaos/fault-meter.ts';
export {
  type DayEntry,
  type Finding as GameDayFinding,
  type GameDayEffect,
  type GameDayEvent,
  type GameDayMode,
  type GameDayPhase,
  type GameDayState,
  type GameDayStep,
  gameDayRun,
  planGameDay,
} from './chaos/gameday/gameday.ts';
export { gameDayHtml, gameDayMarkdown } from './chaos/gameday/report.ts';
export {
  type Criterion,
  criterionInWords,
  type Inject,
  type Scenario,
  TABLETOP_QUESTIONS,
} from './chaos/gameday/scenario.ts';
export { type DayRecord, type Score, scoreDay } from './chaos/gameday/score.ts';
export {
  addLatency,
  countLatency,
  type LatencyCounts,
  latencyCounts,
  latencyQuantile,
  latencySince,
} from './chaos/latency-counts.ts';
export {
  type ArmsView,
  armsOf,
  type BudgetView,
  figureOf,
  type IncidentView as ChaosIncidentView,
  type Observation,
  type WindowFigures,
} from './chaos/observation.ts';
export { recommendation } from './chaos/recommendation.ts';
export { experimentRun, startRun } from './chaos/run.ts';
export type {
  ActivityRun,
  Injection,
  JournalEntry,
  Phase as RunPhase,
  RunClock,
  RunEffect,
  RunEvent,
  RunState,
  RunStatus,
  RunStep,
  SteadyProbe,
  SteadyState,
} from './chaos/run-state.ts';
export {
  abortCheck,
  SAFETY_DEFAULTS,
  type SafetyCheckName,
  type SafetyFinding,
  type SafetySettings,
  startChecks,
} from './chaos/safety-checks.ts';
export { jsonPath, type Tolerance, type ToleranceResult, tolerates } from './chaos/tolerance.ts';
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
export { ACTION_KINDS, type ActionKind, type RunbookAction, SERVING_ACTIONS } from './incidents/action.ts';
export {
  AUTOMATIC_DEFAULTS,
  type AutomaticDecision,
  type AutomaticPolicy,
  nextAutomatic,
  type PastAction,
} from './incidents/automatic.ts';
export { type Cause, causeKey, causeOf, parseCauseKey, sameCause } from './incidents/cause-key.ts';
export { escapeXml, lineChart } from './incidents/chart.ts';
export {
  type CommandResult,
  type IncidentCommand,
  type IncidentIntent,
  REOPEN_MS,
  type RefusalCode,
} from './incidents/command.ts';
export { type Candidate, type Diagnosis, diagnose, type Weighed } from './incidents/diagnosis.ts';
export {
  ESCALATION_DEFAULTS,
  type EscalationInput,
  type EscalationState,
  escalate,
  startEscalation,
  type Tell,
} from './incidents/escalation.ts';
export { explained } from './incidents/explains.ts';
export {
  type Actor,
  EVENKEEL,
  INCIDENT_STATUSES,
  type Incident,
  type IncidentLink,
  type IncidentSignal,
  type IncidentStatus,
  isOpen,
  type MitigationRecord,
  type NewIncident,
  openIncident,
  type PageRecord,
  type RegressionExperiment,
  type TimelineEntry,
  type TimelineKind,
} from './incidents/incident.ts';
export { incidentIdMaker } from './incidents/incident-id.ts';
export {
  graver,
  INCIDENT_TYPES,
  type IncidentType,
  isIncidentType,
  pages,
  SEVERITIES,
  type Severity,
  TYPE_TITLES,
} from './incidents/incident-type.ts';
export { applyCommand, TRANSITIONS } from './incidents/lifecycle.ts';
export { concentration, pullTowardServed, selfCausedShare, spreadOf } from './incidents/loop.ts';
export { mergeIncidents, type PairResult, relateIncidents, splitIncident } from './incidents/merge.ts';
export {
  factsOf,
  type IncidentFacts,
  type IncidentMetrics,
  incidentMetrics,
  incidentsCsv,
  METRICS_WINDOW_MS,
} from './incidents/metrics.ts';
export {
  type ControlStep,
  MITIGATION_LEASE_MS,
  type MitigationContext,
  type MitigationPlan,
  planMitigation,
} from './incidents/mitigation.ts';
export { observeSignals } from './incidents/observe-signals.ts';
export {
  decideOpening,
  type IncidentView,
  NO_SIGHTINGS,
  OPENING_DEFAULTS,
  type OpeningDecision,
  type OpeningInput,
  type OpeningPolicy,
  type OpeningState,
} from './incidents/opening.ts';
export { signalsOf } from './incidents/record-signals.ts';
export {
  type RegressionContext,
  type RegressionDraft,
  type RegressionResult,
  regressionOf,
  type TrafficPattern,
  type TrainingFault as RegressionTrainingFault,
} from './incidents/regression.ts';
export {
  type ActionItem,
  completeReview,
  draftReview,
  dueItems,
  type Figure,
  type ImpactFigures,
  type Review,
  type ReviewWords,
} from './incidents/review.ts';
export { escapeMarkdown, reviewMarkdown } from './incidents/review-markdown.ts';
export {
  type Layer,
  nowAndNext,
  type OnCall,
  type OnCallHours,
  type Override,
  onCallAt,
  type Schedule,
  type Shift,
  shiftsOf,
} from './incidents/schedule.ts';
export { checkSchedule, localWords, type ScheduleProblem } from './incidents/schedule-check.ts';
export {
  judgeSeverity,
  LOWER_AFTER_MS,
  ownSignals,
  type Reach,
  reachOf,
  type SeverityVerdict,
  severityChange,
} from './incidents/severity.ts';
export {
  type Evidence,
  GAP_MS,
  noSignals,
  SIGNAL_KINDS,
  type Signal,
  type SignalKind,
  type SignalState,
  type Subject,
  signalKey,
} from './incidents/signal.ts';
export type { EscalationStep, Signature, SignatureSignal } from './incidents/signature.ts';
export { type Runbook, runbook, SIGNATURES } from './incidents/signatures.ts';
export { type Silence, silenceFor } from './incidents/silence.ts';
export type {
  Change,
  ComparisonFigures,
  ComponentRole,
  EstimateSnapshot,
  LoopFigures,
  MonitorSnapshot,
  ObjectiveSnapshot,
  OutcomeFigures,
  RungNeeds,
  SignalSnapshot,
  TrainingEvent,
  TrainingTrouble,
} from './incidents/snapshot.ts';
export { type Duration, type DurationFigures, durationFigures } from './incidents/survival.ts';
export {
  addTraffic,
  NO_TRAFFIC,
  peopleIn,
  sumTraffic,
  type TrafficCounts,
  type TrafficMeter,
  trafficMeter,
} from './incidents/traffic.ts';
export {
  EMPTY_WINDOW,
  observeTraffic,
  recentTraffic,
  type TrafficWindow,
} from './incidents/traffic-window.ts';
export {
  judgeMitigation,
  type Stretch,
  VERIFICATION_DEFAULTS,
  type Verification,
  type VerificationInput,
  type VerificationOptions,
} from './incidents/verification.ts';
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
  type AlertLogEntry,
  type AlertState,
  observeAlert,
  RESOLVED,
  restateAlert,
  wasFiring,
} from './objectives/alert-state.ts';
export {
  type Allowance,
  type BudgetFigures,
  type BudgetState,
  type BudgetStatus,
  budgetFigures,
  budgetReason,
  budgetShare,
  budgetStatus,
  burnRate,
  CRITICAL_BELOW,
  figure,
  stateOf,
  timeToExhaustion,
  WARNING_BELOW,
} from './objectives/budget.ts';
export {
  amountRules,
  BURN_PAIRS,
  type BurnBasis,
  type BurnCause,
  type BurnPair,
  type BurnRule,
  type BurnVerdict,
  burnCause,
  burnFactor,
  burnOf,
  burnReason,
  burnRules,
  detectionTime,
  FEW_BAD,
  judgeBurn,
  resetTime,
  wilsonLower,
} from './objectives/burn-alert.ts';
export {
  allOfSlice,
  seriesWindows,
  setMinute,
  weightedCounts,
  weightedSums,
} from './objectives/composite.ts';
export {
  type CounterOptions,
  type CounterReading,
  type CounterSample,
  type CounterSeries,
  minuteIncreases,
  readCounter,
  STALE_MS,
} from './objectives/counter-series.ts';
export {
  addCounts,
  type Budgeting,
  type Counts,
  errorRatio,
  NO_EVENTS,
  sliceCounts,
} from './objectives/counts.ts';
export { defaultPairs, nominalWindowMs } from './objectives/default-pairs.ts';
export {
  checkExclusion,
  EXCLUSION_HORIZON_MS,
  type Exclusion,
  type ExclusionKind,
  excludedSpans,
  exclusionKind,
  exclusionsIn,
  LONGEST_EXCLUSION_MS,
} from './objectives/exclusions.ts';
export {
  judgeTraffic,
  LEARNING_WEEKS,
  learnedRate,
  SILENCE_EXPECTED,
  sameHours,
  type TrafficStanding,
} from './objectives/expected-traffic.ts';
export { type Explanation, explainStatus, printExplanation } from './objectives/explain.ts';
export {
  type Judgement,
  judge,
  type LatencyPart,
  type RequestIndicator,
  type TokenPrice,
  type TokenPrices,
  weightOf,
} from './objectives/indicator.ts';
export {
  BLOCK_BYTES,
  blockBytes,
  emptyBlock,
  exactCount,
  type MinuteBlock,
  readBlock,
} from './objectives/minute-block.ts';
export { type MinuteSpans, minuteSpans, minutesIn } from './objectives/minute-spans.ts';
export type {
  Composite,
  ExpectedTraffic,
  IndicatorSource,
  Objective,
  ObjectiveCategory,
  SegmentRule,
} from './objectives/objective.ts';
export {
  type BudgetPolicy,
  IDLE_POLICY,
  type PolicyAction,
  type PolicyInput,
  type PolicyRelease,
  type PolicyState,
  type PolicyStep,
  type PolicyTrigger,
  type PolicyWant,
  stepPolicy,
} from './objectives/policy.ts';
export { type Period, type Prepared, prepareObjective } from './objectives/prepared.ts';
export { type QualityBounds, qualityBounds } from './objectives/quality-bounds.ts';
export { type ObjectiveRecorder, objectiveRecorder, type RecordedObjective } from './objectives/recorder.ts';
export {
  type PeriodReport,
  periodReport,
  type ReportedObjective,
  type ReportInput,
  type ReportSection,
  reportHtml,
  reportMarkdown,
} from './objectives/report.ts';
export {
  type ClosedFigures,
  LABEL_HORIZON_MS,
  type LateCounts,
  type Restatement,
  restate,
  withinHorizon,
} from './objectives/restatement.ts';
export {
  meaningOf,
  meaningSince,
  type ObjectiveRevision,
  revise,
  revisionAt,
} from './objectives/revisions.ts';
export { COHORTS, OTHER, type SegmentNames, segmentNames, segmentsOf } from './objectives/segments.ts';
export { type ChangedBlock, createSeries, type Series, type SeriesOptions } from './objectives/series.ts';
export { seriesSums } from './objectives/series-sums.ts';
export {
  type AlertStanding,
  alertReason,
  type ObjectiveStatus,
  objectiveStatus,
  type StatusContext,
  statusReason,
  type WindowSums,
} from './objectives/status.ts';
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
export {
  type ArrivalBias,
  type ArrivalCounts,
  arrivalBias,
  countArrival,
  createArrivalCounts,
  type LabelCoverage,
  labelCoverage,
  mergeArrivals,
} from './quality/estimate/arrival.ts';
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
} from './quality/estimate/calibration.ts';
export {
  countError,
  createErrorCounts,
  type ErrorCounts,
  type ExpectedErrors,
  expectedErrors,
  loadErrors,
  mergeErrors,
  saveErrors,
} from './quality/estimate/direct-error.ts';
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
} from './quality/estimate/expected-performance.ts';
export type { EstimateState } from './quality/estimate/label-stream.ts';
export {
  createLabelTest,
  type LabelAlarm,
  type LabelTest,
  type LabelTestOptions,
} from './quality/estimate/label-test.ts';
export {
  createPerformanceEstimator,
  type EstimatorAlarm,
  type EstimatorOptions,
  type LabelFate,
  type LateLabel,
  type PerformanceEstimate,
  type PerformanceEstimator,
} from './quality/estimate/performance-estimator.ts';
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
export {
  type Baseline,
  type BaselineRecord,
  type BaselineSummary,
  baselineFrom,
  baselineRecord,
  baselineSummary,
  loadBaseline,
} from './quality/monitors/baseline.ts';
export {
  type BoardOptions,
  createMonitorBoard,
  type MonitorBoard,
  type MonitorChange,
  type MonitorEvent,
  type MonitorReport,
} from './quality/monitors/board.ts';
export {
  type BaselineRule,
  defaultMonitors,
  defineMonitor,
  MONITOR_DEFAULTS,
  type MonitorDefinition,
} from './quality/monitors/definition.ts';
export { type MonitorDelta, readMonitorDelta, type SeriesDelta } from './quality/monitors/delta.ts';
export type { MonitorStatus } from './quality/monitors/judgement.ts';
export { createMonitor, type Monitor, type MonitorReaders } from './quality/monitors/recorder.ts';
export type { LocalHour } from './quality/monitors/season.ts';
export type { SeriesCounts } from './quality/monitors/series.ts';
export {
  loadReference,
  type ReferenceRecord,
  referenceRecord,
  withCounts,
} from './quality/reference-record.ts';
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
export {
  type Bounded,
  sketchKolmogorovSmirnov,
  sketchQuantile,
  sketchWasserstein,
} from './quality/sketch-distances.ts';
export type { MonitorRole, Moved, NamedMonitor } from './quality/what-moved.ts';
export { alarmBudget, describeMovement, whatMoved } from './quality/what-moved.ts';
export type { Answer, SeenRequest, ServingService } from './serving/answer.ts';
export type { ServiceDefinition, ServiceHost } from './serving/definition.ts';
export {
  type Directive,
  type DirectiveBoard,
  directiveBoard,
  MAX_LEASE_MS,
  type Order,
  type ServedVersion,
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
  type OverloadPattern,
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
  GateDirection,
  MetricFigure,
  MetricFigures,
  ModelGate,
  PairedFigure,
} from './training/gate-spec.ts';
export {
  judgeModelGates,
  type ModelGateFinding,
  type ModelGateSubject,
  type ModelGateVerdict,
  modelGateDue,
  modelGateName,
} from './training/gates.ts';
export { type TrainingFigures, trainingFigures } from './training/goodput.ts';
export { HANG_DEFAULTS, type HangOptions, type HangWatch, hangWatch } from './training/hang.ts';
export { addToCurve, type LossCurve } from './training/loss-curve.ts';
export {
  archiveModel,
  canaryModel,
  emptyRegistry,
  endCanary,
  heldCheckpoints,
  inProductionAt,
  knownGoodModel,
  type ModelActor,
  type ModelLineage,
  type ModelRegistry,
  type ModelStanding,
  type ModelVersion,
  type ProductionSpan,
  productionModel,
  promoteModel,
  registerModel,
  rollBackModel,
  startCanary,
} from './training/registry.ts';
export {
  RETENTION_DEFAULTS,
  type RetentionPolicy,
  type RetentionVerdict,
  retainCheckpoints,
} from './training/retention.ts';
export {
  type ExitKind,
  exitKind,
  type TrainerExit,
  type TrainingOrder,
  type TrainingRunEvent,
} from './training/run-events.ts';
export { advanceTraining } from './training/run-machine.ts';
export { noteDecision, type TrainingAdvance, type TrainingMoment } from './training/run-settle.ts';
export {
  type NewTrainingRun,
  newTrainingRun,
  TRAINING_DEFAULTS,
  type TrainingCounts,
  type TrainingDecision,
  type TrainingFault,
  type TrainingFaultKind,
  type TrainingLimits,
  type TrainingPhase,
  type TrainingPlan,
  type TrainingRun,
  trainingEnded,
  trainingPlan,
} from './training/training-run.ts';
