/** What can be done at once. Those in {@link SERVING_ACTIONS} evenkeel does by directives; the rest are tasks with what they need. */
export const ACTION_KINDS = [
  'roll_back_model',
  'pin_cached_features',
  'pin_batch_features',
  'pin_safer_rung',
  'forbid_rung',
  'tighten_admission',
  'tighten_safety',
  'human_review',
  'block_pattern',
  'raise_sampling',
  'finer_monitoring',
  'start_retraining',
  'pause_retraining',
  'freeze_promotion',
  'verify_drift',
  'assess_impact',
  'restart_worker',
  'tell_team',
] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** Actions that change what callers get: verified, leased, counted against the budget of automatic actions. */
export const SERVING_ACTIONS: readonly ActionKind[] = [
  'roll_back_model',
  'pin_cached_features',
  'pin_batch_features',
  'pin_safer_rung',
  'forbid_rung',
  'tighten_admission',
  'tighten_safety',
  'human_review',
  'block_pattern',
];

/** An immediate action of a runbook. */
export interface RunbookAction {
  readonly kind: ActionKind;
  /** As a person would say it. */
  readonly text: string;
  /** Why it helps in this type of incident. */
  readonly why: string;
}
