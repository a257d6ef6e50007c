/**
 * Pressure: what a newcomer at the very end of the queue would wait, over the wait that is aimed at, smoothed over time. Work
 * per update is constant; between updates the queue is constant, so the smoothing is exact.
 */
export interface Pressure {
  /** Call *before* the queue changes. @param waitMs the wait that held since the last update */
  update(waitMs: number, targetMs: number, now: number): void;
  value(): number;
}

/** One bad moment must not be remembered for long: more than this much counts as this much. */
const MOST = 2;

/** @param memoryMs time constant of the smoothing */
export function createPressure(memoryMs: number, start: number): Pressure {
  let value = 0;
  let at = start;
  return {
    update(waitMs, targetMs, now) {
      const passed = now - at;
      if (passed <= 0) return;
      at = now;
      if (value === 0 && waitMs === 0) return;
      const ratio = targetMs > 0 ? Math.min(MOST, waitMs / targetMs) : waitMs > 0 ? MOST : 0;
      value = ratio + (value - ratio) * Math.exp(-passed / memoryMs);
      if (value < 1e-4) value = 0;
    },
    value: () => value,
  };
}
