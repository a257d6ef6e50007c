import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { abstain, DATA } from '../read.ts';
import { type Pick, readWish } from './wish.ts';

/**
 * `popularity`: what most people take, without what this person has seen.
 * Data: `items`, a list of `{id, score}`; any order, the higher the score the sooner it is offered.
 * O(seen + limit) a request.
 */
export function popularity(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['items']);
  const ranked = DATA.list(fields.items, 'with.items', { min: 1 }).map((entry, i) => {
    const item = DATA.fields(entry, `with.items[${i}]`);
    return {
      id: DATA.identifier(item.id, `with.items[${i}].id`),
      score: DATA.number(item.score, `with.items[${i}].score`),
    };
  });
  ranked.sort((a, b) => b.score - a.score);
  const version = fingerprint(data);

  return (request) => {
    const wish = readWish(request);
    const items: Pick[] = [];
    for (const item of ranked) {
      if (items.length >= wish.limit) break;
      if (!wish.excluded.has(item.id)) items.push(item);
    }
    if (items.length === 0) throw abstain('popularity', 'everything it knows has been seen');
    return { kind: 'value', output: { items }, model: 'builtin:popularity', version };
  };
}
