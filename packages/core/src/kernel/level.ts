/** The five levels of degradation, best first (SPEC part 5). */
export const LEVELS = [
  'full_service',
  'cached_features',
  'simpler_model',
  'rule_based',
  'static_fallback',
] as const;

/** How far a served answer is degraded. */
export type DegradationLevel = (typeof LEVELS)[number];

/** A level, or `failed`: no rung answered. */
export type ServedLevel = DegradationLevel | 'failed';

/** Request classes: 0 critical, 1 high, 2 normal, 3 low (SPEC part 13). */
export const PRIORITIES = [0, 1, 2, 3] as const;
export type Priority = (typeof PRIORITIES)[number];
