import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { directiveBoard, MAX_LEASE_MS } from './directives.ts';

const pin = {
  id: 'd-1',
  service: 's',
  order: { kind: 'pin', rung: 'simple' },
  owner: 'ann',
  reason: 'why',
} as const;

describe('directives', () => {
  it('end by themselves when the lease is over, whatever the wall clock does', () => {
    const clock = fakeClock();
    const board = directiveBoard(clock);
    const set = board.set(pin, 10_000);
    expect(set.expiresAt - set.createdAt).toBe(10_000);
    clock.stepWall(3_600_000);
    expect(board.active()).toHaveLength(1);
    const before = board.revision();
    clock.advance(10_000);
    expect(board.revision()).toBeGreaterThan(before);
    expect(board.active()).toHaveLength(0);
  });

  it('are renewed by the same id, keep the time of their making, and come newest first', () => {
    const clock = fakeClock();
    const board = directiveBoard(clock);
    const first = board.set(pin, 10_000);
    board.set({ ...pin, id: 'd-2' }, 10_000);
    clock.advance(9_000);
    const again = board.set(pin, 10_000);
    expect(again.createdAt).toBe(first.createdAt);
    expect(board.active().map((directive) => directive.id)).toEqual(['d-1', 'd-2']);
    clock.advance(1_000);
    expect(board.active().map((directive) => directive.id)).toEqual(['d-1']);
    expect(board.lift('d-1')).toBe(true);
    expect(board.lift('d-1')).toBe(false);
  });

  it('need an owner, a reason and a sane lease', () => {
    const board = directiveBoard(fakeClock());
    expect(() => board.set({ ...pin, owner: ' ' }, 1)).toThrow(/owner/);
    expect(() => board.set({ ...pin, reason: '' }, 1)).toThrow(/reason/);
    for (const lease of [0, -1, Number.NaN, MAX_LEASE_MS + 1, Number.POSITIVE_INFINITY]) {
      expect(() => board.set(pin, lease)).toThrow(/lasts/);
    }
  });
});
