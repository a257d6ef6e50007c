import { hash32 } from '../../kernel/hash.ts';

/**
 * A version made from data: equal data give equal versions whatever the order of an object's fields; 64 bits, as 16
 * hex digits. For telling versions apart, not a defence against someone who wants two data sets to look alike.
 */
export function fingerprint(data: unknown): string {
  let a = 0;
  let b = 0x9e3779b9;
  const add = (text: string): void => {
    a = hash32(text, a);
    b = hash32(text, b);
  };
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) {
      add(`[${value.length}`);
      for (const entry of value) walk(entry);
    } else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1));
      add(`{${entries.length}`);
      for (const [name, entry] of entries) {
        add(name);
        walk(entry);
      }
    } else {
      // The kind keeps 1 and "1", null and "null" apart.
      add(`${typeof value}:${String(value)}`);
    }
  };
  walk(data);
  return a.toString(16).padStart(8, '0') + b.toString(16).padStart(8, '0');
}
