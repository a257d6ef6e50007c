import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { abstain, DATA } from '../read.ts';
import { type Pick, readWish, take, type Wish } from './wish.ts';

/** How many of the categories that the recent items suggest take part. */
const FOREMOST = 3;

function readLists(value: unknown): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  for (const [name, ids] of Object.entries(DATA.fields(value, 'with.categories'))) {
    const where = `with.categories.${name}`;
    lists.set(
      name,
      DATA.list(ids, where, { min: 1 }).map((id, i) => DATA.identifier(id, `${where}[${i}]`)),
    );
  }
  if (lists.size === 0) DATA.fail('with.categories', 'at least one category', value);
  return lists;
}

/**
 * `category_defaults`: a short list for each category. The categories are those the request names, else those of the
 * recent items (most frequent first), else none; what is still missing comes from `default`.
 * Items of several categories alternate: one of each, then the second of each.
 * Data: `categories` (name → ids, best first), `default` (ids), and either each category's own list or `category_of`
 * (item id → category) tells where recent items belong. Seen items are left out.
 */
export function categoryDefaults(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['categories', 'default', 'category_of']);
  const lists = readLists(fields.categories);
  const rest = DATA.list(fields.default ?? [], 'with.default').map((id, i) =>
    DATA.identifier(id, `with.default[${i}]`),
  );
  const categoryOf = new Map<string, string>();
  for (const [category, ids] of lists)
    for (const id of ids) if (!categoryOf.has(id)) categoryOf.set(id, category);
  for (const [id, category] of Object.entries(DATA.fields(fields.category_of ?? {}, 'with.category_of'))) {
    const name = DATA.identifier(category, `with.category_of.${id}`);
    if (!lists.has(name))
      DATA.fail(`with.category_of.${id}`, 'the name of a category in with.categories', category);
    categoryOf.set(id, name);
  }
  const version = fingerprint(data);

  function categoriesFor(wish: Wish): string[] {
    const named = wish.categories.filter((name) => lists.has(name));
    if (named.length > 0) return named;
    const counts = new Map<string, number>();
    for (const id of wish.recent) {
      const category = categoryOf.get(id);
      if (category !== undefined) counts.set(category, (counts.get(category) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  }

  return (request) => {
    const wish = readWish(request);
    const picks = new Map<string, Pick>();
    const chosen = categoriesFor(wish).slice(0, wish.categories.length > 0 ? undefined : FOREMOST);
    const queues = chosen.map((name) => lists.get(name) ?? []);
    const longest = Math.max(0, ...queues.map((queue) => queue.length));
    for (let i = 0; i < longest && picks.size < wish.limit; i++) {
      for (const queue of queues) take(queue.slice(i, i + 1), wish, picks);
    }
    take(rest, wish, picks);
    if (picks.size === 0)
      throw abstain('category_defaults', 'no category fits and everything in with.default has been seen');
    return {
      kind: 'value',
      output: { items: [...picks.values()], categories: chosen },
      model: 'builtin:category_defaults',
      version,
    };
  };
}
