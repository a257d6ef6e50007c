/**
 * Time as a thing that is passed in. Durations come from `now` (monotonic, never steps back); `wall` is only for
 * stamps that people and other machines read. Both are in milliseconds and may be fractional.
 */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start. */
  now(): number;
  /** Milliseconds since the Unix epoch; may jump when the system clock is set. */
  wall(): number;
}

/** Cancels a timer; safe to call twice and after it fired. */
export type CancelTimer = () => void;

/** The ability to be called later. Hosts pass `setTimeout`, tests pass the fake clock. */
export interface Timers {
  /** Calls `fn` once, not before `ms` milliseconds from now (0 or less: as soon as possible). */
  after(ms: number, fn: () => void): CancelTimer;
}
