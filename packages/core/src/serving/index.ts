export type { Answer, SeenRequest, ServingService } from './answer.ts';
export type { ServiceDefinition, ServiceHost } from './definition.ts';
export {
  type Directive,
  type DirectiveBoard,
  directiveBoard,
  MAX_LEASE_MS,
  type Order,
  type ServedVersion,
} from './directives.ts';
export type { ComponentState, Entrance, EntryControl, EntryEvent } from './entry.ts';
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
} from './fault.ts';
export type { FeatureReading, RequestFeatures } from './features.ts';
export type { Figures } from './figures.ts';
export type {
  ComponentStatus,
  RecordFilter,
  ReplicaLink,
  RungStatus,
  ServiceStatus,
} from './link.ts';
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
} from './prediction.ts';
export type { Rung, RungContext, RungHandler } from './rung.ts';
export { ALLOW, type SafetyCheck, type SafetyVerdict, type Strictness } from './safety.ts';
export { createService, type Service } from './service.ts';
