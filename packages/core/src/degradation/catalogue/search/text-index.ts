import { countTokens, tokenise } from '../tokens.ts';
import type { Document } from './documents.ts';

/** How BM25 weighs. */
export interface Bm25Options {
  /** Saturation of a term's frequency, 0 to 10 (default 1.2). */
  readonly k1: number;
  /** How much long documents are held back, 0 to 1 (default 0.75). */
  readonly b: number;
  /** A word in the title counts as this many in the body, 0 to 100 (default 2). */
  readonly titleWeight: number;
}

/** Where one term occurs: parallel lists. */
interface Postings {
  readonly rows: number[];
  readonly inTitle: number[];
  readonly inBody: number[];
}

/** An inverted index over titles and bodies, built once and never changed. */
export interface TextIndex {
  readonly documents: readonly Document[];
  readonly rows: ReadonlyMap<string, number>;
  readonly postings: ReadonlyMap<string, Postings>;
  readonly titleLengths: Float64Array;
  readonly bodyLengths: Float64Array;
  readonly meanTitle: number;
  readonly meanBody: number;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

export function buildIndex(documents: readonly Document[]): TextIndex {
  const postings = new Map<string, Postings>();
  const rows = new Map<string, number>();
  const titleLengths = new Float64Array(documents.length);
  const bodyLengths = new Float64Array(documents.length);
  documents.forEach((document, row) => {
    rows.set(document.id, row);
    const title = tokenise(document.title);
    const body = tokenise(document.body);
    titleLengths[row] = title.length;
    bodyLengths[row] = body.length;
    const inTitle = countTokens(title);
    const inBody = countTokens(body);
    for (const term of new Set([...inTitle.keys(), ...inBody.keys()])) {
      let list = postings.get(term);
      if (list === undefined) {
        list = { rows: [], inTitle: [], inBody: [] };
        postings.set(term, list);
      }
      list.rows.push(row);
      list.inTitle.push(inTitle.get(term) ?? 0);
      list.inBody.push(inBody.get(term) ?? 0);
    }
  });
  return {
    documents,
    rows,
    postings,
    titleLengths,
    bodyLengths,
    meanTitle: mean(titleLengths),
    meanBody: mean(bodyLengths),
  };
}

/** Robertson–Spärck Jones weight in the form that is never negative. */
export function idf(documents: number, withTerm: number): number {
  return Math.log(1 + (documents - withTerm + 0.5) / (withTerm + 0.5));
}

/**
 * Frequency of a term, saturated and set against the length of its field. Where a field is empty everywhere (mean 0)
 * no term occurs in it, so nothing is divided by 0.
 */
export function saturate(
  frequency: number,
  length: number,
  meanLength: number,
  k1: number,
  b: number,
): number {
  if (frequency === 0) return 0;
  return (frequency * (k1 + 1)) / (frequency + k1 * (1 - b + (b * length) / meanLength));
}

/**
 * BM25 (Robertson and Zaragoza, 2009) over title and body as one weighted field (the simple form of BM25F).
 * Only documents that hold a term of the query are met: cost is the length of the terms' lists.
 * @returns row → score
 */
export function bm25Scores(index: TextIndex, text: string, options: Bm25Options): Map<number, number> {
  const { k1, b, titleWeight } = options;
  const meanLength = index.meanBody + titleWeight * index.meanTitle;
  const scores = new Map<number, number>();
  for (const [term, asked] of countTokens(tokenise(text, 10_000))) {
    const list = index.postings.get(term);
    if (list === undefined) continue;
    const weight = asked * idf(index.documents.length, list.rows.length);
    list.rows.forEach((row, i) => {
      const frequency = (list.inBody[i] ?? 0) + titleWeight * (list.inTitle[i] ?? 0);
      const length = (index.bodyLengths[row] ?? 0) + titleWeight * (index.titleLengths[row] ?? 0);
      scores.set(row, (scores.get(row) ?? 0) + weight * saturate(frequency, length, meanLength, k1, b));
    });
  }
  return scores;
}
