import type { CatalogueRequest } from '../contract.ts';
import { REQUEST } from '../read.ts';

/** A request for items, read from the input `{recent, seen, category, categories, limit}`; every field optional. */
export interface Wish {
  /** Ids of the items the person has dealt with, newest last; at most the newest 500 count. */
  readonly recent: readonly string[];
  /** What must not be offered: `recent` and `seen` together. */
  readonly excluded: ReadonlySet<string>;
  /** Categories asked for, in order. */
  readonly categories: readonly string[];
  /** How many items, 1 to 500 (default 10). */
  readonly limit: number;
}

const MOST_SEEN = 20_000;
const MOST_RECENT = 500;

export function readWish(request: CatalogueRequest): Wish {
  const input = REQUEST.fields(request.input, 'input');
  const recent = REQUEST.identifiers(input.recent, 'input.recent', MOST_SEEN);
  const seen = REQUEST.identifiers(input.seen, 'input.seen', MOST_SEEN);
  const categories = REQUEST.identifiers(input.categories, 'input.categories', 100);
  if (input.category !== undefined) categories.unshift(REQUEST.identifier(input.category, 'input.category'));
  const limit = REQUEST.number(input.limit, 'input.limit', {
    min: 1,
    max: 500,
    integer: true,
    fallback: 10,
  });
  const excluded = new Set(recent);
  for (const id of seen) excluded.add(id);
  return { recent: recent.slice(-MOST_RECENT), excluded, categories, limit };
}

/** One recommended item. */
export interface Pick {
  readonly id: string;
  readonly score?: number;
}

/** Takes from `ids` in order what is not excluded and not taken yet, until `picks` holds `limit`. */
export function take(ids: readonly string[], wish: Wish, picks: Map<string, Pick>): void {
  for (const id of ids) {
    if (picks.size >= wish.limit) return;
    if (!wish.excluded.has(id)) picks.set(id, { id });
  }
}
