import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA } from '../read.ts';
import { readWish } from './wish.ts';

/**
 * `editorial_picks`: the same list for everybody, in the order an editor gave it, seen or not: it always has an answer.
 * Data: `items`, a list of ids.
 */
export function editorialPicks(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['items']);
  const items = DATA.list(fields.items, 'with.items', { min: 1 }).map((id, i) => ({
    id: DATA.identifier(id, `with.items[${i}]`),
  }));
  const version = fingerprint(data);
  return (request) => ({
    kind: 'value',
    output: { items: items.slice(0, readWish(request).limit) },
    model: 'builtin:editorial_picks',
    version,
  });
}
