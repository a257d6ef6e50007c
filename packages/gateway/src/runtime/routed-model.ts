import { cohort, type Prediction, type PredictRequest } from '@evenkeel/core';
import type { Model, ModelCall } from '../upstreams/model.ts';

/** A part of the users or callers: by share (stable per user), by segment, or both. */
export interface Part {
  /** In [0, 1]. */
  readonly share: number;
  /** Only callers of one of these tenants, tiers and cohorts, where given. */
  readonly tenants: readonly string[] | undefined;
  readonly tiers: readonly string[] | undefined;
  readonly cohorts: readonly string[] | undefined;
}

export interface Routing {
  /** Answers instead of the model for its part of the traffic. */
  readonly canary: { readonly model: Model; readonly part: Part } | undefined;
  /** Is asked as well, and its answer thrown away but for the record. */
  readonly shadow: { readonly model: Model; readonly part: Part } | undefined;
  /** Answers instead of the model while the model is rolled back. */
  readonly previous: Model | undefined;
}

/** What a shadow answered beside what was served. */
export interface ShadowResult {
  readonly requestId: string;
  readonly model: string;
  readonly shadow: string;
  readonly ok: boolean;
  readonly served: string | undefined;
  readonly answered: string | undefined;
  readonly reason: string;
}

export interface RoutedModel extends Model {
  rollBack(on: boolean): void;
  counts(): { readonly canary: number; readonly shadow: number; readonly shadowDropped: number };
}

/** Shadows in flight at once, at most: a slow shadow must not pile up beside the traffic it watches. */
const MAX_SHADOWS = 32;

function includes(part: Part, request: PredictRequest, purpose: string): boolean {
  const { tenant, tier, cohort: declared } = request.caller;
  if (part.tenants !== undefined && !part.tenants.includes(tenant)) return false;
  if (part.tiers !== undefined && (tier === undefined || !part.tiers.includes(tier))) return false;
  if (part.cohorts !== undefined && (declared === undefined || !part.cohorts.includes(declared)))
    return false;
  return part.share >= 1 || cohort(request.caller.user, purpose) < part.share;
}

/** A model with its canary, its shadow and the version to go back to, stable per user. */
export function routedModel(
  model: Model,
  routing: Routing,
  onShadow: (result: ShadowResult) => void,
): RoutedModel {
  let rolledBack = false;
  let inFlight = 0;
  const counts = { canary: 0, shadow: 0, shadowDropped: 0 };
  const { canary, shadow, previous } = routing;
  const all = [model, canary?.model, shadow?.model, previous].filter((one) => one !== undefined);

  function choose(request: PredictRequest): Model {
    if (rolledBack && previous !== undefined) return previous;
    if (canary !== undefined && includes(canary.part, request, `canary:${model.name}`)) {
      counts.canary += 1;
      return canary.model;
    }
    return model;
  }

  function ask(call: ModelCall, served: Promise<Prediction>): void {
    if (
      shadow === undefined ||
      call.request.stream ||
      !includes(shadow.part, call.request, `shadow:${model.name}`)
    )
      return;
    if (inFlight >= MAX_SHADOWS) {
      counts.shadowDropped += 1;
      return;
    }
    inFlight += 1;
    counts.shadow += 1;
    const request = { ...call.request, kind: 'shadow', signal: undefined } as const;
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(call.budgetMs)));
    const asked = (async () => shadow.model.call({ ...call, request, signal }))();
    const base = { requestId: request.id, model: model.name, shadow: shadow.model.name };
    void Promise.allSettled([served, asked]).then(([first, second]) => {
      inFlight -= 1;
      const label = (result: PromiseSettledResult<Prediction>): string | undefined =>
        result.status === 'fulfilled' ? result.value.label : undefined;
      const ok = second.status === 'fulfilled';
      onShadow({
        ...base,
        ok,
        served: label(first),
        answered: label(second),
        reason: ok ? 'ok' : String(second.reason instanceof Error ? second.reason.message : second.reason),
      });
    });
  }

  return {
    name: model.name,
    get version() {
      return model.version;
    },
    call(call) {
      const chosen = choose(call.request);
      if (shadow === undefined || call.request.kind !== 'live') return chosen.call(call);
      const answer = chosen.call(call);
      ask(call, Promise.resolve(answer));
      return answer;
    },
    healthy: (signal) => (rolledBack && previous !== undefined ? previous : model).healthy(signal),
    async close() {
      await Promise.all(all.map((one) => one.close()));
    },
    rollBack(on) {
      rolledBack = on;
    },
    counts: () => counts,
  };
}
