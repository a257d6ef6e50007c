import { DATA, type Fields } from '../read.ts';

/** One document of an index. */
export interface Document {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  /** Any number that grows with recency (milliseconds since 1970, a year); undefined when unknown. */
  readonly time: number | undefined;
}

function readTime(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return DATA.number(value, where);
  // biome-ignore lint/style/noRestrictedGlobals: reads a text, not the clock
  const parsed = Date.parse(DATA.text(value, where));
  return Number.isNaN(parsed)
    ? DATA.fail(where, 'a number or a date such as 2026-11-23T10:00:00Z', value)
    : parsed;
}

/** Reads `documents`: a list of `{id, title, body, time}`, of which title or body must be there. */
export function readDocuments(fields: Fields): readonly Document[] {
  const known = new Set<string>();
  return DATA.list(fields.documents, 'with.documents', { min: 1 }).map((entry, i) => {
    const where = `with.documents[${i}]`;
    const document = DATA.fields(entry, where);
    const id = DATA.identifier(document.id, `${where}.id`);
    if (known.has(id)) DATA.fail(`${where}.id`, 'an id that no other document has', id);
    known.add(id);
    if (document.title === undefined && document.body === undefined) {
      DATA.fail(where, 'a title or a body', document);
    }
    return {
      id,
      title: DATA.text(document.title, `${where}.title`, { fallback: '' }),
      body: DATA.text(document.body, `${where}.body`, { fallback: '' }),
      time: readTime(document.time, `${where}.time`),
    };
  });
}
