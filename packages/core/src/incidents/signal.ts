/**
 * What evenkeel can say of a service as a yes or no with a strength: the predicates that types of incidents are made of.
 * Closed on purpose: a diagnosis weighs each kind, so a kind without a weight is a mistake that the compiler finds.
 */
export const SIGNAL_KINDS = [
  // Objectives: a pair of windows burns; the budget will be gone; what was never to happen has happened.
  'burn_availability',
  'burn_latency',
  'burn_quality',
  'burn_freshness',
  'burn_safety',
  'burn_cost',
  'exhaustion_forecast',
  'zero_tolerance_broken',
  // Monitors: distributions, and quality estimated without labels.
  'request_drift',
  'feature_drift',
  'prediction_drift',
  'confidence_drift',
  'request_invalid',
  'feature_invalid',
  'estimate_low',
  'estimate_void',
  // The ladder and what it stands on.
  'breaker_open',
  'breaker_half_open',
  'rung_down',
  'entry_below',
  'features_down',
  'model_down',
  'worker_down',
  // Features at serving time.
  'features_stale',
  'features_missing',
  'features_slow',
  // Safety and what people say.
  'safety_flags',
  'user_reports',
  'harm_reports',
  'outcome_drop',
  'experiment_loses',
  'labels_disagree',
  // Training.
  'training_crash',
  'training_diverged',
  'training_hung',
  'training_gate',
  'training_checkpoint',
  // Load and latency.
  'queue_age',
  'gate_saturated',
  'shedding',
  'load_surge',
  'latency_shift',
  'errors_timeout',
  'errors_malformed',
  'errors_upstream',
  // A model that feeds on itself.
  'exposure_concentrated',
  'toward_served',
  'labels_self_caused',
  // What people and pipelines changed.
  'change_deploy',
  'change_model',
  'change_schema',
  'change_data',
  'change_config',
  'change_baseline',
] as const;
export type SignalKind = (typeof SIGNAL_KINDS)[number];

/** Changes are context: they make a type likelier, and open nothing alone. */
export type ChangeSignalKind = Extract<SignalKind, `change_${string}`>;

export function isChangeKind(kind: SignalKind): kind is ChangeSignalKind {
  return kind.startsWith('change_');
}

/** What a signal speaks of. `name` is of the kind's own sort: an objective, a rung, a component, a monitor, a run. */
export interface Subject {
  readonly service: string;
  readonly name: string;
  /** The part of the traffic, as `key=value`; '' is all of it. */
  readonly segment: string;
}

/** Why a signal is held to be true. */
export interface Evidence {
  /** One sentence with its numbers. */
  readonly text: string;
  readonly figures: Readonly<Record<string, number>>;
  /** Path of the API that shows these figures. */
  readonly link: string;
}

/** One predicate that holds now. */
export interface Signal {
  readonly kind: SignalKind;
  /** kind, name and segment: equal keys are the same signal. */
  readonly key: string;
  readonly subject: Subject;
  /** How strongly it holds, in (0, 1]. */
  readonly strength: number;
  /** Wall milliseconds since when it holds without a pause longer than {@link GAP_MS}. */
  readonly since: number;
  /** Wall milliseconds when it was last seen to hold. */
  readonly seen: number;
  readonly evidence: Evidence;
}

/** All that holds of one service at one moment. Plain data: it is kept and sent as JSON. */
export interface SignalState {
  readonly service: string;
  readonly at: number;
  /** Strongest first. */
  readonly active: readonly Signal[];
  /** Ended less than {@link GAP_MS} ago: what comes back within that time has not been away. */
  readonly fading: readonly Signal[];
}

/** A pause up to this long does not end a signal, in milliseconds. */
export const GAP_MS = 30_000;

export function noSignals(service: string, at: number): SignalState {
  return { service, at, active: [], fading: [] };
}

export function signalKey(kind: SignalKind, name: string, segment: string): string {
  return segment === '' ? `${kind}:${name}` : `${kind}:${name}:${segment}`;
}

/** What an observer found: a signal without its history. */
export interface Observation {
  readonly kind: SignalKind;
  readonly name: string;
  readonly segment?: string;
  readonly strength: number;
  /** Wall milliseconds since when it has held, where the source knows better than the observer. */
  readonly since?: number | undefined;
  readonly evidence: Evidence;
}

/** Joins what was observed now with what held before. */
export function nextState(
  service: string,
  observations: readonly Observation[],
  previous: SignalState | undefined,
  now: number,
): SignalState {
  const before = new Map<string, Signal>();
  for (const signal of previous?.fading ?? []) before.set(signal.key, signal);
  for (const signal of previous?.active ?? []) before.set(signal.key, signal);
  const active = new Map<string, Signal>();
  for (const { kind, name, segment = '', strength, since, evidence } of observations) {
    if (!(strength > 0)) continue;
    const key = signalKey(kind, name, segment);
    const known = before.get(key);
    const rival = active.get(key);
    if (rival !== undefined && rival.strength >= strength) continue;
    active.set(key, {
      kind,
      key,
      subject: { service, name, segment },
      strength: Math.min(1, strength),
      since: Math.min(known?.since ?? now, since ?? now),
      seen: now,
      evidence,
    });
  }
  const fading = [...before.values()].filter(
    (signal) => !active.has(signal.key) && now - signal.seen < GAP_MS,
  );
  return {
    service,
    at: now,
    active: [...active.values()].sort((a, b) => b.strength - a.strength || a.key.localeCompare(b.key)),
    fading,
  };
}
