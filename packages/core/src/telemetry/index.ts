export {
  type CompactBuffer,
  type CompactBufferOptions,
  type CompactRow,
  compactBuffer,
} from './compact.ts';
export type { FeatureStep, RequestRecord, SafetyStep, Step, StepOutcome } from './record.ts';
export { type RedactOptions, redact, redactText } from './redact.ts';
export { namesSecret } from './redaction/secrets.ts';
export { type Ring, ring } from './ring.ts';
export type { ObjectiveCounts, Rollup } from './rollup.ts';
export {
  createSampler,
  type KeptBecause,
  type KeptRecord,
  type Sampler,
  type SamplerOptions,
} from './sampler.ts';
export { type TailQuantile, tailQuantile } from './tail-quantile.ts';
export {
  attemptLayer,
  childTraceparent,
  formatTraceparent,
  layerSpanId,
  parseTraceparent,
  requestSpanId,
  type TraceContext,
  traceOf,
} from './trace-context.ts';
export { formatTracestate, parseTracestate, type TraceStateMember } from './trace-state.ts';
