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
} from './anomaly.ts';
export {
  type CanaryEvidence,
  type CanaryFigure,
  type CanaryInput,
  type CanaryOptions,
  type CanarySample,
  type CanaryVerdict,
  judgeCanary,
  sequenceHalfWidth,
} from './canary.ts';
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
} from './checkpoint.ts';
export type {
  EvaluationReport,
  GateDirection,
  MetricFigure,
  MetricFigures,
  ModelGate,
  PairedFigure,
} from './gate-spec.ts';
export {
  judgeModelGates,
  type ModelGateFinding,
  type ModelGateSubject,
  type ModelGateVerdict,
  modelGateDue,
  modelGateName,
} from './gates.ts';
export { type TrainingFigures, trainingFigures } from './goodput.ts';
export { HANG_DEFAULTS, type HangOptions, type HangWatch, hangWatch } from './hang.ts';
export { addToCurve, type LossCurve } from './loss-curve.ts';
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
} from './registry.ts';
export {
  RETENTION_DEFAULTS,
  type RetentionPolicy,
  type RetentionVerdict,
  retainCheckpoints,
} from './retention.ts';
export {
  type ExitKind,
  exitKind,
  type TrainerExit,
  type TrainingOrder,
  type TrainingRunEvent,
} from './run-events.ts';
export { advanceTraining } from './run-machine.ts';
export { noteDecision, type TrainingAdvance, type TrainingMoment } from './run-settle.ts';
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
} from './training-run.ts';
