export {
  type AlertLogEntry,
  type AlertState,
  observeAlert,
  RESOLVED,
  restateAlert,
  wasFiring,
} from './alert-state.ts';
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
} from './budget.ts';
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
} from './burn-alert.ts';
export {
  allOfSlice,
  seriesWindows,
  setMinute,
  weightedCounts,
  weightedSums,
} from './composite.ts';
export {
  type CounterOptions,
  type CounterReading,
  type CounterSample,
  type CounterSeries,
  minuteIncreases,
  readCounter,
  STALE_MS,
} from './counter-series.ts';
export {
  addCounts,
  type Budgeting,
  type Counts,
  errorRatio,
  NO_EVENTS,
  sliceCounts,
} from './counts.ts';
export { defaultPairs, nominalWindowMs } from './default-pairs.ts';
export {
  checkExclusion,
  EXCLUSION_HORIZON_MS,
  type Exclusion,
  type ExclusionKind,
  excludedSpans,
  exclusionKind,
  exclusionsIn,
  LONGEST_EXCLUSION_MS,
} from './exclusions.ts';
export {
  judgeTraffic,
  LEARNING_WEEKS,
  learnedRate,
  SILENCE_EXPECTED,
  sameHours,
  type TrafficStanding,
} from './expected-traffic.ts';
export { type Explanation, explainStatus, printExplanation } from './explain.ts';
export {
  type Judgement,
  judge,
  type LatencyPart,
  type RequestIndicator,
  type TokenPrice,
  type TokenPrices,
  weightOf,
} from './indicator.ts';
export {
  BLOCK_BYTES,
  blockBytes,
  emptyBlock,
  exactCount,
  type MinuteBlock,
  readBlock,
} from './minute-block.ts';
export { type MinuteSpans, minuteSpans, minutesIn } from './minute-spans.ts';
export type {
  Composite,
  ExpectedTraffic,
  IndicatorSource,
  Objective,
  ObjectiveCategory,
  SegmentRule,
} from './objective.ts';
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
} from './policy.ts';
export { type Period, type Prepared, prepareObjective } from './prepared.ts';
export { type QualityBounds, qualityBounds } from './quality-bounds.ts';
export { type ObjectiveRecorder, objectiveRecorder, type RecordedObjective } from './recorder.ts';
export {
  type PeriodReport,
  periodReport,
  type ReportedObjective,
  type ReportInput,
  type ReportSection,
  reportHtml,
  reportMarkdown,
} from './report.ts';
export {
  type ClosedFigures,
  LABEL_HORIZON_MS,
  type LateCounts,
  type Restatement,
  restate,
  withinHorizon,
} from './restatement.ts';
export {
  meaningOf,
  meaningSince,
  type ObjectiveRevision,
  revise,
  revisionAt,
} from './revisions.ts';
export { COHORTS, OTHER, type SegmentNames, segmentNames, segmentsOf } from './segments.ts';
export { type ChangedBlock, createSeries, type Series, type SeriesOptions } from './series.ts';
export { seriesSums } from './series-sums.ts';
export {
  type AlertStanding,
  alertReason,
  type ObjectiveStatus,
  objectiveStatus,
  type StatusContext,
  statusReason,
  type WindowSums,
} from './status.ts';
export { isTimeZone, type LocalTime, localTime } from './time-zone.ts';
export {
  type CalendarUnit,
  LONGEST_WINDOW_MS,
  type ObjectiveWindow,
  rolling,
  type Span,
  windowAt,
  windowLength,
} from './window.ts';
