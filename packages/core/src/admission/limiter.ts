import type { LimitDecision, LimitPolicy, LimitWindow, ProbeOrder, ProbeResult } from './limit-policy.ts';

/** How the adaptive limiter looks for capacity. All weights are in permits. */
export interface AdaptiveLimitOptions {
  /** Limit before anything is known, at least `minLimit`. Default 20. */
  readonly initialLimit?: number;
  /** The floor, at least 1. Default 1. */
  readonly minLimit?: number;
  /** Default 1000. */
  readonly maxLimit?: number;
  /** The limit stays under this many times the most that was in flight lately. Default 2. */
  readonly peakFactor?: number;
  /** A window is at least this long, ms. Default 400. */
  readonly windowMs?: number;
  /** A window has at least this many samples, unless traffic is too thin for it. Default 50. */
  readonly windowSamples?: number;
  /** A probe runs at this share of the limit, in (0, 1). Default 0.6. */
  readonly probeShare?: number;
  /** But never below this concurrency (a setting apart from the floor). Default 1. */
  readonly probeConcurrency?: number;
  /** Calls measured by a probe, at most. Default 60. */
  readonly probeSamples?: number;
  /** Milliseconds spent at the limit between two probes, varied by a quarter either way. Default 30 000. */
  readonly probeEveryMs?: number;
  /** Share of drops, beyond that seen at low concurrency, that is taken as overload. Default 0.1. */
  readonly dropTolerance?: number;
}

type Settings = Required<AdaptiveLimitOptions>;

/** What the limiter knows. Plain data. */
export interface AdaptiveLimitState {
  readonly limit: number;
  /** No-load latency (midmean), ms; 0 before the first window. */
  readonly baselineMs: number;
  /** Samples that stand behind the baseline, so that agreeing probes sharpen it. */
  readonly baselineSamples: number;
  /** Concurrency at which the baseline was measured: what comes from less has less of a queue in it. */
  readonly baselineConcurrency: number;
  /** Share of drops that low concurrency does not cure. */
  readonly baselineDrops: number;
  /** Smoothed weight waiting inside the service; undefined right after the baseline was replaced. */
  readonly queue: number | undefined;
  /** Where the present run of cuts began: tells whether cutting helps. */
  readonly cutFrom: { readonly limit: number; readonly levelMs: number } | undefined;
  /** Milliseconds at the limit until a probe is due. */
  readonly probeInMs: number;
  /** Windows spent at the floor. */
  readonly atFloor: number;
  readonly lastProbeAt: number;
  /** Least distance of a probe asked for by a symptom from the last probe: doubles while probes find nothing new. */
  readonly probeGapMs: number;
  readonly recentPeak: number;
}

/** An early probe, asked for by a symptom, keeps at least this distance from the last one. */
const MIN_PROBE_GAP_MS = 4000;
/** After a probe moved the baseline the next one comes this soon: the first may have been taken from too high a limit. */
const CONFIRM_PROBE_MS = 3000;
/** A probe's measure within this share of the baseline confirms it; outside, it replaces it. */
const AGREES = 0.2;
/** A probe at less than this share of the concurrency that the baseline came from replaces it too. */
const DEEPER = 0.9;
/** Old measurements weigh no more than this many samples. */
const MEMORY_SAMPLES = 300;

/**
 * Weight waiting inside the service: below `low` the limit may grow, above `high` it must shrink. A window's noise is worth
 * one to two permits, hence the least values; a small limit (a service with one worker) cannot afford those. `high` stays
 * below the share of the limit that a probe takes away: a baseline that still holds a queue is then always seen as one.
 */
function band(limit: number): { readonly low: number; readonly high: number } {
  return {
    low: Math.max(Math.min(1.5, 0.3 * limit), 0.1 * limit),
    high: Math.max(1.2, Math.min(4, 0.33 * limit), 0.25 * limit),
  };
}

