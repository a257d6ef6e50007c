import { describe, expect, it } from 'vitest';
import { countDistinct, distinct, mergeDistinct } from './distinct.ts';

describe('distinct', () => {
  it.each([[0], [1], [50], [312], [5_000], [40_000]])('counts %i users to about 5 %%', (n) => {
    const users = distinct();
    for (let round = 0; round < 2; round++) for (let i = 0; i < n; i++) users.add(`user-${i}`);
    expect(Math.abs(users.count() - n)).toBeLessThanOrEqual(0.05 * n + 1);
    expect(users.registers().length).toBe(4096);
  });
  it('merges replicas that saw partly the same users', () => {
    const a = distinct();
    const b = distinct();
    for (let i = 0; i < 600; i++) a.add(`user-${i}`);
    for (let i = 400; i < 1_000; i++) b.add(`user-${i}`);
    const both = countDistinct(mergeDistinct(a.registers(), b.registers()));
    expect(both).toBeGreaterThan(950);
    expect(both).toBeLessThan(1_050);
    expect(() => mergeDistinct(a.registers(), new Uint8Array(8))).toThrow(RangeError);
  });
});
