import { nearestName } from '@evenkeel/core';
import { z } from 'zod';
import type { PathStep } from '../document.ts';

/** A key that an object carries and its schema does not know. */
export interface UnknownKey {
  readonly parent: readonly PathStep[];
  readonly key: string;
  /** The known key that it resembles and that is not there itself. */
  readonly near: string | undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Walks a value along its schema and collects the keys of loose objects that the schema does not name. */
export function unknownKeys(schema: unknown, value: unknown, at: readonly PathStep[] = []): UnknownKey[] {
  if (schema instanceof z.ZodOptional) return unknownKeys(schema.unwrap(), value, at);
  if (schema instanceof z.ZodUnion) {
    // The branch of which it has the most keys is the one that was meant.
    const objects = schema.options.filter((option) => option instanceof z.ZodObject);
    const known = (option: z.ZodObject): number =>
      isRecord(value) ? Object.keys(option.shape).filter((key) => Object.hasOwn(value, key)).length : 0;
    const meant = [...objects].sort((a, b) => known(b) - known(a))[0];
    return meant === undefined ? [] : unknownKeys(meant, value, at);
  }
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.flatMap((item, index) => unknownKeys(schema.element, item, [...at, index]));
  if (!(schema instanceof z.ZodObject) || !isRecord(value)) return [];
  const names = Object.keys(schema.shape);
  const absent = names.filter((name) => !Object.hasOwn(value, name));
  return Object.entries(value).flatMap(([key, inner]) =>
    names.includes(key)
      ? unknownKeys(schema.shape[key], inner, [...at, key])
      : [{ parent: at, key, near: nearestName(key, absent) }],
  );
}
