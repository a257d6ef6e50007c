import type { CatalogueHandler, CataloguePrediction } from './contract.ts';
import { fingerprint } from './fingerprint.ts';
import { DATA } from './read.ts';

/**
 * `static`: one answer for everybody, the same object every time. Cannot fail once it is made.
 * Data: `output` (any JSON value, required), `label`, `confidence` in [0, 1], `score`.
 */
export function staticOutput(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['output', 'label', 'confidence', 'score']);
  if (fields.output === undefined) DATA.fail('with.output', 'the answer to give, any JSON value', undefined);
  const prediction: CataloguePrediction = {
    kind: 'value',
    output: fields.output,
    model: 'builtin:static',
    version: fingerprint(data),
    ...(fields.label !== undefined && { label: DATA.text(fields.label, 'with.label', { min: 1 }) }),
    ...(fields.confidence !== undefined && {
      confidence: DATA.number(fields.confidence, 'with.confidence', { min: 0, max: 1 }),
    }),
    ...(fields.score !== undefined && { score: DATA.number(fields.score, 'with.score') }),
  };
  return () => prediction;
}
