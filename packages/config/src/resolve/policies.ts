import type { BudgetPolicy, Objective, PolicyAction, PolicyTrigger } from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import type { RawPolicy } from '../schema/objectives.ts';
import type { RawService } from '../schema/service.ts';
import type { Scope } from './scope.ts';

/** More than the threshold of a policy by this, where the file does not say: hysteresis. */
const APART = 0.1;

function resolveAction(
  raw: RawPolicy['then'][number],
  service: RawService,
  at: readonly PathStep[],
  scope: Scope,
): PolicyAction {
  if (typeof raw === 'string') return { kind: raw };
  if ('tighten' in raw) return { kind: 'tighten', factor: raw.tighten };
  if ('strictness' in raw) {
    if (service.safety === undefined)
      scope.fail([...at, 'strictness'], 'the file has no output safety check');
    return { kind: 'strictness', level: raw.strictness };
  }
  const rungs = service.ladder.flatMap(({ rung, model, use, forbid }) => {
    const name = rung ?? model ?? use;
    return forbid || name === undefined ? [] : [name];
  });
  scope.reference([...at, 'pin'], raw.pin, rungs, 'rung');
  return { kind: 'pin', rung: raw.pin };
}

function resolveTrigger(
  raw: RawPolicy['when'],
  objective: Objective | undefined,
  at: readonly PathStep[],
  scope: Scope,
): PolicyTrigger | undefined {
  const { remaining_below: below, alert } = raw;
  if ((below === undefined) === (alert === undefined)) {
    const found = below === undefined ? 'found none' : 'found both';
    scope.fail(at, `expected remaining_below or alert, ${found}`);
    return undefined;
  }
  if (alert === undefined) {
    if (objective?.allowance.kind === 'zero_tolerance')
      scope.fail([...at, 'remaining_below'], 'zero tolerance has no shares of a budget', 'alert: violation');
    return { kind: 'remaining_below', objective: raw.objective, below: below ?? 0 };
  }
  if (objective !== undefined) {
    const names = objective.alerts.map(({ name }) => name);
    if (objective.allowance.kind === 'zero_tolerance') names.push('violation');
    if (objective.expectedTraffic !== undefined) names.push('no-traffic');
    scope.reference([...at, 'alert'], alert, names, 'alert of this objective');
  }
  return { kind: 'firing', objective: raw.objective, pair: alert };
}

/** The budget policies of a service; mistakes go to the scope. */
export function resolvePolicies(
  service: RawService,
  objectives: readonly Objective[],
  scope: Scope,
): readonly BudgetPolicy[] {
  return Object.entries(service.policies).flatMap(([name, raw]): BudgetPolicy[] => {
    const at = ['policies', name];
    const names = objectives.map((one) => one.name);
    // An objective with mistakes of its own is there all the same.
    const known = [...new Set([...names, ...Object.keys(service.objectives ?? {})])];
    scope.reference([...at, 'when', 'objective'], raw.when.objective, known, 'objective');
    const objective = objectives.find((one) => one.name === raw.when.objective);
    const trigger = resolveTrigger(raw.when, objective, [...at, 'when'], scope);
    const actions = raw.then.map((action, i) => resolveAction(action, service, [...at, 'then', i], scope));
    if (trigger === undefined) return [];
    const { release } = raw;
    const below = trigger.kind === 'remaining_below' ? trigger.below : undefined;
    const usual = below === undefined ? undefined : Math.min(1, below + APART);
    if (below !== undefined && release.remaining_above !== undefined && release.remaining_above <= below)
      scope.fail(
        [...at, 'release', 'remaining_above'],
        `is not over remaining_below (${below}): it would come and go`,
      );
    if (release.most_for < release.for) scope.fail([...at, 'release', 'most_for'], 'is shorter than for');
    return [
      {
        name,
        service: service.service,
        trigger,
        actions,
        release: {
          remainingAbove: release.remaining_above ?? usual,
          burnBelow: release.burn_below,
          forMs: release.for,
          mostForMs: release.most_for,
        },
        leaseMs: raw.lease,
      },
    ];
  });
}
