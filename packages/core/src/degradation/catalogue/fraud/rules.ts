import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { DATA, REQUEST } from '../read.ts';
import { type Condition, readCondition } from './condition.ts';

/** How the scores of the rules that apply make one score. */
const COMBINE = ['noisy_or', 'max', 'sum'] as const;

interface Rule {
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly score: number;
}

/**
 * `rules`: each rule tests fields of the input and gives a score; together they decide between two labels.
 * Data: `rules` (list of `{name, field, op, value, score}`, or of `{name, all: [{field, op, value}, …], score}` where
 * all tests must hold; see {@link readCondition} for the operators), `combine`, `threshold` (default 0.5), `base` (score when no
 * rule applies, default 0), `label` (default `fraud`), `otherwise` (default `legitimate`).
 * - `noisy_or` (default): scores are probabilities of independent causes, 1 − Π(1 − score);
 * - `max`: the highest probability;
 * - `sum`: points, which may be negative; no confidence is told, for points are no probability.
 *
 * `output.rules` names the rules that applied, heaviest first.
 */
export function rules(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['rules', 'combine', 'threshold', 'base', 'label', 'otherwise']);
  const combine = DATA.choice(fields.combine, 'with.combine', COMBINE, 'noisy_or');
  const bounds = combine === 'sum' ? {} : { min: 0, max: 1 };
  const threshold = DATA.number(fields.threshold, 'with.threshold', { ...bounds, fallback: 0.5 });
  const base = DATA.number(fields.base, 'with.base', { ...bounds, fallback: 0 });
  const label = DATA.text(fields.label, 'with.label', { min: 1, fallback: 'fraud' });
  const otherwise = DATA.text(fields.otherwise, 'with.otherwise', { min: 1, fallback: 'legitimate' });
  const list: readonly Rule[] = DATA.list(fields.rules, 'with.rules', { min: 1, max: 10_000 }).map(
    (entry, i) => {
      const where = `with.rules[${i}]`;
      const rule = DATA.fields(entry, where, ['name', 'field', 'op', 'value', 'all', 'score']);
      const conditions =
        rule.all === undefined
          ? [readCondition(rule, where)]
          : DATA.list(rule.all, `${where}.all`, { min: 1, max: 50 }).map((part, j) =>
              readCondition(
                DATA.fields(part, `${where}.all[${j}]`, ['field', 'op', 'value']),
                `${where}.all[${j}]`,
              ),
            );
      return {
        name: DATA.text(rule.name, `${where}.name`, { min: 1, fallback: `rule ${i + 1}` }),
        conditions,
        score: DATA.number(rule.score, `${where}.score`, bounds),
      };
    },
  );
  const version = fingerprint(data);

  function total(applied: readonly Rule[]): number {
    if (combine === 'sum') return applied.reduce((sum, rule) => sum + rule.score, base);
    if (combine === 'max') return applied.reduce((most, rule) => Math.max(most, rule.score), base);
    return 1 - applied.reduce((none, rule) => none * (1 - rule.score), 1 - base);
  }

  return (request) => {
    const input = REQUEST.fields(request.input, 'input');
    const applied = list
      .filter((rule) => rule.conditions.every((holds) => holds(input)))
      .sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
    const score = total(applied);
    const said = score >= threshold ? label : otherwise;
    const confidence = combine === 'sum' ? {} : { confidence: score >= threshold ? score : 1 - score };
    return {
      kind: 'value',
      output: { label: said, score, ...confidence, rules: applied.map((rule) => rule.name) },
      model: 'builtin:rules',
      version,
      label: said,
      score,
      ...confidence,
    };
  };
}
