import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lruMap } from './lru-map.ts';

/** The same by definition: a list with the most recently used first. */
function model(capacity: number): {
  get(k: string): number | undefined;
  set(k: string, v: number): void;
  delete(k: string): void;
  entries: [string, number][];
} {
  let entries: [string, number][] = [];
  return {
    get entries() {
      return entries;
    },
    get(k) {
      const found = entries.find(([key]) => key === k);
      if (found === undefined) return undefined;
      entries = [found, ...entries.filter((e) => e !== found)];
      return found[1];
    },
    set(k, v) {
      entries = [[k, v] as [string, number], ...entries.filter(([key]) => key !== k)].slice(0, capacity);
    },
    delete(k) {
      entries = entries.filter(([key]) => key !== k);
    },
  };
}

describe('lruMap', () => {
  it('forgets what has not been used for longest', () => {
    const map = lruMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect(map.get('b')).toBeUndefined();
    expect(map.get('a')).toBe(1);
    expect(map.evicted).toBe(1);
  });

  it('does what a list does', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step = fc.oneof(
      fc.record({ op: fc.constant('get' as const), key }),
      fc.record({ op: fc.constant('set' as const), key, value: fc.nat(99) }),
      fc.record({ op: fc.constant('delete' as const), key }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const map = lruMap<number>(capacity);
        const list = model(capacity);
        for (const s of steps) {
          if (s.op === 'get') expect(map.get(s.key)).toBe(list.get(s.key));
          else if (s.op === 'delete') {
            map.delete(s.key);
            list.delete(s.key);
          } else {
            map.set(s.key, s.value);
            list.set(s.key, s.value);
          }
          expect(map.size).toBe(list.entries.length);
          expect([...map.values()].sort()).toEqual(list.entries.map(([, v]) => v).sort());
        }
      }),
    );
  });
});
