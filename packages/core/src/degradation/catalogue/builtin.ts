import { apology } from './chat/apology.ts';
import { templates } from './chat/templates.ts';
import type { RungFactory } from './contract.ts';
import { batchScores } from './fraud/batch-scores.ts';
import { manualReview } from './fraud/manual-review.ts';
import { rules } from './fraud/rules.ts';
import { velocityLimits } from './fraud/velocity-limits.ts';
import { block } from './moderation/block.ts';
import { holdForReview } from './moderation/hold-for-review.ts';
import { keywords } from './moderation/keywords.ts';
import { cachedEmbeddings } from './recommendation/cached-embeddings.ts';
import { categoryDefaults } from './recommendation/category-defaults.ts';
import { editorialPicks } from './recommendation/editorial-picks.ts';
import { popularity } from './recommendation/popularity.ts';
import { bm25 } from './search/bm25.ts';
import { recency } from './search/recency.ts';
import { smallRanker } from './search/small-ranker.ts';
import { unranked } from './search/unranked.ts';
import { staticOutput } from './static-output.ts';

/** Names of rungs that answer without any model. `reduced_context` is not among them: it asks one, with less. */
export const BUILTIN_NAMES = [
  'cached_embeddings',
  'popularity',
  'category_defaults',
  'editorial_picks',
  'small_ranker',
  'bm25',
  'recency',
  'unranked',
  'keywords',
  'hold_for_review',
  'block',
  'templates',
  'apology',
  'batch_scores',
  'rules',
  'velocity_limits',
  'manual_review',
  'static',
] as const;

export type BuiltinName = (typeof BUILTIN_NAMES)[number];

/** A rung that needs no model, and what a host must know to give it its data. */
export interface Builtin {
  readonly create: RungFactory;
  /**
   * The field of the data that is a table: where a file of rows (NDJSON, CSV) stands for the whole of the data, its
   * rows become this field. Undefined: the data are small and written out.
   */
  readonly table: string | undefined;
  /** Answers about everybody alike: needs no breaker, for nothing in it can fail. */
  readonly constant: boolean;
}

const rung = (create: RungFactory, table?: string, constant = false): Builtin => ({
  create,
  table,
  constant,
});

export const BUILTINS: Readonly<Record<BuiltinName, Builtin>> = {
  cached_embeddings: rung(cachedEmbeddings, 'items'),
  popularity: rung(popularity, 'items'),
  category_defaults: rung(categoryDefaults),
  editorial_picks: rung(editorialPicks, 'items', true),
  small_ranker: rung(smallRanker, 'documents'),
  bm25: rung(bm25, 'documents'),
  recency: rung(recency, 'documents'),
  unranked: rung(unranked, 'documents', true),
  keywords: rung(keywords, 'patterns'),
  hold_for_review: rung(holdForReview),
  block: rung(block, undefined, true),
  templates: rung(templates, 'intents'),
  apology: rung(apology, undefined, true),
  batch_scores: rung(batchScores, 'scores'),
  rules: rung(rules, 'rules'),
  velocity_limits: rung(velocityLimits, 'limits'),
  manual_review: rung(manualReview),
  static: rung(staticOutput, undefined, true),
};

export function isBuiltinName(name: string): name is BuiltinName {
  return Object.hasOwn(BUILTINS, name);
}
