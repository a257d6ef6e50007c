import type { Random, ValueFault } from '@evenkeel/core';

type Fields = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a dotted path; undefined where there is none. */
function get(root: unknown, path: string): unknown {
  let value = root;
  for (const step of path.split('.')) {
    if (!isMap(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** A copy with another value at a path; what is not there stays away. */
function put(root: unknown, path: string, value: unknown): unknown {
  const [step = '', ...rest] = path.split('.');
  if (!isMap(root) || !Object.hasOwn(root, step)) return root;
  return { ...root, [step]: rest.length === 0 ? value : put(root[step], rest.join('.'), value) };
}

/** Values of other requests that a shuffle draws from. */
const KEPT = 64;

/** One fixed order for each length: the odd places first, from behind. */
function permuted(vector: readonly unknown[]): unknown[] {
  const odd = vector.filter((_, i) => i % 2 === 1).reverse();
  return [...odd, ...vector.filter((_, i) => i % 2 === 0)];
}

/** Breaks values as a fault says. */
export interface Spoiler {
  /** A spoilt copy; the very same object when the fault found nothing to spoil. */
  spoil(value: unknown): unknown;
}

export function spoiler(fault: ValueFault, random: Random): Spoiler {
  const seen: unknown[][] = [];
  const each = (value: unknown, change: (old: unknown) => unknown): unknown => {
    let out = value;
    for (const path of fault.fields) {
      const old = get(out, path);
      if (old === undefined) continue;
      const next = change(old);
      if (next !== old) out = put(out, path, next);
    }
    return out;
  };
  return {
    spoil(value) {
      switch (fault.how) {
        case 'null':
          return each(value, () => null);
        case 'scale':
          return each(value, (old) => (typeof old === 'number' ? old * fault.factor : old));
        case 'new_category':
          return each(value, () => fault.value);
        case 'permute':
          return each(value, (old) => (Array.isArray(old) ? permuted(old) : old));
        case 'swap': {
          const [a = '', b = ''] = fault.fields;
          const one = get(value, a);
          const other = get(value, b);
          if (one === undefined || other === undefined) return value;
          return put(put(value, a, other), b, one);
        }
        case 'shuffle': {
          const own = fault.fields.map((path) => get(value, path));
          const pick = seen[Math.floor(random() * seen.length)];
          if (seen.length < KEPT) seen.push(own);
          else seen[Math.floor(random() * KEPT)] = own;
          if (pick === undefined) return value;
          let out = value;
          fault.fields.forEach((path, i) => {
            if (pick[i] !== undefined) out = put(out, path, pick[i]);
          });
          return out;
        }
      }
    },
  };
}
