import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA } from '../read.ts';
import { tokenise } from '../tokens.ts';
import { readDocuments } from './documents.ts';
import { complete, type Result, readQuery } from './query.ts';

/**
 * `recency`: newest first. With titles in the data, documents whose title holds at least `match` of the query's words
 * (or the most that any title holds) come before the others, so that the newest are the newest of what was asked for.
 * Documents without a time come last.
 * Data: `documents`, `match` (share in [0, 1], default 0.5; 0: newest of everything), `common` (words in more than this
 * share of the titles do not count, default 0.1).
 */
export function recency(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['documents', 'match', 'common']);
  const match = DATA.number(fields.match, 'with.match', { min: 0, max: 1, fallback: 0.5 });
  const common = DATA.number(fields.common, 'with.common', { min: 0, max: 1, fallback: 0.1 });
  const newestFirst = readDocuments(fields).toSorted(
    (a, b) => (b.time ?? Number.NEGATIVE_INFINITY) - (a.time ?? Number.NEGATIVE_INFINITY) || 0,
  );
  const places = new Map(newestFirst.map((document, place) => [document.id, place]));
  const titles = new Map<string, number[]>();
  newestFirst.forEach((document, place) => {
    for (const word of new Set(tokenise(document.title))) {
      const list = titles.get(word);
      if (list === undefined) titles.set(word, [place]);
      else list.push(place);
    }
  });
  const commonFrom = Math.max(1, common * newestFirst.length);
  const version = fingerprint(data);

  /** Places of the documents whose titles hold enough of the query, newest first. */
  function matching(text: string): number[] {
    const held = new Map<number, number>();
    let words = 0;
    for (const word of new Set(tokenise(text, 10_000))) {
      const list = titles.get(word) ?? [];
      if (list.length > commonFrom) continue;
      words += 1;
      for (const place of list) held.set(place, (held.get(place) ?? 0) + 1);
    }
    if (match === 0 || words === 0) return [];
    let most = 0;
    for (const count of held.values()) most = Math.max(most, count);
    // Where no title holds that much of the query, those that hold the most have to do.
    const least = Math.min(match * words, most);
    const enough: number[] = [];
    for (const [place, count] of held) if (count >= least) enough.push(place);
    return enough.sort((a, b) => a - b);
  }

  return (request) => {
    const query = readQuery(request);
    const allowed = query.candidates === undefined ? undefined : new Set(query.candidates);
    const results: Result[] = [];
    const placed = new Set<number>();
    const place = (at: number): void => {
      const document = newestFirst[at];
      if (document === undefined || placed.has(at) || results.length >= query.limit) return;
      if (allowed !== undefined && !allowed.has(document.id)) return;
      placed.add(at);
      results.push({ id: document.id });
    };
    for (const at of matching(query.text)) place(at);
    const rest =
      query.candidates === undefined
        ? newestFirst.keys()
        : query.candidates.flatMap((id) => places.get(id) ?? []).sort((a, b) => a - b);
    for (const at of rest) {
      if (results.length >= query.limit) break;
      place(at);
    }
    return {
      kind: 'value',
      output: { results: complete(results, query) },
      model: 'builtin:recency',
      version,
    };
  };
}
