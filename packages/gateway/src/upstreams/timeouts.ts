/** Time-outs of an upstream, in milliseconds; each has its own name in the error. */
export interface Timeouts {
  /** Until the request is on a connection: connecting, or waiting for one when all are in use. Default 1,000. */
  readonly connectMs: number;
  /** From there to the headers of a whole answer, or to the first token of a stream. Default 30,000. */
  readonly firstMs: number;
  /** Between two pieces of an answer that has begun. Default 15,000. */
  readonly idleMs: number;
  /** From the call to the last piece. Default 600,000: it bounds streams that drip. */
  readonly totalMs: number;
}

export const TIMEOUT_DEFAULTS: Timeouts = {
  connectMs: 1_000,
  firstMs: 30_000,
  idleMs: 15_000,
  totalMs: 600_000,
};