function orderProbe(limit: number, levelMs: number, s: Settings): ProbeOrder {
  const concurrency = Math.max(s.probeConcurrency, 1, Math.floor(Math.floor(limit) * s.probeShare));
  // A slow service is measured by fewer calls, so that a probe costs about two seconds, not a minute.
  const affordable = levelMs > 0 ? (2000 * concurrency) / levelMs : s.probeSamples;
  const samples = Math.round(Math.min(s.probeSamples, Math.max(10, affordable)));
  return { concurrency, samples, maxMs: Math.max(1000, (4 * samples * levelMs) / concurrency) };
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function decide(
  state: AdaptiveLimitState,
  reason: string,
  probe: ProbeOrder | undefined,
): LimitDecision<AdaptiveLimitState> {
  return { state, limit: state.limit, reason, probe };
}

/** The baseline while the service is not saturated: follows quickly down, slowly up (what rises may be our own queue). */
function follow(state: AdaptiveLimitState, window: LimitWindow, upward: boolean): number {
  const { baselineMs } = state;
  const { levelMs } = window;
  if (levelMs < baselineMs)
    return baselineMs + (levelMs < 0.7 * baselineMs ? 0.6 : 0.2) * (levelMs - baselineMs);
  return upward ? baselineMs + 0.05 * Math.min(1, window.samples / 50) * (levelMs - baselineMs) : baselineMs;
}

/**
 * Were the latency made by our own queue, it would fall in proportion to the limit. If it stays well above that, the
 * baseline is stale: the service itself has become slower.
 */
function cutsInVain(
  from: { readonly limit: number; readonly levelMs: number },
  levelMs: number,
  baselineMs: number,
  limit: number,
): boolean {
  const expected = Math.max(baselineMs, (from.levelMs * limit) / from.limit);
  return levelMs >= 0.85 * from.levelMs || (levelMs > 1.6 * baselineMs && levelMs > 1.3 * expected);
}

function change(
  before: AdaptiveLimitState,
  window: LimitWindow,
  now: number,
  s: Settings,
): LimitDecision<AdaptiveLimitState> {
  const recentPeak = Math.max(window.peakInflight, before.recentPeak * 0.98);
  if (window.samples === 0 && window.dropShare === 0)
    return decide(before, 'hold: no answers to judge by', undefined);
  if (before.baselineMs === 0 && window.samples > 0) {
    const state = {
      ...before,
      baselineMs: window.levelMs,
      baselineSamples: window.samples,
      baselineConcurrency: window.meanInflight,
      recentPeak,
    };
    if (!window.reachedLimit)
      return decide(state, `hold: first look, ${round(window.levelMs)} ms`, undefined);
    // Saturated from the start: what was measured holds an unknown queue.
    const probe = orderProbe(before.limit, window.levelMs, s);
    return decide(
      { ...state, lastProbeAt: now },
      'probe: saturated before the no-load latency was known',
      probe,
    );
  }

  // Two standard errors off: a few time-outs among fifty answers are chance.
  const chance = 2 * Math.sqrt((window.dropShare * (1 - window.dropShare)) / Math.max(1, window.ended));
  const excessDrops = window.dropShare - before.baselineDrops - chance;
  const ceiling = Math.max(s.initialLimit, s.peakFactor * recentPeak);
  const busy = window.reachedLimit || window.meanInflight > before.limit / 2;
  if (!busy && excessDrops <= s.dropTolerance) {
    const limit = Math.max(s.minLimit, Math.min(before.limit, ceiling));
    const state: AdaptiveLimitState = {
      ...before,
      limit,
      baselineMs: follow(before, window, true),
      baselineConcurrency: Math.min(before.baselineConcurrency, window.meanInflight),
      baselineDrops: before.baselineDrops + 0.1 * (window.dropShare - before.baselineDrops),
      queue: undefined,
      cutFrom: undefined,
      atFloor: 0,
      recentPeak,
    };
    return decide(state, `hold: ${round(window.meanInflight)} of ${round(before.limit)} in use`, undefined);
  }

  const baselineMs = follow(before, window, false);
  // A fall this deep is the service getting faster; what was seen of it holds a queue of unknown length.
  const fell = window.levelMs < 0.7 * before.baselineMs;
  const { low, high } = band(Math.floor(before.limit));
  // Little's law: what comes out per ms, times the delay that all answers share, is what waits inside.
  const queueNow = window.throughput * Math.max(0, window.levelMs - baselineMs);
  const queue = before.queue === undefined ? queueNow : 0.5 * before.queue + 0.5 * queueNow;

  let limit = before.limit;
  let reason: string;
  if (excessDrops > s.dropTolerance) {
    limit *= 1 - Math.min(0.3, excessDrops / 2);
    reason = `lower: ${(100 * window.dropShare).toFixed(0)} % timed out or turned away`;
  } else if (queue > high) {
    limit -= Math.min(0.3 * limit, Math.max(1, 0.5 * (queue - (low + high) / 2)));
    reason = `lower: about ${round(queue)} wait inside (${round(window.levelMs)} ms against ${round(baselineMs)} ms unloaded)`;
  } else if (queue < low && window.reachedLimit && excessDrops < s.dropTolerance / 2) {
    limit += queue < low / 2 ? Math.max(1, 0.2 * limit) : 1;
    reason = `raise: at the limit, and about ${round(queue)} wait inside`;
  } else {
    reason = `hold: about ${round(queue)} wait inside`;
  }
  // The cap may stop a rise; it does not cut a limit that is in use.
  if (limit > before.limit) limit = Math.max(before.limit, Math.min(limit, ceiling, s.maxLimit));
  limit = Math.max(s.minLimit, limit);

  const cut = limit < before.limit || (limit === s.minLimit && reason.startsWith('lower'));
  const cutFrom = cut
    ? (before.cutFrom ?? { limit: before.limit, levelMs: window.levelMs })
    : limit > before.limit
      ? undefined
      : before.cutFrom;
  const atFloor = limit === s.minLimit && cut ? before.atFloor + 1 : 0;
  const state: AdaptiveLimitState = {
    ...before,
    limit,
    baselineMs,
    // The average lags: what this change will do to the queue is known, so that it is not done twice.
    queue: Math.max(0, queue + Math.min(1, limit - before.limit)),
    cutFrom,
    atFloor,
    probeInMs:
      (fell ? Math.min(before.probeInMs, CONFIRM_PROBE_MS) : before.probeInMs) -
      (window.reachedLimit ? window.durationMs : 0),
    recentPeak,
  };

  const vain =
    cutFrom !== undefined &&
    limit <= 0.75 * cutFrom.limit &&
    cutsInVain(cutFrom, window.levelMs, baselineMs, before.limit);
  const due = state.probeInMs <= 0;
  const early = (vain || atFloor >= 5) && now - before.lastProbeAt >= before.probeGapMs;
  if (!due && !early) return decide(state, reason, undefined);
  const why = due ? 'probe: due' : vain ? 'probe: cutting does not lower the latency' : 'probe: at the floor';
  return decide(
    { ...state, cutFrom: undefined, atFloor: 0, lastProbeAt: now, probeInMs: s.probeEveryMs },
    `${why}; ${reason}`,
    orderProbe(limit, window.levelMs, s),
  );
}

function probed(
  before: AdaptiveLimitState,
  result: ProbeResult,
  s: Settings,
): LimitDecision<AdaptiveLimitState> {
  const probeInMs = s.probeEveryMs * (0.75 + 0.5 * result.jitter);
  if (result.samples < 8 || result.dropShare > 0.5) {
    const state = { ...before, probeInMs: Math.min(probeInMs, 2 * MIN_PROBE_GAP_MS) };
    return decide(
      state,
      `hold: the probe gave ${result.samples} answers, too few or too many failed`,
      undefined,
    );
  }
  const off = before.baselineMs === 0 ? 1 : result.levelMs / before.baselineMs - 1;
  const deeper = result.concurrency < DEEPER * before.baselineConcurrency;
  const agrees = Math.abs(off) <= AGREES && !deeper;
  const old = agrees ? Math.min(MEMORY_SAMPLES, before.baselineSamples) : 0;
  const share = result.samples / (result.samples + old);
  const baselineMs = before.baselineMs + share * (result.levelMs - before.baselineMs);
  const state: AdaptiveLimitState = {
    ...before,
    baselineMs,
    baselineSamples: old + result.samples,
    baselineConcurrency: agrees
      ? Math.min(before.baselineConcurrency, result.concurrency)
      : result.concurrency,
    baselineDrops: agrees
      ? before.baselineDrops + share * (result.dropShare - before.baselineDrops)
      : result.dropShare,
    queue: undefined,
    cutFrom: undefined,
    probeGapMs: agrees ? Math.min(s.probeEveryMs, 2 * before.probeGapMs) : MIN_PROBE_GAP_MS,
    probeInMs: agrees ? probeInMs : CONFIRM_PROBE_MS * (0.75 + 0.5 * result.jitter),
  };
  const verb = agrees ? 'confirmed' : 'measured anew';
  return decide(state, `hold: no-load latency ${verb}, ${round(baselineMs)} ms`, undefined);
}

/**
 * Finds how much a service can bear without being told a threshold: it estimates what waits inside the service from a
 * windowed midmean of latencies against the no-load latency, and keeps that queue small but not empty.
 *
 * The estimate is that of TCP Vegas (Brakmo and Peterson 1995), fed by a robust statistic of a window instead of single
 * samples. The no-load latency is frozen while the service is saturated, so a standing queue can never become the
 * norm; it is measured again by draining to a part of the limit for some calls (as Envoy's gradient controller does,
 * but from the share of the limit, and only when the limit binds): now and then with jitter, and at once when cutting the
 * limit does not lower the latency, which is how a service that got slower by itself is told from an overloaded one. Such
 * a probe cannot see the queue made by other replicas in front of the same service.
 *
 * It compares latencies of one mix of requests with those of another: where sizes differ by orders of magnitude and the mix
 * shifts, a shift looks like a queue until the next probe. There, prefer one gate per size, or a fixed limit.
 *
 * It does not move while traffic, not the limit, bounds what is in flight; it never rises in a window that shows a queue
 * or drops; drops lower it, except for the share that low concurrency does not cure.
 */
export function adaptiveLimit(options: AdaptiveLimitOptions = {}): LimitPolicy<AdaptiveLimitState> {
  const minLimit = Math.max(1, options.minLimit ?? 1);
  const maxLimit = Math.max(minLimit, options.maxLimit ?? 1000);
  const s: Settings = {
    minLimit,
    maxLimit,
    initialLimit: Math.min(maxLimit, Math.max(minLimit, options.initialLimit ?? 20)),
    peakFactor: options.peakFactor ?? 2,
    windowMs: options.windowMs ?? 400,
    windowSamples: options.windowSamples ?? 50,
    probeShare: options.probeShare ?? 0.6,
    probeConcurrency: options.probeConcurrency ?? 1,
    probeSamples: options.probeSamples ?? 60,
    probeEveryMs: options.probeEveryMs ?? 30_000,
    dropTolerance: options.dropTolerance ?? 0.1,
  };
  return {
    start: () =>
      decide(
        {
          limit: s.initialLimit,
          baselineMs: 0,
          baselineSamples: 0,
          baselineConcurrency: 0,
          baselineDrops: 0,
          queue: undefined,
          cutFrom: undefined,
          probeInMs: s.probeEveryMs,
          atFloor: 0,
          lastProbeAt: Number.NEGATIVE_INFINITY,
          probeGapMs: MIN_PROBE_GAP_MS,
          recentPeak: 0,
        },
        `start at ${s.initialLimit}`,
        undefined,
      ),
    change: (state, window, now) => change(state, window, now, s),
    probed: (state, result) => probed(state, result, s),
    baselineMs: (state) => state.baselineMs,
    windowMs: s.windowMs,
    windowSamples: s.windowSamples,
  };
}
