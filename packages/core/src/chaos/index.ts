export {
  ARM_METRICS,
  type ArmFigures,
  type ArmMetric,
  addArms,
  countRecord,
  newArmFigures,
  USER_GROUPS,
} from './arm-figures.ts';
export { anytimeHalfWidth, type CohortOptions, type CohortVerdict, compareArms } from './cohorts.ts';
export { type ControlFaults, controlFaults } from './control-faults.ts';
export { countDistinct, type Distinct, distinct, mergeDistinct } from './distinct.ts';
export {
  type CheckResult,
  type Evidence as ExpectationEvidence,
  judge as judgeExpectations,
} from './expectations.ts';
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
} from './experiment.ts';
export {
  type FaultMeter,
  type FaultReport,
  faultMeter,
  mergeReports,
  radiusInWords,
} from './fault-meter.ts';
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
} from './gameday/gameday.ts';
export { gameDayHtml, gameDayMarkdown } from './gameday/report.ts';
export {
  type Criterion,
  criterionInWords,
  type Inject,
  type Scenario,
  TABLETOP_QUESTIONS,
} from './gameday/scenario.ts';
export { type DayRecord, type Score, scoreDay } from './gameday/score.ts';
export {
  addLatency,
  countLatency,
  type LatencyCounts,
  latencyCounts,
  latencyQuantile,
  latencySince,
} from './latency-counts.ts';
export {
  type ArmsView,
  armsOf,
  type BudgetView,
  figureOf,
  type IncidentView as ChaosIncidentView,
  type Observation,
  type WindowFigures,
} from './observation.ts';
export { recommendation } from './recommendation.ts';
export { experimentRun, startRun } from './run.ts';
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
} from './run-state.ts';
export {
  abortCheck,
  SAFETY_DEFAULTS,
  type SafetyCheckName,
  type SafetyFinding,
  type SafetySettings,
  startChecks,
} from './safety-checks.ts';
export { jsonPath, type Tolerance, type ToleranceResult, tolerates } from './tolerance.ts';
