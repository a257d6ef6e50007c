import {
  type Clock,
  canaryModel,
  type Directive,
  MAX_LEASE_MS,
  type ModelVersion,
  type Order,
  productionModel,
} from '@evenkeel/core';
import type { DirectiveRows } from '@evenkeel/store';
import { FROM_FILE, type KeptModel, modelId } from './kept-model.ts';

/** Tells replicas which versions serve. */
export interface ModelServing {
  /** Brings the orders about one model into step with its registry, now. */
  direct(kept: KeptModel): Promise<void>;
  /** Forgets what was ordered: somebody else may have led meanwhile. */
  forget(): void;
}

/**
 * How long a canary goes on when nobody judges it, in milliseconds: without a control plane a candidate takes no traffic.
 * What is in production, however, stays as long as an order may.
 */
const CANARY_LEASE_MS = 60_000;

function orderOf(model: string, version: ModelVersion): Extract<Order, { kind: 'use_version' }> {
  const { uri, sha256 } = version.artifact;
  return { kind: 'use_version', model, version: version.version, weights: uri, sha256 };
}

export function modelServing(parts: {
  readonly directives: DirectiveRows;
  readonly clock: Clock;
}): ModelServing {
  const { directives, clock } = parts;
  /** What was ordered under an id, and until when. */
  const given = new Map<string, { readonly order: string; readonly until: number }>();

  async function hold(
    id: string,
    service: string,
    order: Order | undefined,
    leaseMs: number,
    reason: string,
  ): Promise<void> {
    const known = given.get(id);
    if (order === undefined) {
      if (known !== undefined && known.order === '') return;
      await directives.remove(id);
      given.set(id, { order: '', until: Number.POSITIVE_INFINITY });
      return;
    }
    const now = Math.round(clock.wall());
    const words = JSON.stringify(order);
    // Renewed at half its time: a missed round or two ends nothing.
    if (known?.order === words && known.until - now > leaseMs / 2) return;
    const directive: Directive = {
      id,
      service,
      order,
      owner: 'evenkeel:models',
      reason: reason === '' ? 'the registry says so' : reason.slice(0, 500),
      createdAt: now,
      expiresAt: now + leaseMs,
    };
    await directives.put(directive);
    given.set(id, { order: words, until: directive.expiresAt });
  }

  return {
    async direct({ service, registry, trial }) {
      const { model } = registry;
      const id = modelId(service, model);
      const production = productionModel(registry);
      const candidate = canaryModel(registry);
      // The newest order of two that contradict wins at a replica; production first, so that no canary outlives its verdict.
      const ordered =
        production === undefined || production.artifact.uri === FROM_FILE ? undefined : production;
      await hold(
        `model/${id}`,
        service,
        ordered === undefined ? undefined : orderOf(model, ordered),
        MAX_LEASE_MS,
        ordered?.reason ?? '',
      );
      const { share = 0 } = trial ?? {};
      await hold(
        `canary/${id}`,
        service,
        candidate === undefined || share === 0
          ? undefined
          : { ...orderOf(model, candidate), kind: 'canary', share },
        CANARY_LEASE_MS,
        `canary: ${candidate?.reason ?? ''}`,
      );
    },
    forget: () => given.clear(),
  };
}
