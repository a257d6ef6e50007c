import type { CatalogueHandler, CatalogueRequest } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA, isFields, own, REQUEST } from '../read.ts';
import { compilePatterns } from './patterns.ts';

function readText(request: CatalogueRequest, names: readonly string[], maxChars: number): string {
  const input = request.input;
  if (typeof input === 'string') return input.slice(0, maxChars);
  const parts: string[] = [];
  if (isFields(input)) {
    for (const name of names) {
      const value = own(input, name);
      if (value !== undefined && value !== null) parts.push(REQUEST.text(value, `input.${name}`));
    }
  }
  if (parts.length === 0) REQUEST.fail('input', `text, or an object with ${names.join(' or ')}`, input);
  return parts.join('\n').slice(0, maxChars);
}

/**
 * `keywords`: words, phrases and shapes with weights; the sum decides between two labels.
 * Data: `patterns` (list of `{match, weight, repeat}`; see {@link compilePatterns} for what may be matched; a pattern
 * counts once, or up to `repeat` times; weights may be negative), `threshold` (default 1: from this sum on the text has
 * `label`), `label` (default `flagged`), `otherwise` (default `ok`), `bias` (added to every sum, default 0), `slope`
 * (default 1), `fields` (of the input, default `[text]`), `max_chars` (only so much is read, default 20 000).
 * `confidence` is logistic in the distance from the threshold: 1 / (1 + e^(−slope·|sum − threshold|)), a probability if
 * the weights are log-odds. `output.matched` names the patterns that were found.
 */
export function keywords(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', [
    'patterns',
    'threshold',
    'label',
    'otherwise',
    'bias',
    'slope',
    'fields',
    'max_chars',
  ]);
  const patterns = DATA.list(fields.patterns, 'with.patterns', { min: 1, max: 50_000 }).map((entry, i) => {
    const where = `with.patterns[${i}]`;
    const pattern = DATA.fields(entry, where, ['match', 'weight', 'repeat']);
    return {
      match: DATA.text(pattern.match, `${where}.match`, { min: 1, max: 500 }),
      weight: DATA.number(pattern.weight, `${where}.weight`, { fallback: 1 }),
      repeat: DATA.number(pattern.repeat, `${where}.repeat`, {
        min: 1,
        max: 1000,
        integer: true,
        fallback: 1,
      }),
    };
  });
  const threshold = DATA.number(fields.threshold, 'with.threshold', { fallback: 1 });
  const label = DATA.text(fields.label, 'with.label', { min: 1, fallback: 'flagged' });
  const otherwise = DATA.text(fields.otherwise, 'with.otherwise', { min: 1, fallback: 'ok' });
  const bias = DATA.number(fields.bias, 'with.bias', { fallback: 0 });
  const slope = DATA.number(fields.slope, 'with.slope', { min: 0.001, max: 1000, fallback: 1 });
  const names = DATA.identifiers(fields.fields ?? ['text'], 'with.fields', 20);
  const maxChars = DATA.number(fields.max_chars, 'with.max_chars', {
    min: 1,
    max: 1_000_000,
    integer: true,
    fallback: 20_000,
  });
  const matcher = compilePatterns(
    patterns.map((pattern) => pattern.match),
    'with.patterns',
  );
  const version = fingerprint(data);

  return (request) => {
    let sum = bias;
    const matched: string[] = [];
    for (const [at, times] of matcher.count(readText(request, names, maxChars))) {
      const pattern = patterns[at];
      if (pattern === undefined) continue;
      sum += pattern.weight * Math.min(times, pattern.repeat);
      matched.push(pattern.match);
    }
    const said = sum >= threshold ? label : otherwise;
    const confidence = 1 / (1 + Math.exp(-slope * Math.abs(sum - threshold)));
    return {
      kind: 'value',
      output: { label: said, score: sum, confidence, matched },
      model: 'builtin:keywords',
      version,
      label: said,
      score: sum,
      confidence,
    };
  };
}
