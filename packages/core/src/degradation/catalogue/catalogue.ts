import type { DegradationLevel } from '../../kernel/level.ts';
import type { BuiltinName } from './builtin.ts';

/** The system types that have a ready ladder. */
export const SYSTEM_TYPES = [
  'recommendation',
  'search_ranking',
  'content_moderation',
  'llm_chat',
  'fraud_detection',
] as const;

export type SystemType = (typeof SYSTEM_TYPES)[number];

/** Where a rung's answer comes from. */
export type RungSource =
  /** A model of the service's own. */
  | { readonly kind: 'model' }
  /** A model, asked after the request was changed. */
  | { readonly kind: 'model_with'; readonly transform: 'reduced_context' }
  /** A rung of {@link BUILTINS}. */
  | { readonly kind: 'builtin'; readonly use: BuiltinName };

/** One rung of a ready ladder. */
export interface CatalogueRung {
  readonly name: string;
  readonly level: DegradationLevel;
  /** What an answer from here costs in quality, unless the service's file says it better; `none` for full service. */
  readonly quality: string;
  readonly source: RungSource;
}

/** A ready ladder: the primary and four fallbacks, best first. */
export interface CatalogueLadder {
  readonly type: SystemType;
  readonly rungs: readonly [CatalogueRung, CatalogueRung, CatalogueRung, CatalogueRung, CatalogueRung];
}

const model = (name: string, level: DegradationLevel, quality: string): CatalogueRung => ({
  name,
  level,
  quality,
  source: { kind: 'model' },
});

const primary: CatalogueRung = model('primary', 'full_service', 'none');

const builtin = (use: BuiltinName, level: DegradationLevel, quality: string): CatalogueRung => ({
  name: use,
  level,
  quality,
  source: { kind: 'builtin', use },
});

/** The ready ladders by system type (SPEC part 7). */
export const CATALOGUE: Readonly<Record<SystemType, CatalogueLadder>> = {
  recommendation: {
    type: 'recommendation',
    rungs: [
      primary,
      builtin(
        'cached_embeddings',
        'cached_features',
        'personal, from vectors of the last run: new items and the newest tastes are missing',
      ),
      builtin(
        'popularity',
        'simpler_model',
        'not personal: what most people take, without what this person has seen',
      ),
      builtin('category_defaults', 'rule_based', 'fixed lists for the categories of interest'),
      builtin('editorial_picks', 'static_fallback', 'the same list for everybody'),
    ],
  },
  search_ranking: {
    type: 'search_ranking',
    rungs: [
      primary,
      builtin('small_ranker', 'simpler_model', 'ranked by a few cheap features, not by meaning or person'),
      builtin('bm25', 'rule_based', 'ranked by the words of the query alone'),
      builtin('recency', 'rule_based', 'newest first, hardly by relevance'),
      builtin('unranked', 'static_fallback', 'in no order of relevance'),
    ],
  },
  content_moderation: {
    type: 'content_moderation',
    rungs: [
      primary,
      model('simple', 'simpler_model', 'a smaller classifier: more mistakes on unusual content'),
      builtin('keywords', 'rule_based', 'known words and phrases only: what avoids them passes'),
      builtin('hold_for_review', 'static_fallback', 'nothing is decided: a person looks later'),
      builtin('block', 'static_fallback', 'nothing passes, good content included'),
    ],
  },
  llm_chat: {
    type: 'llm_chat',
    rungs: [
      primary,
      {
        name: 'reduced_context',
        level: 'simpler_model',
        quality: 'the model sees only the last part of the conversation',
        source: { kind: 'model_with', transform: 'reduced_context' },
      },
      model('small', 'simpler_model', 'a smaller model: weaker at long or hard questions'),
      builtin('templates', 'rule_based', 'a ready reply to what the person most probably wants'),
      builtin('apology', 'static_fallback', 'no answer, and a request to try again'),
    ],
  },
  fraud_detection: {
    type: 'fraud_detection',
    rungs: [
      primary,
      builtin(
        'batch_scores',
        'cached_features',
        'the score of the last batch run: blind to what happened since',
      ),
      builtin('rules', 'rule_based', 'known signs only'),
      builtin('velocity_limits', 'rule_based', 'bursts only: the first transactions of a burst pass'),
      builtin('manual_review', 'static_fallback', 'nothing is decided: a person looks later'),
    ],
  },
};
