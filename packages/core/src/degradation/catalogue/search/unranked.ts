import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA } from '../read.ts';
import { readQuery } from './query.ts';

/**
 * `unranked`: the request's candidates as they came, else the data's documents as they are stored. Always has an answer
 * when there is data.
 * Data: `documents`, a list of ids or of objects with an `id`; may be left out where every request brings candidates.
 */
export function unranked(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data ?? {}, 'with', ['documents']);
  const stored = DATA.list(fields.documents ?? [], 'with.documents').map((entry, i) => {
    const where = `with.documents[${i}]`;
    return typeof entry === 'object' && entry !== null
      ? DATA.identifier(DATA.fields(entry, where).id, `${where}.id`)
      : DATA.identifier(entry, where);
  });
  const version = fingerprint(stored);
  return (request) => {
    const query = readQuery(request);
    const ids = query.candidates ?? stored;
    return {
      kind: 'value',
      output: { results: ids.slice(0, query.limit).map((id) => ({ id })) },
      model: 'builtin:unranked',
      version,
    };
  };
}
