/** What one window of work looked like: all that a limiter decides by. */
export interface LimitWindow {
  readonly durationMs: number;
  /** Answers with a latency, time-outs included (their latency is what they waited, at least). */
  readonly samples: number;
  /** Calls that ended, those turned away included. */
  readonly ended: number;
  /** Weight that finished, per millisecond. */
  readonly throughput: number;
  /** Share of finished work in [0, 1] that timed out or was turned away by the model. */
  readonly dropShare: number;
  /** Midmean of latencies, ms. */
  readonly levelMs: number;
  readonly p95Ms: number;
  /** Time-average of weight in flight. */
  readonly meanInflight: number;
  readonly peakInflight: number;
  /** The limit, and nothing else, kept work waiting or out at some time in the window. */
  readonly reachedLimit: boolean;
  /** A random number in [0, 1), for whatever must not happen everywhere at once. */
  readonly jitter: number;
}

/** A request to run at `concurrency` until `samples` calls have begun, and to report how those went. */
export interface ProbeOrder {
  readonly concurrency: number;
  readonly samples: number;
  /** Milliseconds after which the probe ends with what it has. */
  readonly maxMs: number;
}

/** How the calls of a probe went. */
export interface ProbeResult {
  readonly concurrency: number;
  readonly samples: number;
  readonly levelMs: number;
  readonly dropShare: number;
  readonly jitter: number;
}

/** A new limit and why. */
export interface LimitDecision<State> {
  readonly state: State;
  /** Weight that may be in flight, fractional; the gate rounds down. */
  readonly limit: number;
  readonly reason: string;
  readonly probe: ProbeOrder | undefined;
}

/** How a limit follows what is measured: two pure functions over a state of its own. */
export interface LimitPolicy<State> {
  start(): LimitDecision<State>;
  change(state: State, window: LimitWindow, now: number): LimitDecision<State>;
  /** Takes in a probe's result; a policy that orders none leaves it out. */
  probed?(state: State, result: ProbeResult, now: number): LimitDecision<State>;
  /** No-load latency in ms as far as it is known, 0 when not. */
  baselineMs(state: State): number;
  /** A window ends after this many ms once it has this many samples. */
  readonly windowMs: number;
  readonly windowSamples: number;
}

/** A policy with its state inside, so that a gate need not know which one it has. */
export interface LimitController {
  limit(): number;
  reason(): string;
  baselineMs(): number;
  change(window: LimitWindow, now: number): ProbeOrder | undefined;
  probed(result: ProbeResult, now: number): ProbeOrder | undefined;
  readonly windowMs: number;
  readonly windowSamples: number;
}

/** Holds a policy's state. */
export function limitController<State>(policy: LimitPolicy<State>): LimitController {
  let current = policy.start();
  return {
    limit: () => current.limit,
    reason: () => current.reason,
    baselineMs: () => policy.baselineMs(current.state),
    change(window, now) {
      current = policy.change(current.state, window, now);
      return current.probe;
    },
    probed(result, now) {
      if (policy.probed === undefined) return undefined;
      current = policy.probed(current.state, result, now);
      return current.probe;
    },
    windowMs: policy.windowMs,
    windowSamples: policy.windowSamples,
  };
}

/**
 * A limit that never moves.
 * @param limit weight, 0 or more; 0 refuses everything
 */
export function fixedLimit(limit: number): LimitPolicy<undefined> {
  const decision: LimitDecision<undefined> = {
    state: undefined,
    limit,
    reason: `fixed at ${limit}`,
    probe: undefined,
  };
  return {
    start: () => decision,
    change: () => decision,
    baselineMs: () => 0,
    windowMs: 1000,
    windowSamples: 100,
  };
}
