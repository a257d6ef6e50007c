import type { CatalogueHandler, CatalogueHost } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA } from '../read.ts';
import { completion } from './completion.ts';
import { readChat } from './messages.ts';

const APOLOGY = 'I am having trouble answering right now. Please try again in a moment.';

/** `apology`: says that there is no answer, in the shape of one. Data: `text`. */
export function apology(data: unknown, host: CatalogueHost): CatalogueHandler {
  const fields = DATA.fields(data ?? {}, 'with', ['text']);
  const text = DATA.text(fields.text, 'with.text', { min: 1, fallback: APOLOGY });
  const from = { model: 'builtin:apology', version: fingerprint({ text }) };
  return (request) => completion(request, readChat(request.input), host.clock, from, { text });
}
