import type { CatalogueRequest } from '../contract.ts';
import { REQUEST } from '../read.ts';

/** A search, read from the input `{query, candidates, limit}`. */
export interface Query {
  readonly text: string;
  /** Ids to put into order; undefined: every document there is. */
  readonly candidates: readonly string[] | undefined;
  /** How many results, 1 to 1000 (default 10). */
  readonly limit: number;
}

/** One place of a ranking. */
export interface Result {
  readonly id: string;
  readonly score?: number;
}

export function readQuery(request: CatalogueRequest): Query {
  const input = REQUEST.fields(request.input, 'input');
  return {
    text: REQUEST.text(input.query, 'input.query', { max: 10_000 }),
    candidates:
      input.candidates === undefined
        ? undefined
        : REQUEST.identifiers(input.candidates, 'input.candidates', 10_000),
    limit: REQUEST.number(input.limit, 'input.limit', { min: 1, max: 1000, integer: true, fallback: 10 }),
  };
}

/**
 * A search over given candidates loses none of them while there is room: those the ranking says nothing about follow in
 * the order they came.
 */
export function complete(results: Result[], query: Query): Result[] {
  if (query.candidates === undefined || results.length >= query.limit) return results.slice(0, query.limit);
  const placed = new Set(results.map((result) => result.id));
  for (const id of query.candidates) {
    if (results.length >= query.limit) break;
    if (placed.has(id)) continue;
    placed.add(id);
    results.push({ id });
  }
  return results;
}
