import {
  type BudgetPolicy,
  type Clock,
  type Directive,
  IDLE_POLICY,
  type Order,
  type PolicyAction,
  type PolicyState,
  type PolicyWant,
  stepPolicy,
} from '@evenkeel/core';
import type { Lease, Store } from '@evenkeel/store';
import { z } from 'zod';
import type { Evaluator } from './evaluator.ts';

export interface PolicyChange {
  readonly policy: BudgetPolicy;
  readonly kind: 'engaged' | 'released';
  readonly reason: string;
}

/** How one policy stands. */
export interface PolicyStanding {
  readonly policy: BudgetPolicy;
  readonly state: PolicyState;
}

export interface PolicyBook {
  put(service: string, policies: readonly BudgetPolicy[]): Promise<void>;
  /** Looks at every policy; orders are given, renewed and lifted. */
  step(
    lease: Lease | undefined,
    /** Services that are left alone: nothing is ordered, nothing renewed. */
    silent?: (service: string) => boolean,
  ): Promise<readonly PolicyChange[]>;
  /** Reads how the policies stand: somebody else may have led meanwhile. */
  reload(): Promise<void>;
  standings(service?: string): readonly PolicyStanding[];
  /** Why something is not allowed now; undefined when it is. */
  restriction(service: string, what: 'promotion' | 'experiments'): string | undefined;
}

const stateBody = z.object({
  engaged: z.boolean(),
  since: z.number(),
  recoveredSince: z.number().optional(),
  holdMs: z.number(),
  reason: z.string(),
});

function orderOf(action: PolicyAction): Order | undefined {
  switch (action.kind) {
    case 'pin':
      return { kind: 'pin', rung: action.rung };
    case 'tighten':
      return { kind: 'tighten', factor: action.factor };
    case 'strictness':
      return { kind: 'strictness', level: action.level };
    default:
      return undefined;
  }
}

/** Carries out the budget policies of the files. Each order has a lease: if nobody renews it, it ends by itself. */
export function policyBook(parts: {
  readonly store: Pick<Store, 'documents' | 'directives'>;
  readonly evaluator: Evaluator;
  readonly clock: Clock;
}): PolicyBook {
  const { store, evaluator, clock } = parts;
  interface Kept {
    readonly policy: BudgetPolicy;
    state: PolicyState;
    revision: number;
    wanted: readonly PolicyWant[];
  }
  const kept = new Map<string, Kept>();
  const expiries = new Map<string, number>();
  const idOf = (policy: BudgetPolicy): string => `policy/${policy.service}/${policy.name}`;

  async function restore(policy: BudgetPolicy): Promise<Kept> {
    const row = await store.documents.get('state', idOf(policy));
    const parsed = stateBody.safeParse(row?.body);
    const state: PolicyState = parsed.success
      ? { ...parsed.data, recoveredSince: parsed.data.recoveredSince }
      : IDLE_POLICY;
    return { policy, state, revision: row?.revision ?? 0, wanted: [] };
  }

  async function keep(
    one: Kept,
    next: PolicyState,
    change: PolicyChange,
    lease: Lease | undefined,
  ): Promise<void> {
    const at = Math.round(clock.wall());
    const { policy } = one;
    await store.documents.commit({
      puts: [
        {
          kind: 'state',
          id: idOf(policy),
          service: policy.service,
          state: next.engaged ? 'engaged' : 'idle',
          label: policy.name,
          createdAt: at,
          updatedAt: at,
          revision: one.revision,
          body: next,
        },
      ],
      audit: [
        {
          at,
          by: `policy:${policy.name}`,
          action: `policy.${change.kind}`,
          subject: policy.name,
          service: policy.service,
          detail: { reason: change.reason, actions: policy.actions },
        },
      ],
      outbox: [],
      lease,
    });
    one.revision += 1;
  }

  async function give(want: PolicyWant): Promise<void> {
    const order = orderOf(want.action);
    if (order === undefined) return;
    const now = Math.round(clock.wall());
    const expiry = expiries.get(want.id) ?? 0;
    // Renewed at half its time: a missed round or two ends nothing.
    if (expiry - now > want.leaseMs / 2) return;
    const directive: Directive = {
      id: want.id,
      service: want.service,
      order,
      owner: want.owner,
      reason: want.reason,
      createdAt: now,
      expiresAt: now + want.leaseMs,
    };
    await store.directives.put(directive);
    expiries.set(want.id, directive.expiresAt);
  }

  async function lift(id: string): Promise<void> {
    await store.directives.remove(id);
    expiries.delete(id);
  }

  async function stepOne(one: Kept, lease: Lease | undefined): Promise<PolicyChange | undefined> {
    const { policy } = one;
    const standing = evaluator.standing(policy.service, policy.trigger.objective);
    const alerts = standing?.status.alerts ?? [];
    const step = stepPolicy(policy, one.state, {
      now: Math.round(clock.wall()),
      remaining: standing?.status.adjusted.remaining,
      firing: alerts.filter(({ firing }) => firing).map(({ pair }) => pair),
      shortBurn: alerts[0]?.shortBurn,
    });
    const change: PolicyChange | undefined =
      step.event === undefined ? undefined : { policy, kind: step.event.kind, reason: step.event.reason };
    if (change !== undefined) await keep(one, step.state, change, lease);
    one.state = step.state;
    const still = new Set(step.wanted.map(({ id }) => id));
    for (const { id } of one.wanted) if (!still.has(id)) await lift(id);
    for (const want of step.wanted) await give(want);
    one.wanted = step.wanted;
    return change;
  }

  return {
    async put(service, policies) {
      const names = new Set(policies.map(({ name }) => name));
      for (const [id, one] of kept) {
        if (one.policy.service !== service) continue;
        if (!names.has(one.policy.name)) for (const want of one.wanted) await lift(want.id);
        kept.delete(id);
      }
      for (const policy of policies) kept.set(idOf(policy), await restore(policy));
    },
    async step(lease, silent) {
      const changes: PolicyChange[] = [];
      for (const one of kept.values()) {
        if (silent?.(one.policy.service) === true) continue;
        const change = await stepOne(one, lease);
        if (change !== undefined) changes.push(change);
      }
      return changes;
    },
    async reload() {
      expiries.clear();
      for (const [id, { policy }] of kept) kept.set(id, await restore(policy));
    },
    standings: (service) =>
      [...kept.values()]
        .filter(({ policy }) => service === undefined || policy.service === service)
        .map(({ policy, state }) => ({ policy, state })),
    restriction(service, what) {
      const kind = what === 'promotion' ? 'freeze_promotion' : 'forbid_experiments';
      for (const { policy, state } of kept.values()) {
        if (policy.service !== service || !state.engaged) continue;
        if (policy.actions.some((action) => action.kind === kind))
          return `policy ${policy.name}: ${state.reason}`;
      }
      return undefined;
    },
  };
}
