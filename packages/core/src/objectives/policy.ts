/** When a policy takes effect. */
export type PolicyTrigger =
  /** Less than this share of the budget is left. */
  | { readonly kind: 'remaining_below'; readonly objective: string; readonly below: number }
  /** This alert of the objective fires; see `AlertStanding.pair`. */
  | { readonly kind: 'firing'; readonly objective: string; readonly pair: string };

/** What a policy does. `pin`, `tighten` and `strictness` are orders to the serving path, the others to control. */
export type PolicyAction =
  | { readonly kind: 'page' }
  /** No model of the service is promoted. */
  | { readonly kind: 'freeze_promotion' }
  | { readonly kind: 'forbid_experiments' }
  | { readonly kind: 'pin'; readonly rung: string }
  /** Share of every gate's capacity, in (0, 1). */
  | { readonly kind: 'tighten'; readonly factor: number }
  | { readonly kind: 'strictness'; readonly level: 'relaxed' | 'normal' | 'strict' };

/** When it is over. The two thresholds are apart from the trigger's, and have to hold for a while: hysteresis. */
export interface PolicyRelease {
  /** At least this share is left; undefined: whatever is left. */
  readonly remainingAbove: number | undefined;
  /** The budget burns slower than this over the shortest window of its alerts; undefined: however fast. */
  readonly burnBelow: number | undefined;
  /** For this long, milliseconds. Doubled each time that the policy is needed again soon after. */
  readonly forMs: number;
  /** The doubling goes no further. */
  readonly mostForMs: number;
}

/** At a threshold do X. */
export interface BudgetPolicy {
  /** Unique within the service. */
  readonly name: string;
  readonly service: string;
  readonly trigger: PolicyTrigger;
  readonly actions: readonly PolicyAction[];
  readonly release: PolicyRelease;
  /** Leases of its directives, milliseconds; renewed while they are wanted. */
  readonly leaseMs: number;
}

/** Plain data: kept between looks and across restarts. */
export interface PolicyState {
  readonly engaged: boolean;
  /** When it engaged, or was released; wall milliseconds. 0: never. */
  readonly since: number;
  /** Since when the release holds; undefined while it does not. */
  readonly recoveredSince: number | undefined;
  /** How long the release has to hold this time. */
  readonly holdMs: number;
  readonly reason: string;
}

export const IDLE_POLICY: PolicyState = {
  engaged: false,
  since: 0,
  recoveredSince: undefined,
  holdMs: 0,
  reason: '',
};

/** What a policy looks at: figures of its objective. */
export interface PolicyInput {
  readonly now: number;
  /** Share left; undefined without data. */
  readonly remaining: number | undefined;
  /** Names of the alerts that fire. */
  readonly firing: readonly string[];
  /** Burn rate over the shortest window of the alerts; undefined without events. */
  readonly shortBurn: number | undefined;
}

/** What a policy wants to be in force; each has an id of its own that stays the same from look to look. */
export interface PolicyWant {
  readonly id: string;
  readonly service: string;
  readonly action: PolicyAction;
  readonly owner: string;
  readonly reason: string;
  readonly leaseMs: number;
}

export interface PolicyStep {
  readonly state: PolicyState;
  /** To be put in force or renewed. What was wanted before and is not here is to be lifted. */
  readonly wanted: readonly PolicyWant[];
  readonly event:
    | { readonly kind: 'engaged' | 'released'; readonly at: number; readonly reason: string }
    | undefined;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function engages(policy: BudgetPolicy, input: PolicyInput): string | undefined {
  const { trigger } = policy;
  if (trigger.kind === 'firing')
    return input.firing.includes(trigger.pair) ? `${trigger.pair} of ${trigger.objective} fires` : undefined;
  if (input.remaining === undefined || input.remaining >= trigger.below) return undefined;
  return `${percent(input.remaining)} of the budget of ${trigger.objective} is left, less than ${percent(trigger.below)}`;
}

/** Whether the release holds now. Without data nothing has recovered. */
function recovered(policy: BudgetPolicy, input: PolicyInput): boolean {
  const { remainingAbove, burnBelow } = policy.release;
  if (engages(policy, input) !== undefined) return false;
  if (remainingAbove !== undefined && !(input.remaining !== undefined && input.remaining >= remainingAbove))
    return false;
  return burnBelow === undefined || (input.shortBurn !== undefined && input.shortBurn < burnBelow);
}

/** A policy that is needed again within this many of its holds after a release was released too early. */
const SOON = 4;

/** One look at a policy. Pure: the same state and input give the same step. */
export function stepPolicy(policy: BudgetPolicy, state: PolicyState, input: PolicyInput): PolicyStep {
  const { now } = input;
  const { forMs, mostForMs } = policy.release;
  const wants = (reason: string): readonly PolicyWant[] =>
    policy.actions.map((action, i) => ({
      id: `policy:${policy.service}:${policy.name}:${i}`,
      service: policy.service,
      action,
      owner: `policy:${policy.name}`,
      reason,
      leaseMs: policy.leaseMs,
    }));
  if (!state.engaged) {
    const reason = engages(policy, input);
    if (reason === undefined) return { state, wanted: [], event: undefined };
    const soon = state.since > 0 && now - state.since < SOON * state.holdMs;
    const holdMs = soon ? Math.min(2 * state.holdMs, mostForMs) : forMs;
    return {
      state: { engaged: true, since: now, recoveredSince: undefined, holdMs, reason },
      wanted: wants(reason),
      event: { kind: 'engaged', at: now, reason },
    };
  }
  if (!recovered(policy, input)) {
    const kept = state.recoveredSince === undefined ? state : { ...state, recoveredSince: undefined };
    return { state: kept, wanted: wants(state.reason), event: undefined };
  }
  const recoveredSince = state.recoveredSince ?? now;
  if (now - recoveredSince < state.holdMs)
    return { state: { ...state, recoveredSince }, wanted: wants(state.reason), event: undefined };
  const reason = `recovered for ${Math.round(state.holdMs / 1_000)} s: ${describe(input)}`;
  return {
    state: { engaged: false, since: now, recoveredSince: undefined, holdMs: state.holdMs, reason },
    wanted: [],
    event: { kind: 'released', at: now, reason },
  };
}

function describe({ remaining, shortBurn }: PolicyInput): string {
  const left = remaining === undefined ? 'nothing known of the budget' : `${percent(remaining)} left`;
  return shortBurn === undefined ? left : `${left}, burning at ${shortBurn.toFixed(2)}`;
}
