import { DATA, type Fields } from '../read.ts';
import { type Path, parsePath, valueAt } from './fields.ts';

export const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'not_in', 'exists', 'missing'] as const;
export type Operator = (typeof OPERATORS)[number];

/** A test of one field of the input. */
export type Condition = (input: Fields) => boolean;

type Plain = string | number | boolean;

function readPlain(value: unknown, where: string): Plain {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' ? value : DATA.fail(where, 'text, a number, or true or false', value);
}

function compare(op: 'gt' | 'gte' | 'lt' | 'lte', path: Path, bound: number): Condition {
  return (input) => {
    const value = valueAt(input, path);
    if (typeof value !== 'number' || Number.isNaN(value)) return false;
    if (op === 'gt') return value > bound;
    if (op === 'gte') return value >= bound;
    return op === 'lt' ? value < bound : value <= bound;
  };
}

/**
 * Reads `{field, op, value}`. A field that is absent, or of another kind than the value, fulfils only `missing`, `ne`
 * and `not_in`: nothing is converted, "5" is not 5.
 */
export function readCondition(fields: Fields, where: string): Condition {
  const path = parsePath(DATA.text(fields.field, `${where}.field`, { min: 1, max: 200 }));
  const op = DATA.choice(fields.op, `${where}.op`, OPERATORS);
  const value = fields.value;
  switch (op) {
    case 'exists':
      return (input) => (valueAt(input, path) ?? null) !== null;
    case 'missing':
      return (input) => (valueAt(input, path) ?? null) === null;
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return compare(op, path, DATA.number(value, `${where}.value`));
    case 'in':
    case 'not_in': {
      const wanted = op === 'in';
      const values = new Set<unknown>(
        DATA.list(value, `${where}.value`, { min: 1 }).map((entry, i) =>
          readPlain(entry, `${where}.value[${i}]`),
        ),
      );
      return (input) => values.has(valueAt(input, path)) === wanted;
    }
    case 'eq':
    case 'ne': {
      const wanted = op === 'eq';
      const plain = readPlain(value, `${where}.value`);
      return (input) => (valueAt(input, path) === plain) === wanted;
    }
  }
}
