import type { Signal, SignalKind } from './signal.ts';
import type { RungNeeds } from './snapshot.ts';

/** What happens to the serving path when answers come late or not at all. */
const SERVING_SYMPTOMS: Partial<Record<SignalKind, number>> = {
  entry_below: 0.95,
  rung_down: 0.95,
  burn_availability: 0.9,
  burn_latency: 0.9,
  exhaustion_forecast: 0.95,
  breaker_half_open: 0.8,
  user_reports: 0.7,
};

/** What happens to answers when a rung with less knowledge gives them. */
const FALLBACK_SYMPTOMS: Partial<Record<SignalKind, number>> = {
  prediction_drift: 0.9,
  confidence_drift: 0.9,
  burn_quality: 0.9,
  estimate_low: 0.85,
  estimate_void: 0.85,
  labels_disagree: 0.8,
  outcome_drop: 0.8,
  burn_cost: 0.7,
};

/** Features that are not there: the model may take longer, time out, or see holes. */
const FEATURES: Partial<Record<SignalKind, number>> = {
  ...SERVING_SYMPTOMS,
  ...FALLBACK_SYMPTOMS,
  burn_freshness: 0.95,
  latency_shift: 0.85,
  errors_timeout: 0.7,
  gate_saturated: 0.7,
  shedding: 0.6,
  breaker_open: 0.6,
  feature_drift: 0.9,
  feature_invalid: 0.85,
  exposure_concentrated: 0.7,
  toward_served: 0.5,
};

/** Values that are wrong make everything that reads them look wrong. */
const INVALID: Partial<Record<SignalKind, number>> = {
  request_drift: 0.9,
  feature_drift: 0.9,
  prediction_drift: 0.9,
  confidence_drift: 0.9,
  burn_quality: 0.9,
  estimate_low: 0.9,
  estimate_void: 0.9,
  labels_disagree: 0.85,
  outcome_drop: 0.8,
  user_reports: 0.7,
  errors_upstream: 0.6,
  errors_malformed: 0.6,
  breaker_open: 0.5,
  exposure_concentrated: 0.8,
  toward_served: 0.5,
  safety_flags: 0.3,
};

const MODEL_GONE: Partial<Record<SignalKind, number>> = {
  ...SERVING_SYMPTOMS,
  ...FALLBACK_SYMPTOMS,
  breaker_open: 0.95,
  latency_shift: 0.75,
  errors_timeout: 0.6,
  gate_saturated: 0.6,
  shedding: 0.7,
  exposure_concentrated: 0.8,
  toward_served: 0.6,
};

const SLOW: Partial<Record<SignalKind, number>> = {
  ...SERVING_SYMPTOMS,
  ...FALLBACK_SYMPTOMS,
  breaker_open: 0.9,
  exposure_concentrated: 0.8,
  toward_served: 0.6,
};

const OVERLOAD: Partial<Record<SignalKind, number>> = {
  ...SLOW,
  errors_upstream: 0.8,
  worker_down: 0.5,
};

const INPUT_MOVED: Partial<Record<SignalKind, number>> = {
  prediction_drift: 0.85,
  confidence_drift: 0.85,
  estimate_low: 0.7,
  estimate_void: 0.9,
  labels_disagree: 0.45,
  outcome_drop: 0.4,
  burn_quality: 0.45,
  exposure_concentrated: 0.5,
  toward_served: 0.4,
};

const ANSWERS_WORSE: Partial<Record<SignalKind, number>> = {
  prediction_drift: 0.8,
  confidence_drift: 0.8,
  exposure_concentrated: 0.6,
  toward_served: 0.5,
};

const LOOP: Partial<Record<SignalKind, number>> = {
  prediction_drift: 0.85,
  confidence_drift: 0.6,
  feature_drift: 0.5,
  outcome_drop: 0.6,
  labels_disagree: 0.5,
  estimate_low: 0.4,
  burn_quality: 0.5,
};

const HARM: Partial<Record<SignalKind, number>> = {
  user_reports: 0.8,
  prediction_drift: 0.4,
  confidence_drift: 0.3,
  exhaustion_forecast: 0.8,
};

const TRAINING: Partial<Record<SignalKind, number>> = {
  burn_freshness: 0.8,
  estimate_low: 0.3,
};

/** Cause → what it does, with the share of the symptom that it accounts for at full strength. */
const EXPLAINS: Partial<Record<SignalKind, Partial<Record<SignalKind, number>>>> = {
  features_down: FEATURES,
  features_slow: FEATURES,
  features_missing: FEATURES,
  features_stale: {
    ...FEATURES,
    latency_shift: 0,
    errors_timeout: 0,
    gate_saturated: 0,
    shedding: 0,
    breaker_open: 0,
  },
  request_invalid: INVALID,
  feature_invalid: INVALID,
  model_down: MODEL_GONE,
  worker_down: { ...MODEL_GONE, latency_shift: 0.5 },
  errors_upstream: { ...MODEL_GONE, gate_saturated: 0.3, shedding: 0.4 },
  errors_malformed: MODEL_GONE,
  latency_shift: SLOW,
  errors_timeout: SLOW,
  gate_saturated: OVERLOAD,
  shedding: OVERLOAD,
  load_surge: OVERLOAD,
  request_drift: INPUT_MOVED,
  feature_drift: INPUT_MOVED,
  labels_disagree: ANSWERS_WORSE,
  outcome_drop: ANSWERS_WORSE,
  experiment_loses: ANSWERS_WORSE,
  toward_served: LOOP,
  exposure_concentrated: { ...LOOP, labels_disagree: 0.3 },
  labels_self_caused: LOOP,
  // Whatever brought requests down the ladder: rungs with less knowledge answer otherwise.
  entry_below: { ...FALLBACK_SYMPTOMS, exposure_concentrated: 0.8, toward_served: 0.6 },
  safety_flags: HARM,
  harm_reports: HARM,
  zero_tolerance_broken: HARM,
  training_crash: TRAINING,
  training_diverged: TRAINING,
  training_hung: TRAINING,
  training_gate: TRAINING,
  training_checkpoint: TRAINING,
};

/** A cause may be noticed this much later than its symptom: monitors and health checks take their time. Milliseconds. */
const LATE_MS = 900_000;

const COMPONENT: readonly SignalKind[] = ['features_down', 'model_down', 'worker_down'];
const RUNG: readonly SignalKind[] = ['breaker_open', 'breaker_half_open', 'rung_down'];

/**
 * How much of `symptom` is accounted for by `cause`, in [0, 1]: by the kinds, by the graph (a component explains a rung only if the
 * rung stands on it), and by time (what began long before is no consequence).
 */
export function explained(cause: Signal, symptom: Signal, needs: readonly RungNeeds[]): number {
  if (cause.key === symptom.key) return 0;
  const share = EXPLAINS[cause.kind]?.[symptom.kind] ?? 0;
  if (share <= 0 || symptom.since < cause.since - LATE_MS) return 0;
  if (COMPONENT.includes(cause.kind) && RUNG.includes(symptom.kind)) {
    const rung = needs.find(({ rung }) => rung === symptom.subject.name);
    if (rung !== undefined && !rung.components.includes(cause.subject.name)) return 0;
  }
  return share * cause.strength;
}
