import { describe, expect, it } from 'vitest';
import { curvePath } from './curve.ts';

describe('a curve of training', () => {
  it('goes from the first step to the last, the best at the bottom', () => {
    expect(
      curvePath(
        [
          [0, 2],
          [10, 1],
        ],
        100,
        54,
      ),
    ).toBe('M0.0 2.0L100.0 52.0');
  });

  it('has a hole where a loss was no number, and nothing without two values', () => {
    const path = curvePath(
      [
        [0, 2],
        [5, Number.NaN],
        [10, 1],
      ],
      100,
      54,
    );
    expect(path).toBe('M0.0 2.0M100.0 52.0');
    expect(curvePath([[0, 2]], 100, 54)).toBeUndefined();
  });
});
