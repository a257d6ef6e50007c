export { ACTION_KINDS, type ActionKind, type RunbookAction, SERVING_ACTIONS } from './action.ts';
export {
  AUTOMATIC_DEFAULTS,
  type AutomaticDecision,
  type AutomaticPolicy,
  nextAutomatic,
  type PastAction,
} from './automatic.ts';
export { type Cause, causeKey, causeOf, parseCauseKey, sameCause } from './cause-key.ts';
export { escapeXml, lineChart } from './chart.ts';
export {
  type CommandResult,
  type IncidentCommand,
  type IncidentIntent,
  REOPEN_MS,
  type RefusalCode,
} from './command.ts';
export { type Candidate, type Diagnosis, diagnose, type Weighed } from './diagnosis.ts';
export {
  ESCALATION_DEFAULTS,
  type EscalationInput,
  type EscalationState,
  escalate,
  startEscalation,
  type Tell,
} from './escalation.ts';
export { explained } from './explains.ts';
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
} from './incident.ts';
export { incidentIdMaker } from './incident-id.ts';
export {
  graver,
  INCIDENT_TYPES,
  type IncidentType,
  isIncidentType,
  pages,
  SEVERITIES,
  type Severity,
  TYPE_TITLES,
} from './incident-type.ts';
export { applyCommand, TRANSITIONS } from './lifecycle.ts';
export { concentration, pullTowardServed, selfCausedShare, spreadOf } from './loop.ts';
export { mergeIncidents, type PairResult, relateIncidents, splitIncident } from './merge.ts';
export {
  factsOf,
  type IncidentFacts,
  type IncidentMetrics,
  incidentMetrics,
  incidentsCsv,
  METRICS_WINDOW_MS,
} from './metrics.ts';
export {
  type ControlStep,
  MITIGATION_LEASE_MS,
  type MitigationContext,
  type MitigationPlan,
  planMitigation,
} from './mitigation.ts';
export { observeSignals } from './observe-signals.ts';
export {
  decideOpening,
  type IncidentView,
  NO_SIGHTINGS,
  OPENING_DEFAULTS,
  type OpeningDecision,
  type OpeningInput,
  type OpeningPolicy,
  type OpeningState,
} from './opening.ts';
export { signalsOf } from './record-signals.ts';
export {
  type RegressionContext,
  type RegressionDraft,
  type RegressionResult,
  regressionOf,
  type TrafficPattern,
  type TrainingFault as RegressionTrainingFault,
} from './regression.ts';
export {
  type ActionItem,
  completeReview,
  draftReview,
  dueItems,
  type Figure,
  type ImpactFigures,
  type Review,
  type ReviewWords,
} from './review.ts';
export { escapeMarkdown, reviewMarkdown } from './review-markdown.ts';
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
} from './schedule.ts';
export { checkSchedule, localWords, type ScheduleProblem } from './schedule-check.ts';
export {
  judgeSeverity,
  LOWER_AFTER_MS,
  ownSignals,
  type Reach,
  reachOf,
  type SeverityVerdict,
  severityChange,
} from './severity.ts';
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
} from './signal.ts';
export type { EscalationStep, Signature, SignatureSignal } from './signature.ts';
export { type Runbook, runbook, SIGNATURES } from './signatures.ts';
export { type Silence, silenceFor } from './silence.ts';
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
} from './snapshot.ts';
export { type Duration, type DurationFigures, durationFigures } from './survival.ts';
export {
  addTraffic,
  NO_TRAFFIC,
  peopleIn,
  sumTraffic,
  type TrafficCounts,
  type TrafficMeter,
  trafficMeter,
} from './traffic.ts';
export {
  EMPTY_WINDOW,
  observeTraffic,
  recentTraffic,
  type TrafficWindow,
} from './traffic-window.ts';
export {
  judgeMitigation,
  type Stretch,
  VERIFICATION_DEFAULTS,
  type Verification,
  type VerificationInput,
  type VerificationOptions,
} from './verification.ts';
