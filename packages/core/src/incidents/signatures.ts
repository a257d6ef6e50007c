import type { IncidentType } from './incident-type.ts';
import type { EscalationStep, Signature } from './signature.ts';
import { DATA_QUALITY } from './signatures/data-quality.ts';
import { DRIFT_DETECTED } from './signatures/drift-detected.ts';
import { FEATURE_PIPELINE } from './signatures/feature-pipeline.ts';
import { FEEDBACK_LOOP } from './signatures/feedback-loop.ts';
import { MODEL_DEGRADATION } from './signatures/model-degradation.ts';
import { SAFETY_VIOLATION } from './signatures/safety-violation.ts';
import { SERVING_LATENCY } from './signatures/serving-latency.ts';
import { TRAINING_FAILURE } from './signatures/training-failure.ts';

/** All eight types. */
export const SIGNATURES: Readonly<Record<IncidentType, Signature>> = {
  model_degradation: MODEL_DEGRADATION,
  data_quality: DATA_QUALITY,
  feature_pipeline: FEATURE_PIPELINE,
  serving_latency: SERVING_LATENCY,
  safety_violation: SAFETY_VIOLATION,
  drift_detected: DRIFT_DETECTED,
  training_failure: TRAINING_FAILURE,
  feedback_loop: FEEDBACK_LOOP,
};

/** What a responder needs of a signature. */
export interface Runbook {
  readonly type: IncidentType;
  readonly title: string;
  readonly summary: string;
  readonly signals: readonly string[];
  readonly typicalCauses: readonly string[];
  readonly immediateActions: Signature['immediateActions'];
  readonly investigationSteps: readonly string[];
  readonly escalationPath: readonly EscalationStep[];
}

export function runbook(type: IncidentType): Runbook {
  const { title, summary, signals, typicalCauses, immediateActions, investigationSteps, escalationPath } =
    SIGNATURES[type];
  return {
    type,
    title,
    summary,
    signals: signals.map(({ text }) => text),
    typicalCauses,
    immediateActions,
    investigationSteps,
    escalationPath,
  };
}
