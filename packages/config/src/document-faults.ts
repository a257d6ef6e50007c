import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import type { PathStep } from './path-step.ts';

/** Deeper than any service file; what recurses over it stays far from the end of the stack. */
const MAX_DEPTH = 64;

/** What YAML allows and a service file does not, at a place of the text. */
export interface Fault {
  readonly at: readonly PathStep[];
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
  /** Nothing can be read past this fault. */
  readonly fatal: boolean;
}

/** Walks a parsed document for duplicate keys, keys that are no names, and nesting without end. */
export function documentFaults(root: Node | null, lineOf: (offset: number) => number): Fault[] {
  const faults: Fault[] = [];
  const walk = (node: unknown, at: readonly PathStep[]): void => {
    if (!isMap(node) && !isSeq(node)) return;
    const offset = node.range?.[0] ?? 0;
    if (at.length > MAX_DEPTH) {
      faults.push({ at: [], offset, message: `nested deeper than ${MAX_DEPTH} levels`, fatal: true });
      return;
    }
    if (isSeq(node)) {
      for (const [i, item] of node.items.entries()) walk(item, [...at, i]);
      return;
    }
    const seen = new Map<string, number>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        const where = isNode(key) ? (key.range?.[0] ?? offset) : offset;
        faults.push({ at, offset: where, message: 'a key is a plain name here', fatal: true });
        continue;
      }
      const name = String(key.value);
      const where = key.range?.[0] ?? offset;
      const first = seen.get(name);
      if (first !== undefined) {
        faults.push({
          at: [...at, name],
          offset: where,
          message: `the key "${name}" is there twice`,
          hint: `the first is on line ${lineOf(first)}; keep one`,
          fatal: false,
        });
      } else seen.set(name, where);
      // Schema libraries skip this key without a word, so it would be neither used nor reported.
      if (name === '__proto__')
        faults.push({ at: [...at, name], offset: where, message: '"__proto__" is not a name', fatal: false });
      walk(value, [...at, name]);
    }
  };
  walk(root, []);
  return faults;
}
