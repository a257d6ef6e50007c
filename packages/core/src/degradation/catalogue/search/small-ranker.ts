import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { abstain, DATA } from '../read.ts';
import { top } from '../top.ts';
import { bestRows, readBm25Options } from './bm25.ts';
import { readDocuments } from './documents.ts';
import { complete, type Result, readQuery } from './query.ts';
import { RANKING_FEATURES, type RankingWeights, rankingFeatures, recencyPlaces } from './ranking-features.ts';
import { bm25Scores, buildIndex } from './text-index.ts';

/** Starting weights: BM25 as it is, with a small say for how much of the query a document holds. */
const DEFAULT_WEIGHTS: RankingWeights = {
  bm25: 1,
  title_bm25: 0.2,
  body_bm25: 0,
  coverage: 0.3,
  title_coverage: 0.1,
  recency: 0,
  brevity: 0,
};

/**
 * `small_ranker`: a linear model over a handful of cheap features orders the best `depth` documents of BM25.
 * Data: `documents`, `k1`, `b`, `title_weight` as for `bm25`; `weights` (feature → number; those not named are 0; none
 * given: a mild default), `depth` (default 200, at most 5000), `explain` (true: each result tells its features, which
 * is also how training data for the weights is made).
 */
export function smallRanker(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', [
    'documents',
    'k1',
    'b',
    'title_weight',
    'weights',
    'depth',
    'explain',
  ]);
  const options = readBm25Options(fields);
  const depth = DATA.number(fields.depth, 'with.depth', {
    min: 1,
    max: 5000,
    integer: true,
    fallback: 200,
  });
  const explain = DATA.flag(fields.explain, 'with.explain', false);
  const given =
    fields.weights === undefined
      ? DEFAULT_WEIGHTS
      : DATA.fields(fields.weights, 'with.weights', RANKING_FEATURES);
  const weights = RANKING_FEATURES.map((name) =>
    DATA.number(given[name], `with.weights.${name}`, { fallback: 0 }),
  );
  const index = buildIndex(readDocuments(fields));
  const recency = recencyPlaces(index);
  const version = fingerprint(data);

  return (request) => {
    const query = readQuery(request);
    const first = bestRows(
      index,
      bm25Scores(index, query.text, options),
      query,
      Math.max(depth, query.limit),
    );
    const features = rankingFeatures(index, query.text, first, recency);
    const best = top(query.limit);
    for (const [row, values] of features) {
      let score = 0;
      RANKING_FEATURES.forEach((name, i) => {
        score += (weights[i] ?? 0) * values[name];
      });
      best.offer(row, score);
    }
    const results: (Result & { features?: RankingWeights })[] = [];
    for (const { index: row, score } of best.best()) {
      const document = index.documents[row];
      const values = features.get(row);
      if (document === undefined || values === undefined) continue;
      results.push(explain ? { id: document.id, score, features: values } : { id: document.id, score });
    }
    complete(results, query);
    if (results.length === 0) throw abstain('small_ranker', 'no document holds a word of input.query');
    const score = results[0]?.score;
    return {
      kind: 'value',
      output: { results },
      model: 'builtin:small_ranker',
      version,
      ...(score !== undefined && { score }),
    };
  };
}
