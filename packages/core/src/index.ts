export {
  type ComponentHealth,
  HEALTH_DEFAULTS,
  type HealthOptions,
  initialHealth,
  observeHealth,
} from './degradation/health.ts';
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
export type { Answer, ServingService } from './serving/answer.ts';
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
export { createService, type Service, type ServiceDefinition, type ServiceHost } from './serving/service.ts';
export type { FeatureStep, RequestRecord, SafetyStep, Step, StepOutcome } from './telemetry/record.ts';
export { type Ring, ring } from './telemetry/ring.ts';
