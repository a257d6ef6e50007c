import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { GateLimit, ReleaseOutcome } from './gate-types.ts';
import { latencyWindow } from './latency-window.ts';
import { fixedLimit, type LimitController, limitController } from './limit-policy.ts';
import { adaptiveLimit } from './limiter.ts';
import { type ProbeRun, probeRun } from './probe-run.ts';
import { thresholdLimit } from './threshold-limiter.ts';

/** Measures what goes through a gate, closes windows and keeps the limit. */
export interface GateMeter {
  /** What may be in flight now, as a whole number. */
  effective(): number;
  limit(): number;
  reason(): string;
  baselineMs(): number;
  /** Smoothed latency of recent answers, ms; 0 when there were none. */
  latencyMs(): number;
  /** A probe holds concurrency down. */
  holding(): boolean;
  probing(): boolean;
  /** Call when work starts. @returns the epoch its sample belongs to */
  began(weight: number, now: number): number;
  ended(weight: number, startedAt: number, epoch: number, outcome: ReleaseOutcome, now: number): void;
  /** The limit kept somebody waiting or out. */
  reached(): void;
  inflight(): number;
  tighten(factor: number): void;
  /** Lets go of a probe that has taken too long. */
  check(now: number): void;
}

function controllerFor(limit: GateLimit): LimitController {
  switch (limit.kind) {
    case 'adaptive':
      return limitController(adaptiveLimit(limit));
    case 'threshold':
      return limitController(thresholdLimit(limit));
    case 'fixed':
      return limitController(fixedLimit(Math.max(0, Math.floor(limit.limit))));
  }
}

/** A window that has waited this many times its length is closed with the samples it has. */
const PATIENCE = 12;
const FEW_SAMPLES = 10;
/** Weight of one sample in the smoothed latency. */
const GAIN = 1 / 32;

export function createGateMeter(
  limit: GateLimit,
  host: { readonly clock: Clock; readonly random: Random },
): GateMeter {
  const controller = controllerFor(limit);
  const latencies = latencyWindow();
  let tightened = 1;
  let inflight = 0;
  let latency = 0;
  let epoch = 0;
  let probeEpoch = -1;
  let probe: ProbeRun | undefined;
  let effective = 0;

  let openedAt = host.clock.now();
  let integral = 0;
  let integralAt = openedAt;
  let peak = 0;
  let finished = 0;
  let ended = 0;
  let drops = 0;
  let reached = false;

  function settle(): void {
    const whole = controller.limit();
    const base = whole < 1 ? whole : Math.max(1, Math.floor(whole * tightened));
    effective = probe?.holding() === true ? Math.min(base, probe.concurrency) : base;
  }

  function open(now: number): void {
    latencies.reset();
    openedAt = now;
    integral = 0;
    integralAt = now;
    peak = inflight;
    finished = 0;
    ended = 0;
    drops = 0;
    reached = false;
  }

  function start(order: Parameters<typeof probeRun>[0] | undefined, now: number): void {
    if (order !== undefined) {
      probe = probeRun(order, now);
      epoch += 1;
      probeEpoch = epoch;
    }
    settle();
  }

  /** A new epoch: what began under the probe's hold tells nothing about the limit that follows. */
  function release(now: number): void {
    epoch += 1;
    open(now);
    settle();
  }

  function checkProbe(now: number): void {
    if (probe === undefined) return;
    const held = epoch === probeEpoch;
    const result = probe.check(now);
    if (held && !probe.holding()) release(now);
    if (result === undefined) return;
    probe = undefined;
    probeEpoch = -1;
    open(now);
    start(controller.probed({ ...result, jitter: host.random() }, now), now);
  }

  function closeWindow(now: number): void {
    const elapsed = now - openedAt;
    if (elapsed < controller.windowMs || probe !== undefined) return;
    const count = ended;
    const patient = elapsed >= PATIENCE * controller.windowMs;
    if (count < controller.windowSamples && !(patient && count >= FEW_SAMPLES) && elapsed < 60_000) return;
    integral += inflight * (now - integralAt);
    const order = controller.change(
      {
        durationMs: elapsed,
        samples: latencies.count(),
        ended: count,
        throughput: finished / elapsed,
        dropShare: ended === 0 ? 0 : drops / ended,
        levelMs: latencies.level(),
        p95Ms: latencies.quantile(0.95),
        meanInflight: integral / elapsed,
        peakInflight: peak,
        reachedLimit: reached,
        jitter: host.random(),
      },
      now,
    );
    open(now);
    start(order, now);
  }

  settle();
  return {
    effective: () => effective,
    limit: () => controller.limit(),
    reason: () => controller.reason(),
    baselineMs: () => controller.baselineMs(),
    latencyMs: () => latency,
    holding: () => probe?.holding() === true,
    probing: () => probe !== undefined,
    began(weight, now) {
      integral += inflight * (now - integralAt);
      integralAt = now;
      inflight += weight;
      if (inflight > peak) peak = inflight;
      const own = epoch;
      if (probe !== undefined && own === probeEpoch) {
        probe.began();
        if (!probe.holding()) release(now);
      }
      return own;
    },
    ended(weight, startedAt, own, outcome, now) {
      integral += inflight * (now - integralAt);
      integralAt = now;
      inflight = Math.max(0, inflight - weight);
      const duration = now - startedAt;
      const dropped = outcome === 'dropped';
      // A time-out says that the latency is at least this; a quick "too busy" says nothing about latency.
      const measured = outcome === 'success' || (dropped && duration >= latency);
      if (measured) latency = latency === 0 ? duration : latency + GAIN * (duration - latency);
      if (probe !== undefined && own === probeEpoch) probe.ended(duration, measured, dropped);
      else if (own === epoch && probe === undefined && outcome !== 'ignored') {
        if (measured) latencies.add(duration);
        if (dropped) drops += 1;
        ended += 1;
        finished += weight;
      }
      if (probe !== undefined) checkProbe(now);
      else if (now - openedAt >= controller.windowMs) closeWindow(now);
    },
    reached() {
      reached = true;
    },
    inflight: () => inflight,
    tighten(factor) {
      tightened = factor;
      settle();
    },
    check: checkProbe,
  };
}
