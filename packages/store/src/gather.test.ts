import { EvenkeelError } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { gathered } from './gather.ts';

describe('gathered', () => {
  it('sends together what arrives together or meanwhile, and gives each its own', async () => {
    const sent: (readonly number[])[] = [];
    const gates: (() => void)[] = [];
    const add = gathered(async (items: readonly number[]) => {
      sent.push(items);
      await new Promise<void>((resolve) => gates.push(resolve));
      return items.map((item) => item * 10);
    });
    const first = [add([1, 2]), add([3]), add([])];
    await Promise.resolve();
    const second = [add([4]), add([5, 6])];
    expect(sent).toEqual([[1, 2, 3]]);
    gates.shift()?.();
    expect(await Promise.all(first)).toEqual([[10, 20], [30], []]);
    await new Promise((resolve) => setImmediate(resolve));
    gates.shift()?.();
    expect(await Promise.all(second)).toEqual([[40], [50, 60]]);
    expect(sent).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    // And goes on after a rest.
    const third = add([7]);
    await Promise.resolve();
    gates.shift()?.();
    expect(await third).toEqual([70]);
  });

  it('bounds a batch', async () => {
    const sizes: number[] = [];
    const add = gathered(async (items: readonly number[]) => {
      sizes.push(items.length);
      return items;
    });
    await Promise.all(Array.from({ length: 50 }, (_, i) => add(Array.from({ length: 100 }, () => i))));
    expect(sizes).toEqual([2_000, 2_000, 1_000]);
    // What one call brings is never taken apart.
    expect(await add(Array.from({ length: 5_000 }, () => 1))).toHaveLength(5_000);
  });

  it('lets nobody fail for the items of another, but all when there is no store', async () => {
    let calls = 0;
    let down = false;
    const add = gathered(async (items: readonly number[]) => {
      calls += 1;
      if (down) throw new EvenkeelError('internal', 'gone', { status: 503 });
      if (items.includes(13)) throw new EvenkeelError('conflict', 'thirteen');
      return items;
    });
    const settled = await Promise.allSettled([add([1]), add([13]), add([2])]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    down = true;
    calls = 0;
    const refused = await Promise.allSettled([add([1]), add([2]), add([3])]);
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    expect(calls).toBe(1);
    down = false;
    expect(await add([4])).toEqual([4]);
  });
});
