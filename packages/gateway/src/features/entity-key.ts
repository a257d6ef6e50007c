import type { EntityKey, EntityValue } from './source.ts';

/** Values of entities by name, as the request gives them. */
export type EntityValues = Readonly<Record<string, EntityValue>>;

/** Makes keys out of the values of a fixed list of entity names. */
export interface EntityKeyer {
  /** The key alone, or undefined when a name has no value. A lone string entity is its own key: nothing is allocated. */
  key(entities: EntityValues): string | undefined;
  /** The key with the values a source needs. */
  entity(key: string, entities: EntityValues): EntityKey;
  /** The first name without a value. */
  missing(entities: EntityValues): string | undefined;
}

/** Keeps the number 7 and the string "7" apart, which a typed feature store does too. */
function part(value: EntityValue): string {
  if (typeof value === 'number') return `\u0000n${value}`;
  return value.startsWith('\u0000') ? `\u0000s${value}` : value;
}

/** @param names entity names, at least one; their order decides the key */
export function createEntityKeyer(names: readonly string[]): EntityKeyer {
  const [only] = names;
  const single = names.length === 1 ? only : undefined;

  function missing(entities: EntityValues): string | undefined {
    return names.find((name) => entities[name] === undefined);
  }

  return {
    missing,
    key(entities) {
      if (single !== undefined) {
        const value = entities[single];
        return value === undefined ? undefined : part(value);
      }
      let key = '';
      for (const name of names) {
        const value = entities[name];
        if (value === undefined) return undefined;
        const text = part(value);
        // The length in front keeps ("a:b", "c") and ("a", "b:c") apart whatever the values contain.
        key += `${text.length}:${text}`;
      }
      return key;
    },
    entity(key, entities) {
      const values: Record<string, EntityValue> = {};
      for (const name of names) {
        const value = entities[name];
        if (value !== undefined) values[name] = value;
      }
      return { key, values };
    },
  };
}
