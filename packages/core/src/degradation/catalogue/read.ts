import { EvenkeelError } from '../../kernel/errors.ts';
import { nearestName } from '../../kernel/nearest.ts';

/** Bounds for a number; `fallback` is used when there is no value at all. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  readonly fallback?: number;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Narrow readers: each gives back the value as its type or throws, saying where, what was expected and what came. */
export interface Reader {
  /** An object. With `known`, a field of another name is an error that tells the nearest known one. */
  fields(value: unknown, where: string, known?: readonly string[]): Fields;
  list(value: unknown, where: string, bounds?: { min?: number; max?: number }): readonly unknown[];
  text(value: unknown, where: string, bounds?: { min?: number; max?: number; fallback?: string }): string;
  number(value: unknown, where: string, bounds?: NumberBounds): number;
  flag(value: unknown, where: string, fallback: boolean): boolean;
  /** A name or a number that stands for a thing; given back as text. */
  identifier(value: unknown, where: string): string;
  identifiers(value: unknown, where: string, max: number): string[];
  choice<T extends string>(value: unknown, where: string, known: readonly T[], fallback?: T): T;
  fail(where: string, expected: string, got: unknown): never;
}

/** A short account of a value for an error message: its kind, and itself where that is short and harmless. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string')
    return value.length <= 40 ? JSON.stringify(value) : `a text of ${value.length} characters`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own field; never one that every object inherits (`constructor`, `__proto__`). */
export function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function range(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

/** @param code `bad_request` for what a caller sent, `config_invalid` for what the operator's file holds */
export function reader(code: 'bad_request' | 'config_invalid'): Reader {
  const fail = (where: string, expected: string, got: unknown): never => {
    throw new EvenkeelError(code, `${where}: expected ${expected}, got ${kindOf(got)}`);
  };
  const identifier = (value: unknown, where: string): string => {
    if (typeof value === 'string' && value !== '' && value.length <= 512) return value;
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    return fail(where, 'an id (text of 1 to 512 characters, or a number)', value);
  };
  const list = (
    value: unknown,
    where: string,
    bounds: { min?: number; max?: number } = {},
  ): readonly unknown[] => {
    const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
    if (Array.isArray(value) && value.length >= min && value.length <= max) return value;
    return fail(
      where,
      `a list${range(bounds.min, bounds.max)}${(bounds.min ?? bounds.max) ? ' entries' : ''}`,
      value,
    );
  };
  return {
    fail,
    identifier,
    list,
    fields(value, where, known) {
      if (!isFields(value)) return fail(where, 'an object', value);
      if (known !== undefined) {
        for (const name of Object.keys(value)) {
          if (known.includes(name)) continue;
          const near = nearestName(name, known);
          throw new EvenkeelError(
            code,
            `${where}: unknown field ${kindOf(name)}, expected one of ${known.join(', ')}${near === undefined ? '' : `; perhaps ${near}`}`,
          );
        }
      }
      return value;
    },
    text(value, where, bounds = {}) {
      if (value === undefined && bounds.fallback !== undefined) return bounds.fallback;
      const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
      if (typeof value === 'string' && value.length >= min && value.length <= max) return value;
      return fail(
        where,
        `text${range(bounds.min, bounds.max)}${(bounds.min ?? bounds.max) ? ' characters' : ''}`,
        value,
      );
    },
    number(value, where, bounds = {}) {
      if (value === undefined && bounds.fallback !== undefined) return bounds.fallback;
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = false } = bounds;
      const fits = typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max;
      if (fits && (!integer || Number.isInteger(value))) return value;
      return fail(where, `a${integer ? ' whole' : ''} number${range(bounds.min, bounds.max)}`, value);
    },
    flag(value, where, fallback) {
      if (value === undefined) return fallback;
      return typeof value === 'boolean' ? value : fail(where, 'true or false', value);
    },
    identifiers(value, where, max) {
      if (value === undefined) return [];
      return list(value, where, { max }).map((entry, i) => identifier(entry, `${where}[${i}]`));
    },
    choice(value, where, known, fallback) {
      if (value === undefined && fallback !== undefined) return fallback;
      for (const option of known) if (option === value) return option;
      return fail(where, `one of ${known.join(', ')}`, value);
    },
  };
}

/** Reads what a caller sent. */
export const REQUEST: Reader = reader('bad_request');
/** Reads what the operator gave as a rung's data. */
export const DATA: Reader = reader('config_invalid');

/**
 * The rung has no answer for this request, though nothing is wrong with it: a user without history, a card that the
 * batch run has not seen. The ladder steps down to the next rung.
 */
export function abstain(rung: string, why: string): EvenkeelError {
  return new EvenkeelError('no_answer', `${rung} has no answer: ${why}`);
}
