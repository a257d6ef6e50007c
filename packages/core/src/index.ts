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
export { describeError, ERRORS, type ErrorCode, EvenkeelError, isEvenkeelError } from './kernel/errors.ts';
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
  StreamChunk,
  StreamPrediction,
  Usage,
  ValuePrediction,
} from './serving/prediction.ts';
export type { Rung, RungContext, RungHandler } from './serving/rung.ts';
export { ALLOW, type SafetyCheck, type SafetyVerdict, type Strictness } from './serving/safety.ts';
export { createService, type Service } from './serving/service.ts';
export type { FeatureStep, RequestRecord, SafetyStep, Step, StepOutcome } from './telemetry/record.ts';
export { type Ring, ring } from './telemetry/ring.ts';
