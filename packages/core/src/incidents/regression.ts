import type { FaultSpec } from '../serving/fault.ts';
import type { Incident, IncidentSignal } from './incident.ts';
import { type IncidentType, TYPE_TITLES } from './incident-type.ts';
import type { SignalKind } from './signal.ts';

/** Faults that training knows; the supervisor injects them into a run of its own. */
export type TrainingFault =
  | { readonly how: 'nan_batch' }
  | { readonly how: 'kill' }
  | { readonly how: 'hang' }
  | { readonly how: 'torn_checkpoint' }
  | { readonly how: 'bad_candidate' };

/** What the traffic was like when it happened: a fault that hurts at noon may not at night. */
export interface TrafficPattern {
  readonly requestsPerSecond: number;
  /** Against what was usual: 1 is as always. */
  readonly timesUsual: number;
}

/** What is known of the service, to put the trigger where it was. */
export interface RegressionContext {
  readonly models: readonly string[];
  readonly traffic: TrafficPattern;
  /** File of requests kept from the incident, for what only its own inputs reproduce. */
  readonly corpus: string;
}

/** The experiment that an incident becomes: its trigger again, and the same type of incident must open while the fix is removed. */
export interface RegressionDraft {
  readonly name: string;
  readonly service: string;
  readonly title: string;
  readonly incident: string;
  readonly trigger:
    | { readonly kind: 'serving'; readonly fault: FaultSpec }
    | { readonly kind: 'training'; readonly fault: TrainingFault };
  /** Milliseconds that the trigger lasts: as long as it took to be detected, within bounds. */
  readonly durationMs: number;
  readonly traffic: TrafficPattern;
  /** With the fix in place nobody is paged; with it removed this opens, within this time. */
  readonly expect: { readonly incident: IncidentType; readonly withinMs: number };
}

export type RegressionResult =
  | { readonly ok: true; readonly draft: RegressionDraft }
  /** Nothing that can be injected reproduces it: then a person waives it with a reason. */
  | { readonly ok: false; readonly reason: string };

const SHORTEST_MS = 60_000;
const LONGEST_MS = 900_000;

/** Makes the experiment from the record: the fault from the root signal, its intensity from the figures, the traffic as it was. */
export function regressionOf(incident: Incident, context: RegressionContext): RegressionResult {
  const trigger = triggerOf(incident, context);
  if (trigger === undefined) {
    return {
      ok: false,
      reason: `no fault that can be injected reproduces ${TYPE_TITLES[incident.type].toLowerCase()} of this kind`,
    };
  }
  const detection = incident.detectedAt - incident.startedAt;
  const durationMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 2 * detection));
  return {
    ok: true,
    draft: {
      name: `regression-${incident.id.toLowerCase()}`,
      service: incident.service,
      title: `Again: ${incident.title}`,
      incident: incident.id,
      trigger,
      durationMs,
      traffic: context.traffic,
      expect: { incident: incident.type, withinMs: Math.max(30_000, 2 * detection) },
    },
  };
}

