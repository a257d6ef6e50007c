import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIORITIES, type Priority } from '../kernel/level.ts';
import { fairQueue, type QueueEntry } from './fair-queue.ts';
import { type HeapSlot, indexedHeap } from './indexed-heap.ts';

function drain<T>(queue: { shift(): QueueEntry<T> | undefined }): T[] {
  const out: T[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) out.push(next.item);
  return out;
}

describe('fairQueue', () => {
  it('serves classes in order, and within a tenant first come first served', () => {
    const queue = fairQueue<string>();
    queue.push('c1', 3, 'a', 1);
    queue.push('b1', 2, 'a', 1);
    queue.push('b2', 2, 'a', 1);
    queue.push('a1', 0, 'a', 1);
    expect(queue.peek()?.item).toBe('a1');
    expect(drain(queue)).toEqual(['a1', 'b1', 'b2', 'c1']);
    expect([queue.size(), queue.weight()]).toEqual([0, 0]);
  });

  it('alternates between tenants however many one of them has waiting', () => {
    const queue = fairQueue<string>();
    for (let i = 0; i < 6; i++) queue.push(`a${i}`, 2, 'a', 1);
    queue.push('b0', 2, 'b', 1);
    queue.push('b1', 2, 'b', 1);
    expect(drain(queue)).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'a3', 'a4', 'a5']);
  });

  it('counts weight, and shares', () => {
    const heavy = fairQueue<string>();
    for (let i = 0; i < 2; i++) heavy.push('big', 2, 'a', 3);
    for (let i = 0; i < 6; i++) heavy.push('small', 2, 'b', 1);
    expect(drain(heavy)).toEqual(['big', 'small', 'small', 'small', 'big', 'small', 'small', 'small']);
    const shared = fairQueue<string>((tenant) => (tenant === 'gold' ? 2 : 1));
    for (let i = 0; i < 6; i++) shared.push('gold', 2, 'gold', 1);
    for (let i = 0; i < 6; i++) shared.push('plain', 2, 'plain', 1);
    const first = drain(shared).slice(0, 9);
    expect(first.filter((name) => name === 'gold')).toHaveLength(6);
  });

  it('does not favour a tenant that comes back right after it was served', () => {
    const queue = fairQueue<string>();
    for (let i = 0; i < 10; i++) queue.push('a', 2, 'a', 1);
    queue.push('b', 2, 'b', 1);
    const served: string[] = [];
    for (let i = 0; i < 10; i++) {
      const next = queue.shift();
      if (next === undefined) break;
      served.push(next.item);
      if (next.item === 'b') queue.push('b', 2, 'b', 1);
    }
    expect(served.filter((name) => name === 'b')).toHaveLength(5);
  });

  it('charges nobody for a waiter who left, and takes each out once', () => {
    const queue = fairQueue<string>();
    const leaving = Array.from({ length: 5 }, () => queue.push('gone', 2, 'a', 10));
    queue.push('a', 2, 'a', 1);
    for (let i = 0; i < 3; i++) queue.push('b', 2, 'b', 1);
    for (const entry of leaving) expect(queue.remove(entry)).toBe(true);
    for (const entry of leaving) expect(queue.remove(entry)).toBe(false);
    expect(queue.weight()).toBe(4);
    expect(drain(queue).slice(0, 2)).toEqual(['a', 'b']);
    const stranger = fairQueue<string>().push('x', 2, 'a', 1);
    queue.push('y', 2, 'a', 1);
    expect(queue.remove(stranger)).toBe(false);
  });

  it('knows who has most waiting', () => {
    const queue = fairQueue<string>((tenant) => (tenant === 'gold' ? 4 : 1));
    queue.push('a1', 2, 'a', 1);
    queue.push('a2', 2, 'a', 1);
    for (let i = 0; i < 4; i++) queue.push(`gold${i}`, 2, 'gold', 1);
    expect(queue.heaviest(2)).toMatchObject({ load: 2, entry: { item: 'a2' } });
    expect([queue.loadOf(2, 'gold'), queue.loadOf(2, 'nobody'), queue.tenantsOf(2)]).toEqual([1, 0, 2]);
    expect([queue.lastClass(), queue.weightUpTo(1), queue.weightUpTo(2)]).toEqual([2, 0, 6]);
    expect(queue.heaviest(3)).toBeUndefined();
  });

  it('keeps order, counts and the fairness bound under any history', () => {
    const step = fc.record({
      kind: fc.constantFrom('push', 'push', 'shift', 'remove'),
      priority: fc.constantFrom<Priority>(...PRIORITIES),
      tenant: fc.constantFrom('a', 'b', 'c'),
      weight: fc.integer({ min: 1, max: 5 }),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = fairQueue<number>();
        let waiting: QueueEntry<number>[] = [];
        let n = 0;
        // Weight served to a and b since both have been waiting in class 2 without a break.
        let served = { a: 0, b: 0 };
        for (const s of steps) {
          if (s.kind === 'push') waiting.push(queue.push(n++, s.priority, s.tenant, s.weight));
          else if (s.kind === 'remove' && waiting.length > 0) {
            const victim = waiting[s.pick % waiting.length];
            if (victim === undefined) continue;
            expect(queue.remove(victim)).toBe(true);
            waiting = waiting.filter((entry) => entry !== victim);
          } else if (s.kind === 'shift') {
            const next = queue.shift();
            if (next === undefined) {
              expect(waiting).toHaveLength(0);
              continue;
            }
            expect(waiting).toContain(next);
            expect(next.priority).toBe(Math.min(...waiting.map((entry) => entry.priority)));
            const own = waiting.filter((e) => e.tenant === next.tenant && e.priority === next.priority);
            expect(next.item).toBe(Math.min(...own.map((entry) => entry.item)));
            waiting = waiting.filter((entry) => entry !== next);
            if (next.priority === 2 && (next.tenant === 'a' || next.tenant === 'b'))
              served[next.tenant] += next.weight;
          }
          const both = ['a', 'b'].every((t) => waiting.some((e) => e.tenant === t && e.priority === 2));
          if (!both) served = { a: 0, b: 0 };
          else expect(Math.abs(served.a - served.b)).toBeLessThanOrEqual(10);
          expect(queue.size()).toBe(waiting.length);
          expect(queue.weight()).toBe(waiting.reduce((sum, entry) => sum + entry.weight, 0));
        }
      }),
    );
  });

  it('forgets tenants that have gone', () => {
    const queue = fairQueue<number>();
    queue.push(-1, 3, 'stays', 1);
    for (let i = 0; i < 20_000; i++) {
      queue.push(i, 2, `tenant-${i}`, 1);
      queue.push(i, 2, 'regular', 1);
      queue.shift();
      queue.shift();
    }
    const started = performance.now();
    for (let i = 0; i < 2000; i++) {
      queue.push(i, 2, `late-${i}`, 1);
      queue.shift();
    }
    expect(performance.now() - started).toBeLessThan(500);
    expect(queue.size()).toBe(1);
  });
});

describe('indexedHeap', () => {
  it('agrees with sorting after any pushes, moves and removals', () => {
    interface Item {
      key: number;
      readonly slot: HeapSlot;
    }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('push', 'move', 'remove', 'pop'), fc.integer(), fc.nat())),
        (steps) => {
          const heap = indexedHeap<Item>(
            (a, b) => a.key < b.key,
            (item) => item.slot,
          );
          let items: Item[] = [];
          for (const [kind, key, pick] of steps) {
            const chosen = kind === 'pop' ? heap.peek() : items[pick % Math.max(1, items.length)];
            if (kind === 'push') {
              const item: Item = { key, slot: { index: -1 } };
              items.push(item);
              heap.push(item);
            } else if (chosen !== undefined && kind === 'move') {
              chosen.key = key;
              heap.moved(chosen);
            } else if (chosen !== undefined) {
              heap.remove(chosen);
              heap.remove(chosen);
              items = items.filter((item) => item !== chosen);
            }
            expect(heap.size()).toBe(items.length);
            expect(heap.peek()?.key).toBe(
              items.length === 0 ? undefined : Math.min(...items.map((item) => item.key)),
            );
          }
        },
      ),
    );
  });
});
