import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { abstain, DATA, REQUEST } from '../read.ts';
import { keyAt, parsePath } from './fields.ts';

/**
 * `batch_scores`: what the last batch run said about this card, account or transaction.
 * Data: `key` (path into the input, default `key`), `scores` (list of `{key, score}`, or an object key → score; scores
 * are probabilities in [0, 1]), `threshold` (default 0.5), `label` (default `fraud`), `otherwise` (default
 * `legitimate`), `as_of` (when the batch ran, any text; told in the answer), `unknown` (score of a key that the batch
 * did not meet; without it there is no answer for one and the ladder steps down).
 */
export function batchScores(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', [
    'key',
    'scores',
    'threshold',
    'label',
    'otherwise',
    'as_of',
    'unknown',
  ]);
  const probability = { min: 0, max: 1 };
  const name = DATA.text(fields.key, 'with.key', { min: 1, fallback: 'key' });
  const path = parsePath(name);
  const threshold = DATA.number(fields.threshold, 'with.threshold', { ...probability, fallback: 0.5 });
  const label = DATA.text(fields.label, 'with.label', { min: 1, fallback: 'fraud' });
  const otherwise = DATA.text(fields.otherwise, 'with.otherwise', { min: 1, fallback: 'legitimate' });
  const asOf = fields.as_of === undefined ? undefined : DATA.identifier(fields.as_of, 'with.as_of');
  const unknown =
    fields.unknown === undefined ? undefined : DATA.number(fields.unknown, 'with.unknown', probability);
  const scores = new Map<string, number>();
  if (Array.isArray(fields.scores)) {
    DATA.list(fields.scores, 'with.scores', { min: 1 }).forEach((entry, i) => {
      const where = `with.scores[${i}]`;
      const row = DATA.fields(entry, where);
      scores.set(
        DATA.identifier(row.key, `${where}.key`),
        DATA.number(row.score, `${where}.score`, probability),
      );
    });
  } else {
    for (const [key, score] of Object.entries(DATA.fields(fields.scores, 'with.scores'))) {
      scores.set(key, DATA.number(score, `with.scores.${key}`, probability));
    }
  }
  const version = fingerprint(data);

  return (request) => {
    const input = REQUEST.fields(request.input, 'input');
    const key = keyAt(input, path) ?? REQUEST.fail(`input.${name}`, 'an id (text or a number)', undefined);
    const score = scores.get(key) ?? unknown;
    if (score === undefined)
      throw abstain('batch_scores', `the batch run has no score for this input.${name}`);
    const said = score >= threshold ? label : otherwise;
    const confidence = score >= threshold ? score : 1 - score;
    return {
      kind: 'value',
      output: {
        label: said,
        score,
        confidence,
        known: scores.has(key),
        ...(asOf !== undefined && { as_of: asOf }),
      },
      model: 'builtin:batch_scores',
      version,
      label: said,
      score,
      confidence,
    };
  };
}
