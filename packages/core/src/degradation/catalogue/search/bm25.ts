import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { abstain, DATA, type Fields } from '../read.ts';
import { top } from '../top.ts';
import { readDocuments } from './documents.ts';
import { complete, type Query, type Result, readQuery } from './query.ts';
import { type Bm25Options, bm25Scores, buildIndex, type TextIndex } from './text-index.ts';

/** Reads `k1`, `b` and `title_weight`. */
export function readBm25Options(fields: Fields): Bm25Options {
  return {
    k1: DATA.number(fields.k1, 'with.k1', { min: 0, max: 10, fallback: 1.2 }),
    b: DATA.number(fields.b, 'with.b', { min: 0, max: 1, fallback: 0.75 }),
    titleWeight: DATA.number(fields.title_weight, 'with.title_weight', { min: 0, max: 100, fallback: 2 }),
  };
}

/** The best of `scores`, candidates only where there are any. */
export function bestRows(
  index: TextIndex,
  scores: ReadonlyMap<number, number>,
  query: Query,
  limit: number,
): readonly { readonly index: number; readonly score: number }[] {
  const best = top(limit);
  if (query.candidates === undefined) {
    for (const [row, score] of scores) best.offer(row, score);
  } else {
    for (const id of new Set(query.candidates)) {
      const row = index.rows.get(id);
      const score = row === undefined ? undefined : scores.get(row);
      if (row !== undefined && score !== undefined) best.offer(row, score);
    }
  }
  return best.best();
}

/**
 * `bm25`: text matching without any model, over an inverted index that is built once from the data.
 * Data: `documents` (list of `{id, title, body, time}`), `k1`, `b`, `title_weight`.
 * Has no answer when no document holds a word of the query (and no candidates were given).
 */
export function bm25(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['documents', 'k1', 'b', 'title_weight']);
  const options = readBm25Options(fields);
  const index = buildIndex(readDocuments(fields));
  const version = fingerprint(data);
  return (request) => {
    const query = readQuery(request);
    const results: Result[] = [];
    for (const { index: row, score } of bestRows(
      index,
      bm25Scores(index, query.text, options),
      query,
      query.limit,
    )) {
      const document = index.documents[row];
      if (document !== undefined) results.push({ id: document.id, score });
    }
    complete(results, query);
    if (results.length === 0) throw abstain('bm25', 'no document holds a word of input.query');
    const score = results[0]?.score;
    return {
      kind: 'value',
      output: { results },
      model: 'builtin:bm25',
      version,
      ...(score !== undefined && { score }),
    };
  };
}
