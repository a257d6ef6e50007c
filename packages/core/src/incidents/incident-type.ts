/** What kind of trouble an AI service is in (SPEC part 8). */
export const INCIDENT_TYPES = [
  'model_degradation',
  'data_quality',
  'feature_pipeline',
  'serving_latency',
  'safety_violation',
  'drift_detected',
  'training_failure',
  'feedback_loop',
] as const;
export type IncidentType = (typeof INCIDENT_TYPES)[number];

/** SEV1 critical, SEV2 high (both page), SEV3 medium, SEV4 low. */
export const SEVERITIES = ['SEV1', 'SEV2', 'SEV3', 'SEV4'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Whether somebody is woken for it. */
export function pages(severity: Severity): boolean {
  return severity === 'SEV1' || severity === 'SEV2';
}

/** The graver of two. */
export function graver(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b) ? a : b;
}

export function isIncidentType(name: string): name is IncidentType {
  return INCIDENT_TYPES.some((type) => type === name);
}

/** As it reads in a title. */
export const TYPE_TITLES: Readonly<Record<IncidentType, string>> = {
  model_degradation: 'Model degradation',
  data_quality: 'Data quality',
  feature_pipeline: 'Feature pipeline',
  serving_latency: 'Serving latency',
  safety_violation: 'Safety violation',
  drift_detected: 'Drift',
  training_failure: 'Training failure',
  feedback_loop: 'Feedback loop',
};
