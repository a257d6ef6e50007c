import { describe, expect, it } from 'vitest';
import type { KnownFeatures } from './known-features.ts';
import { createLastKnown } from './last-known.ts';

function known(at: number, more: Partial<KnownFeatures> = {}): KnownFeatures {
  return { values: { seen: at }, missing: [], bornAt: at, arrivedAt: at, outdated: [], ...more };
}

describe('createLastKnown', () => {
  it('makes room by forgetting what was used least recently, reads of fresh values included', () => {
    const cache = createLastKnown({ entries: 2, freshForMs: 100 });
    cache.put('a', known(1));
    cache.put('b', known(2));
    expect(cache.fresh('a', 50)?.set?.values).toEqual({ seen: 1 });
    cache.put('c', known(3));
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')?.bornAt).toBe(1);
    expect([cache.size, cache.evicted, cache.oldestBornAt()]).toEqual([2, 1, 1]);
  });

  it('calls nothing fresh when told to fetch always, nor what the source calls outdated', () => {
    const never = createLastKnown({ entries: 2, freshForMs: 0 });
    never.put('a', known(5));
    expect(never.fresh('a', 5)).toBeUndefined();
    const cache = createLastKnown({ entries: 2, freshForMs: 100 });
    cache.put('a', known(5, { outdated: ['seen'] }));
    expect(cache.get('a')).toBeDefined();
    expect(cache.fresh('a', 5)).toBeUndefined();
  });

  it('does not hand out the reading of a value that has been replaced', () => {
    const cache = createLastKnown({ entries: 2, freshForMs: 100 });
    cache.put('a', known(1));
    cache.fresh('a', 2);
    cache.put('a', known(2));
    expect(cache.fresh('a', 3)?.set?.values).toEqual({ seen: 2 });
  });

  it('has nothing oldest when it is empty', () => {
    expect(createLastKnown({ entries: 2, freshForMs: 0 }).oldestBornAt()).toBeUndefined();
  });
});
