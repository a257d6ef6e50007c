/** The last N things, found by key: bounded, O(1), oldest out first. */
export interface Ring<T> {
  push(key: string, value: T): void;
  get(key: string): T | undefined;
  /** Newest first, at most `limit`. */
  latest(limit: number): T[];
  size(): number;
}

/** @param capacity how many are kept (at least 1) */
export function ring<T>(capacity: number): Ring<T> {
  const slots: ({ key: string; value: T } | undefined)[] = new Array(Math.max(1, capacity));
  const byKey = new Map<string, T>();
  let next = 0;
  return {
    push(key, value) {
      const old = slots[next];
      if (old !== undefined && byKey.get(old.key) === old.value) byKey.delete(old.key);
      slots[next] = { key, value };
      byKey.set(key, value);
      next = (next + 1) % slots.length;
    },
    get: (key) => byKey.get(key),
    latest(limit) {
      const found: T[] = [];
      for (let i = 1; i <= slots.length && found.length < limit; i++) {
        const slot = slots[(next - i + slots.length) % slots.length];
        if (slot === undefined) break;
        found.push(slot.value);
      }
      return found;
    },
    size: () => byKey.size,
  };
}
