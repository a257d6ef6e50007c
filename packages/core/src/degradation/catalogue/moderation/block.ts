import type { CatalogueHandler, CataloguePrediction } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA } from '../read.ts';

/**
 * `block`: fail closed. Where nothing can judge content, all of it is uncertain, and none of it passes.
 * Data: `label` (default `block`), `message`.
 */
export function block(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data ?? {}, 'with', ['label', 'message']);
  const label = DATA.text(fields.label, 'with.label', { min: 1, fallback: 'block' });
  const message = DATA.text(fields.message, 'with.message', {
    min: 1,
    fallback: 'This cannot be checked at the moment and is not let through.',
  });
  const prediction: CataloguePrediction = {
    kind: 'value',
    output: { label, message },
    model: 'builtin:block',
    version: fingerprint({ label, message }),
    label,
  };
  return () => prediction;
}
