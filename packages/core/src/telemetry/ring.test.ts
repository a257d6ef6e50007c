import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ring } from './ring.ts';

describe('a ring', () => {
  it('keeps the last N, finds the newest of a key, and lists newest first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom('a', 'b', 'c', 'd')),
        (capacity, keys) => {
          const kept = ring<number>(capacity);
          const all: [string, number][] = [];
          keys.forEach((key, i) => {
            kept.push(key, i);
            all.push([key, i]);
          });
          const last = all.slice(-capacity).reverse();
          expect(kept.size()).toBe(last.length);
          expect(kept.latest(100)).toEqual(last.map(([, value]) => value));
          expect(kept.latest(2)).toEqual(last.slice(0, 2).map(([, value]) => value));
          for (const key of ['a', 'b', 'c', 'd', 'e']) {
            expect(kept.get(key)).toBe(last.find(([known]) => known === key)?.[1]);
          }
        },
      ),
    );
  });
});
