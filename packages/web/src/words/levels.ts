import type { ServedLevel } from '../api/wire.ts';

/** Best first; the place in this list is how deep a service has sunk. */
export const DEPTHS: readonly ServedLevel[] = [
  'full_service',
  'cached_features',
  'simpler_model',
  'rule_based',
  'static_fallback',
  'failed',
];

export const LEVEL_WORDS: Readonly<Record<ServedLevel, string>> = {
  full_service: 'full service',
  cached_features: 'cached features',
  simpler_model: 'simpler model',
  rule_based: 'rules',
  static_fallback: 'static fallback',
  failed: 'failed',
};

export function depth(level: ServedLevel): number {
  return DEPTHS.indexOf(level);
}

/** A word of the API as people write it: `model_degradation` is "model degradation". */
export function plain(word: string): string {
  return word.replaceAll('_', ' ');
}
