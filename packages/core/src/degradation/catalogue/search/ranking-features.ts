import { countTokens, tokenise } from '../tokens.ts';
import { idf, saturate, type TextIndex } from './text-index.ts';

/** What the small ranker looks at, in the order of its weights. */
export const RANKING_FEATURES = [
  'bm25',
  'title_bm25',
  'body_bm25',
  'coverage',
  'title_coverage',
  'recency',
  'brevity',
] as const;

export type RankingFeature = (typeof RANKING_FEATURES)[number];
export type RankingWeights = Readonly<Record<RankingFeature, number>>;

const K1 = 1.2;
const B = 0.75;

/** Place of each document between the oldest (0) and the newest (1); 0 where its time is not known. */
export function recencyPlaces(index: TextIndex): Float64Array {
  const times = [...new Set(index.documents.flatMap((document) => document.time ?? []))].sort(
    (a, b) => a - b,
  );
  const place = new Map(times.map((time, i) => [time, times.length < 2 ? 0 : i / (times.length - 1)]));
  return Float64Array.from(index.documents, (document) =>
    document.time === undefined ? 0 : (place.get(document.time) ?? 0),
  );
}

/**
 * The features of some documents for one query. BM25 is divided by the query's best possible weight, so that long and
 * short queries can share one set of weights; coverage is the share of the query's weight (idf) that a document holds.
 * @param first scores of a first pass (BM25 over title and body together) of the documents to describe
 */
export function rankingFeatures(
  index: TextIndex,
  text: string,
  first: readonly { readonly index: number; readonly score: number }[],
  recency: Float64Array,
): ReadonlyMap<number, RankingWeights> {
  interface Sums {
    titleBm25: number;
    bodyBm25: number;
    coverage: number;
    titleCoverage: number;
  }
  const sums = new Map<number, Sums>();
  for (const { index: row } of first)
    sums.set(row, { titleBm25: 0, bodyBm25: 0, coverage: 0, titleCoverage: 0 });
  let whole = 0;
  for (const [term, asked] of countTokens(tokenise(text, 10_000))) {
    const list = index.postings.get(term);
    const weight = asked * idf(index.documents.length, list?.rows.length ?? 0);
    whole += weight;
    list?.rows.forEach((row, i) => {
      const sum = sums.get(row);
      if (sum === undefined) return;
      const inTitle = list.inTitle[i] ?? 0;
      sum.titleBm25 += weight * saturate(inTitle, index.titleLengths[row] ?? 0, index.meanTitle, K1, B);
      sum.bodyBm25 +=
        weight * saturate(list.inBody[i] ?? 0, index.bodyLengths[row] ?? 0, index.meanBody, K1, B);
      sum.coverage += weight;
      if (inTitle > 0) sum.titleCoverage += weight;
    });
  }
  const features = new Map<number, RankingWeights>();
  for (const { index: row, score } of first) {
    const sum = sums.get(row);
    if (sum === undefined) continue;
    const per = whole === 0 ? 0 : 1 / whole;
    features.set(row, {
      bm25: score * per,
      title_bm25: sum.titleBm25 * per,
      body_bm25: sum.bodyBm25 * per,
      coverage: sum.coverage * per,
      title_coverage: sum.titleCoverage * per,
      recency: recency[row] ?? 0,
      brevity: 1 / (1 + (index.bodyLengths[row] ?? 0) / (index.meanBody || 1)),
    });
  }
  return features;
}
