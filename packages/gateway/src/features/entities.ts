import { EvenkeelError } from '@evenkeel/core';
import type { EntityValues } from './entity-key.ts';
import type { EntityValue } from './source.ts';

/** What the request's input says about its entities. */
export interface EntityReading {
  /** Undefined when one of them has no usable value. */
  readonly entities: EntityValues | undefined;
  /** `ok`, or which one is unusable and why. */
  readonly reason: string;
}

/** Takes entity values out of a request's input. */
export type EntityReader = (input: unknown) => EntityReading;

/** Longest string taken as the name of an entity: longer ones are somebody filling our cache. */
export const MAX_ENTITY_LENGTH = 256;

/**
 * Where an entity's value is found. A store with typed keys (Feast) refuses the whole call for one value of the wrong
 * type, and callers choose the values: `type` refuses theirs before it costs the others. Default: either type.
 */
export interface EntityPath {
  readonly path: string;
  readonly type?: 'string' | 'integer' | 'number';
}

interface Path {
  readonly name: string;
  readonly text: string;
  readonly type: EntityPath['type'];
  readonly segments: readonly string[];
}

function compile(name: string, spec: string | EntityPath): Path {
  const { path: text, type }: EntityPath = typeof spec === 'string' ? { path: spec } : spec;
  const [root, ...segments] = text.split('.');
  if (root !== 'input' || segments.length === 0 || segments.includes('')) {
    throw new EvenkeelError(
      'config_invalid',
      `features.entities.${name}: "${text}" is not a path into the input; expected something like input.${name}`,
    );
  }
  return { name, text, type, segments };
}

function walk(input: unknown, segments: readonly string[]): unknown {
  let at = input;
  for (const segment of segments) {
    // Own properties only: "constructor" is in no request.
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return undefined;
    at = Reflect.get(at, segment);
  }
  return at;
}

function objection(value: unknown, type: EntityPath['type']): string | undefined {
  if (value === undefined || value === null || value === '') return 'is absent';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'is not a finite number';
    if (type === 'string') return 'is not a string';
    return type === 'integer' && !Number.isSafeInteger(value) ? 'is not an integer' : undefined;
  }
  if (typeof value !== 'string') return 'is neither a string nor a number';
  if (type === 'integer' || type === 'number')
    return `is not ${type === 'integer' ? 'an integer' : 'a number'}`;
  return value.length <= MAX_ENTITY_LENGTH ? undefined : `is longer than ${MAX_ENTITY_LENGTH} characters`;
}

function isEntityValue(value: unknown, type: EntityPath['type']): value is EntityValue {
  return objection(value, type) === undefined;
}

/**
 * Compiles paths such as `input.sender` or `input.user.id` once, for use on every request.
 * @param paths path by entity name; segments are separated by dots, array positions are written as numbers
 * @throws EvenkeelError `config_invalid` for a path that does not begin with `input.`, or for no path at all
 */
export function createEntityReader(paths: Readonly<Record<string, string | EntityPath>>): EntityReader {
  const compiled = Object.entries(paths).map(([name, spec]) => compile(name, spec));
  if (compiled.length === 0) {
    throw new EvenkeelError('config_invalid', 'features.entities: at least one entity is needed');
  }
  return (input) => {
    const entities: Record<string, EntityValue> = {};
    for (const path of compiled) {
      const value = walk(input, path.segments);
      if (!isEntityValue(value, path.type)) {
        return {
          entities: undefined,
          reason: `${path.text} ${objection(value, path.type) ?? 'is unusable'}`,
        };
      }
      entities[path.name] = value;
    }
    return { entities, reason: 'ok' };
  };
}