function triggerOf(incident: Incident, context: RegressionContext): RegressionDraft['trigger'] | undefined {
  const strongest = (...kinds: readonly SignalKind[]): IncidentSignal | undefined =>
    incident.signals
      .filter(({ kind, role }) => role !== 'suspect' && kinds.includes(kind))
      .sort((a, b) => b.strength - a.strength)[0];
  const share = (signal: IncidentSignal): number =>
    Math.min(1, Math.max(0.05, signal.evidence.figures.recent ?? 1));
  const model = context.models[0] ?? 'primary';
  const serving = (fault: FaultSpec): RegressionDraft['trigger'] => ({ kind: 'serving', fault });
  const training = (how: TrainingFault['how']): RegressionDraft['trigger'] => ({
    kind: 'training',
    fault: { how },
  });

  switch (incident.type) {
    case 'feature_pipeline': {
      const stale = strongest('features_stale');
      const missing = strongest('features_missing');
      const slow = strongest('features_down', 'features_slow');
      if (slow !== undefined)
        return serving({
          type: 'feature_store_latency',
          rate: slow.kind === 'features_down' ? 1 : share(slow),
          latency: { shape: 'constant', ms: 10_000 },
        });
      if (missing !== undefined)
        return serving({
          type: 'data_quality',
          rate: share(missing),
          at: 'features',
          model: undefined,
          fault: { how: 'null', fields: [missing.name] },
        });
      return serving({
        type: 'stale_features',
        rate: stale === undefined ? 1 : share(stale),
        olderMs: 2 * (stale?.evidence.figures.limit_ms ?? stale?.evidence.figures.over_ms ?? 3_600_000),
        fields: [],
        marked: false,
      });
    }
    case 'serving_latency': {
      const surge = strongest('load_surge');
      const slow = strongest('latency_shift', 'errors_timeout');
      if (surge !== undefined || slow === undefined)
        return serving({
          type: 'capacity_overload',
          pattern: {
            kind: 'multiple',
            multiple: Math.max(2, surge?.evidence.figures.ratio ?? context.traffic.timesUsual),
            floorPerSecond: Math.max(1, context.traffic.requestsPerSecond),
          },
          ceilingPerSecond: Math.max(10, 10 * context.traffic.requestsPerSecond),
          corpus: context.corpus,
          retries: undefined,
        });
      const over = slow.evidence.figures.over_ms ?? 500;
      return serving({
        type: 'model_latency',
        model,
        rate: share(slow),
        latency: { shape: 'heavy_tail', medianMs: over, p99Ms: 4 * over, maxMs: 60_000 },
      });
    }
    case 'model_degradation': {
      const failing = strongest('errors_upstream', 'model_down', 'worker_down');
      if (failing?.kind === 'worker_down') return serving({ type: 'worker_kill', model, everyMs: 10_000 });
      if (strongest('errors_malformed') !== undefined)
        return serving({
          type: 'model_failure',
          model,
          rate: 1,
          failure: { how: 'malformed' },
          unhealthy: false,
        });
      if (failing !== undefined)
        return serving({
          type: 'model_failure',
          model,
          rate: failing.kind === 'model_down' ? 1 : share(failing),
          failure: { how: 'error', status: 500 },
          unhealthy: failing.kind === 'model_down',
        });
      // Worse answers without an error: the input's meaning is taken away from the model.
      return serving({
        type: 'data_quality',
        rate: 1,
        at: 'input',
        model,
        fault: { how: 'shuffle', fields: [] },
      });
    }
    case 'data_quality': {
      const wrong = strongest('request_invalid', 'feature_invalid');
      return serving({
        type: 'data_quality',
        rate: wrong === undefined ? 1 : share(wrong),
        at: wrong?.kind === 'feature_invalid' ? 'features' : 'input',
        model: undefined,
        fault: { how: 'scale', fields: wrong === undefined ? [] : [wrong.name], factor: 100 },
      });
    }
    case 'drift_detected': {
      const moved = strongest('request_drift', 'feature_drift');
      if (moved === undefined) return undefined;
      return serving({
        type: 'data_quality',
        rate: 1,
        at: moved.kind === 'feature_drift' ? 'features' : 'input',
        model: undefined,
        fault: { how: 'scale', fields: [moved.name], factor: 1.5 },
      });
    }
    case 'safety_violation':
      // Only the inputs that did it can do it again.
      return serving({
        type: 'capacity_overload',
        pattern: { kind: 'recording', speed: 1 },
        ceilingPerSecond: Math.max(1, context.traffic.requestsPerSecond),
        corpus: context.corpus,
        retries: undefined,
      });
    case 'training_failure': {
      const kind = strongest(
        'training_crash',
        'training_diverged',
        'training_hung',
        'training_gate',
        'training_checkpoint',
      )?.kind;
      if (kind === 'training_diverged') return training('nan_batch');
      if (kind === 'training_hung') return training('hang');
      if (kind === 'training_gate') return training('bad_candidate');
      if (kind === 'training_checkpoint') return training('torn_checkpoint');
      return training('kill');
    }
    case 'feedback_loop':
      return undefined;
  }
}
