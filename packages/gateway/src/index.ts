export { checkFault, type Pulse, pulseMeter, type WireFaultReport, wireReports } from './faults/index.ts';
export {
  createFront,
  type Front,
  type FrontOptions,
  type FrontService,
  type ServiceDirectory,
} from './http/index.ts';
export * from './metrics/index.ts';
export { type BreakerMemory, openBreakerMemory, type StoredBreakers } from './runtime/breaker-memory.ts';
export { type Host, realHost } from './runtime/host.ts';
export { measureOf } from './runtime/measure.ts';
export { type MonitorReference, monitorDefinition } from './runtime/monitors.ts';
export type { ReplicaParts } from './runtime/replica.ts';
export { createReplica, type Replica, type ReplicaEvent } from './runtime/replica.ts';
export { createReporter, type Measure, type Reporter, type ReporterState } from './runtime/reporter.ts';
export type { ShadowResult } from './runtime/routed-model.ts';
