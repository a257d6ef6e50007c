import { type ActionKind, SERVING_ACTIONS } from './action.ts';
import type { Incident } from './incident.ts';
import { type MitigationContext, type MitigationPlan, planMitigation } from './mitigation.ts';
import { SIGNATURES } from './signatures.ts';
import { spell } from './stamp.ts';

export interface AutomaticPolicy {
  /** Actions that the file allows without asking. */
  readonly allowed: readonly ActionKind[];
  /** Automatic actions on one service in 24 hours (default 5). */
  readonly perDay: number;
  /** Of them for one incident (default 2). */
  readonly perIncident: number;
}

export const AUTOMATIC_DEFAULTS: Omit<AutomaticPolicy, 'allowed'> = { perDay: 5, perIncident: 2 };

/** An automatic action of the past. */
export interface PastAction {
  readonly service: string;
  readonly incident: string;
  readonly action: ActionKind;
  readonly at: number;
  /** `running`: its verdict is still out. `overruled`: a person has undone it. */
  readonly state: 'running' | 'kept' | 'reverted' | 'overruled' | 'ended';
}

export type AutomaticDecision =
  | {
      readonly do: 'act';
      readonly plan: MitigationPlan & { readonly kind: 'orders' | 'control' };
      readonly reason: string;
    }
  | { readonly do: 'wait'; readonly reason: string };

const DAY_MS: number = 24 * 3_600_000;

/**
 * Which automatic action comes next for an incident, if any. One at a time on one service, so that each can be judged; a budget per
 * day; and a person's word wins: what a person has undone is not done again, and while a person's directive is in force nothing is.
 */
export function nextAutomatic(
  incident: Incident,
  context: MitigationContext,
  past: readonly PastAction[],
  policy: AutomaticPolicy,
  now: number,
): AutomaticDecision {
  const wait = (reason: string): AutomaticDecision => ({ do: 'wait', reason });
  if (policy.allowed.length === 0) return wait('the file allows no automatic action');
  if (incident.silencedBy !== undefined) return wait(`silenced by ${incident.silencedBy}`);
  const { service } = incident;
  const mine = past.filter((action) => action.service === service);
  const overruled = mine.find((action) => action.incident === incident.id && action.state === 'overruled');
  if (overruled !== undefined) return wait(`a person has undone ${overruled.action}: people are at it`);
  const byPerson = context.service.directives.find(({ owner }) => !owner.startsWith('evenkeel'));
  if (byPerson !== undefined)
    return wait(`${byPerson.owner} has given an order (${byPerson.order.kind}: ${byPerson.reason})`);

  const running = mine.find(({ state }) => state === 'running');
  const today = mine.filter(({ at, action }) => now - at < DAY_MS && SERVING_ACTIONS.includes(action));
  const here = today.filter((action) => action.incident === incident.id);

  for (const { kind, why } of SIGNATURES[incident.type].immediateActions) {
    if (!policy.allowed.includes(kind)) continue;
    if (mine.some((action) => action.incident === incident.id && action.action === kind)) continue;
    const unfit = unfitting(kind, incident);
    if (unfit !== undefined) continue;
    const plan = planMitigation(kind, incident.type, context);
    if (plan.kind === 'impossible' || plan.kind === 'task') continue;
    if (plan.kind === 'orders') {
      if (running !== undefined)
        return wait(`${running.action} is being judged since ${spell(now - running.at)}: one at a time`);
      if (today.length >= policy.perDay)
        return wait(`${today.length} automatic actions in the last day: the budget is spent`);
      if (here.length >= policy.perIncident)
        return wait(`${here.length} automatic actions did not end it: a person is needed`);
    }
    return { do: 'act', plan, reason: why };
  }
  return wait('none of the allowed actions fits, or all were tried');
}

/** Why an action would be beside the point, whatever the runbook lists; undefined when it is not. */
function unfitting(kind: ActionKind, incident: Incident): string | undefined {
  const has = (...kinds: readonly string[]): boolean =>
    incident.signals.some((signal) => kinds.includes(signal.kind));
  if (kind === 'roll_back_model') {
    const worse = has(
      'labels_disagree',
      'outcome_drop',
      'experiment_loses',
      'prediction_drift',
      'toward_served',
    );
    if (!has('change_model') && !worse) return 'nothing points at the version';
  }
  if (kind === 'pin_safer_rung' && has('entry_below'))
    return 'requests enter below already: the ladder has stepped down by itself';
  if (
    kind === 'start_retraining' &&
    incident.type === 'drift_detected' &&
    !has('estimate_low', 'labels_disagree', 'burn_quality')
  )
    return 'the drift costs nothing that is seen';
  return undefined;
}
