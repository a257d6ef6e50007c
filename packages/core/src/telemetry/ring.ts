/** The last N things, found by key: bounded, oldest out first. Adding costs O(1) and next to nothing; finding searches. */
export interface Ring<T> {
  push(key: string, value: T): void;
  /** The newest of that key. */
  get(key: string): T | undefined;
  /** Newest first, at most `limit`. */
  latest(limit: number): T[];
  size(): number;
}

/**
 * No index by key: it would be paid for by every request, and is asked for by a person now and then.
 * @param capacity how many are kept (at least 1)
 */
export function ring<T>(capacity: number): Ring<T> {
  const most = Math.max(1, Math.floor(capacity));
  const slots: { readonly key: string; readonly value: T }[] = [];
  let next = 0;

  /** The i-th newest, from 0. */
  const newest = (i: number): { readonly key: string; readonly value: T } | undefined =>
    slots[(next - 1 - i + 2 * slots.length) % slots.length];

  return {
    push(key, value) {
      if (slots.length < most) slots.push({ key, value });
      else slots[next] = { key, value };
      next = next + 1 === most ? 0 : next + 1;
    },
    get(key) {
      for (let i = 0; i < slots.length; i++) {
        const slot = newest(i);
        if (slot?.key === key) return slot.value;
      }
      return undefined;
    },
    latest(limit) {
      const found: T[] = [];
      for (let i = 0; i < slots.length && found.length < limit; i++) {
        const slot = newest(i);
        if (slot !== undefined) found.push(slot.value);
      }
      return found;
    },
    size: () => slots.length,
  };
}
