import { medianOf } from './robust.ts';

export interface HangOptions {
  /** Times the median step (default 10). */
  readonly factor: number;
  /** Never sooner than this, in milliseconds (default 30 000). */
  readonly floorMs: number;
  /** Until the first step: loading data and compiling take long (default 600 000). */
  readonly startMs: number;
}

export const HANG_DEFAULTS: HangOptions = { factor: 10, floorMs: 30_000, startMs: 600_000 };

const KEPT = 64;

export interface HangWatch {
  /** A sign of life at `now` (any valid event); `isStep` when a step ended. */
  alive(now: number, isStep: boolean): void;
  /** A new attempt begins at `now`. */
  begin(now: number): void;
  /** Milliseconds of silence that are allowed now. */
  allowedMs(): number;
  /** Milliseconds of silence beyond what is allowed; negative while there is time left. */
  overdueMs(now: number): number;
  medianStepMs(): number | undefined;
  /**
   * We ourselves did not run for `ms` (the machine slept, or was overloaded): silence that we could not have heard
   * does not count.
   */
  excuse(ms: number): void;
}

/** Silence of max(factor × median step, floor) is a hang; before the first step, of `startMs`. */
export function hangWatch(options: HangOptions): HangWatch {
  let last = 0;
  let lastStep: number | undefined;
  let steps: number[] = [];
  let begun = false;
  let together = 0;
  const median = (): number | undefined => (steps.length === 0 ? undefined : medianOf(steps));
  function allowedMs(): number {
    const middle = median();
    if (!begun || middle === undefined) return Math.max(options.startMs, options.floorMs);
    return Math.max(options.factor * middle, options.floorMs);
  }
  return {
    begin(now) {
      last = now;
      lastStep = undefined;
      together = 0;
      begun = false;
    },
    alive(now, isStep) {
      last = now;
      if (!isStep) return;
      begun = true;
      if (lastStep === undefined) {
        lastStep = now;
        return;
      }
      // Steps that arrive together (output is buffered) have shared the time since the last ones came.
      together += 1;
      if (now - lastStep < 1) return;
      const each = (now - lastStep) / together;
      for (let i = 0; i < Math.min(KEPT, together); i++) steps.push(each);
      if (steps.length > KEPT) steps = steps.slice(-KEPT);
      lastStep = now;
      together = 0;
    },
    allowedMs,
    overdueMs: (now) => now - last - allowedMs(),
    medianStepMs: median,
    excuse(ms) {
      last += ms;
      if (lastStep !== undefined) lastStep += ms;
    },
  };
}
