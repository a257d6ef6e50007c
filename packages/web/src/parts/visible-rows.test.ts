import { describe, expect, it } from 'vitest';
import { visibleRows } from './visible-rows.ts';

describe('rows near the window', () => {
  it('are few, whatever the length of the list', () => {
    const { first, last } = visibleRows(46 * 5_000, 900, 46, 10_000);
    expect(first).toBeLessThanOrEqual(5_000 - 20);
    expect(last).toBeGreaterThanOrEqual(5_020);
    expect(last - first).toBeLessThan(100);
  });

  it('never reach out of the list', () => {
    expect(visibleRows(-300, 900, 46, 10_000).first).toBe(0);
    expect(visibleRows(46 * 10_000, 900, 46, 10_000).last).toBe(10_000);
    expect(visibleRows(0, 900, 46, 3)).toEqual({ first: 0, last: 3 });
  });
});
