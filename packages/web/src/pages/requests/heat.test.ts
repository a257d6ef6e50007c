import { describe, expect, it } from 'vitest';
import { heatOf } from './heat.ts';

describe('the heat map of latencies', () => {
  it('counts each request once, by time and by size', () => {
    const heat = heatOf(
      [
        { at: 0, durationMs: 0.4 },
        { at: 10, durationMs: 0.6 },
        { at: 100, durationMs: 90 },
        { at: 100, durationMs: 9_000 },
      ],
      4,
    );
    expect(heat?.cells.flat().reduce((a, b) => a + b, 0)).toBe(4);
    expect(heat?.cells[0]?.[0]).toBe(2);
    expect(heat?.most).toBe(2);
    expect(heat?.edges[0]).toBe(1);
    // The slowest row has no upper edge.
    expect(heat?.cells[3]?.length).toBe((heat?.edges.length ?? 0) + 1);
  });

  it('is nothing without requests, and one column wide for one', () => {
    expect(heatOf([], 4)).toBeUndefined();
    expect(heatOf([{ at: 5, durationMs: 3 }], 1)?.cells).toEqual([[1]]);
  });
});
