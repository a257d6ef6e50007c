import type { Incident } from '../../api/wire.ts';

export const TYPES: readonly Incident['type'][] = [
  'model_degradation',
  'data_quality',
  'feature_pipeline',
  'serving_latency',
  'safety_violation',
  'drift_detected',
  'training_failure',
  'feedback_loop',
];
export const SEVERITIES: readonly Incident['severity'][] = ['SEV1', 'SEV2', 'SEV3', 'SEV4'];

/** What can be done with an incident from where it stands, the usual step first. */
export type Step = 'investigate' | 'mitigate' | 'resolve' | 'start_review' | 'close' | 'reopen';

export const STEPS: Readonly<Record<Incident['status'], readonly Step[]>> = {
  detected: ['investigate', 'mitigate', 'resolve'],
  investigating: ['mitigate', 'resolve'],
  mitigating: ['resolve', 'investigate'],
  resolved: ['start_review', 'reopen'],
  post_mortem: ['close'],
  closed: [],
};
export const STEP_WORDS: Readonly<Record<Step, string>> = {
  investigate: 'Investigate',
  mitigate: 'Mitigate',
  resolve: 'Resolve',
  start_review: 'Start the review',
  close: 'Close',
  reopen: 'Open again',
};
