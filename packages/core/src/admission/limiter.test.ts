import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitWindow, ProbeResult } from './limit-policy.ts';
import { type AdaptiveLimitState, adaptiveLimit } from './limiter.ts';

const policy = adaptiveLimit();

/** A saturated window of a service whose answers take `levelMs` with `limit` in flight (Little's law). */
function saturated(limit: number, levelMs: number, part: Partial<LimitWindow> = {}): LimitWindow {
  return {
    durationMs: 500,
    samples: 100,
    ended: 100,
    throughput: limit / levelMs,
    dropShare: 0,
    levelMs,
    p95Ms: 3 * levelMs,
    meanInflight: limit,
    peakInflight: limit,
    reachedLimit: true,
    jitter: 0.5,
    ...part,
  };
}

const probe = (levelMs: number, part: Partial<ProbeResult> = {}): ProbeResult => ({
  concurrency: 7,
  samples: 60,
  levelMs,
  dropShare: 0,
  jitter: 0.5,
  ...part,
});

function known(limit: number, baselineMs: number): AdaptiveLimitState {
  return {
    ...policy.start().state,
    limit,
    baselineMs,
    baselineSamples: 300,
    baselineConcurrency: 7,
    recentPeak: limit,
    lastProbeAt: 0,
  };
}

/** A service of `workers` with `serviceMs` each: latency rises once more are in flight than it has workers. */
const latencyOf = (inflight: number, workers: number, serviceMs: number): number =>
  serviceMs * Math.max(1, inflight / workers);

/** Runs the limiter against such a service, probes included. */
function run(
  state: AdaptiveLimitState,
  windows: number,
  workers: number,
  serviceMs: number,
  from = 0,
): number[] {
  let current = state;
  const limits: number[] = [];
  for (let i = 0; i < windows; i++) {
    const now = from + i * 500;
    const inflight = Math.max(1, Math.floor(current.limit));
    const next = policy.change(current, saturated(inflight, latencyOf(inflight, workers, serviceMs)), now);
    current = next.state;
    if (next.probe !== undefined && policy.probed !== undefined) {
      current = policy.probed(
        current,
        probe(latencyOf(next.probe.concurrency, workers, serviceMs), { concurrency: next.probe.concurrency }),
        now,
      ).state;
    }
    limits.push(current.limit);
  }
  return limits;
}

describe('adaptiveLimit', () => {
  it('finds the capacity from above and below, and stays there', () => {
    for (const start of [1, 5, 20, 200]) {
      const limits = run(known(start, 50), 200, 10, 50);
      const settled = limits.slice(60);
      expect(Math.min(...settled)).toBeGreaterThanOrEqual(11);
      expect(Math.max(...settled)).toBeLessThanOrEqual(16);
    }
  });

  it('finds the capacity when it never saw the service at rest', () => {
    const limits = run(policy.start().state, 300, 5, 80);
    const settled = limits.slice(150);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(5.5);
    expect(Math.max(...settled)).toBeLessThanOrEqual(9);
  });

  it('gets down to a small capacity from a limit far over it, knowing nothing', () => {
    for (const workers of [1, 2, 4, 10]) {
      const settled = run(adaptiveLimit({ initialLimit: 100 }).start().state, 400, workers, 50).slice(200);
      expect(Math.min(...settled)).toBeGreaterThanOrEqual(workers);
      expect(Math.max(...settled)).toBeLessThanOrEqual(1.8 * workers + 1.2);
    }
  });

  it('is not driven down by a service that becomes four times slower, and comes back', () => {
    const slow = run(known(12, 50), 60, 10, 200);
    expect(Math.min(...slow.slice(20))).toBeGreaterThanOrEqual(10);
    expect(Math.max(...slow.slice(20))).toBeLessThanOrEqual(17);
    const back = run({ ...known(slow.at(-1) ?? 0, 200) }, 80, 10, 50, 60_000);
    expect(Math.min(...back.slice(40))).toBeGreaterThanOrEqual(10);
    expect(Math.max(...back.slice(40))).toBeLessThanOrEqual(20);
  });

  it('follows a capacity that is halved and comes back', () => {
    const half = run(known(12, 50), 60, 5, 50);
    expect(Math.max(...half.slice(30))).toBeLessThanOrEqual(10);
    expect(Math.min(...half.slice(30))).toBeGreaterThanOrEqual(5);
    const whole = run(known(half.at(-1) ?? 0, 50), 30, 10, 50, 60_000);
    expect(whole.at(-1)).toBeGreaterThanOrEqual(11);
  });

  it('keeps the baseline while a standing queue goes on', () => {
    let state = known(14, 50);
    for (let i = 0; i < 50; i++) state = policy.change(state, saturated(14, 70), i * 500).state;
    expect(state.baselineMs).toBe(50);
  });

  it('does not grow while traffic, not the limit, bounds what is in flight', () => {
    const idle = saturated(20, 50, {
      meanInflight: 3,
      peakInflight: 6,
      reachedLimit: false,
      throughput: 0.06,
    });
    let state = known(20, 50);
    for (let i = 0; i < 100; i++) {
      const next = policy.change(state, idle, i * 500);
      expect(next.limit).toBeLessThanOrEqual(20);
      expect(next.reason).toContain('in use');
      state = next.state;
    }
  });

  it('comes down from a limit that nobody uses, to a multiple of the peak', () => {
    let state = known(800, 50);
    const idle = saturated(5, 50, { meanInflight: 20, peakInflight: 40, reachedLimit: false });
    for (let i = 0; i < 400; i++) state = policy.change(state, idle, i * 500).state;
    expect(state.limit).toBe(80);
  });

  it('lowers the limit for time-outs, and not for those that low concurrency does not cure', () => {
    const dropping = saturated(20, 50, { dropShare: 0.5 });
    expect(policy.change(known(20, 50), dropping, 10_000).limit).toBeLessThan(17);
    const measured = policy.probed?.(known(20, 50), probe(50, { dropShare: 0.45 }), 0);
    expect(measured).toBeDefined();
    if (measured === undefined) return;
    const used = { ...measured.state, baselineDrops: 0.45 };
    expect(policy.change(used, dropping, 10_000).limit).toBeGreaterThanOrEqual(20);
  });

  it('takes two time-outs among fifty answers for chance', () => {
    expect(policy.change(known(12, 50), saturated(12, 58, { ended: 50, dropShare: 0.08 }), 0).limit).toBe(12);
  });

  it('asks for a probe at once when it is saturated before it knows anything', () => {
    const first = policy.change(policy.start().state, saturated(20, 100), 0);
    expect(first.probe).toEqual({ concurrency: 12, samples: 60, maxMs: 2000 });
  });

  it('probes now and then while saturated, with jitter, and not while idle', () => {
    const gaps = (jitter: number): number => {
      const after = policy.probed?.(known(12, 50), probe(50, { jitter }), 0);
      let state = after?.state ?? known(12, 50);
      for (let i = 1; ; i++) {
        const next = policy.change(state, saturated(12, 58), i * 500);
        if (next.probe !== undefined) return i * 500;
        state = next.state;
      }
    };
    expect(gaps(0)).toBe(22_500);
    expect(gaps(0.999)).toBe(37_500);
    let state = known(20, 50);
    const idle = saturated(3, 50, { reachedLimit: false, meanInflight: 3 });
    for (let i = 0; i < 1000; i++) {
      const next = policy.change(state, idle, i * 500);
      expect(next.probe).toBeUndefined();
      state = next.state;
    }
  });

  it('keeps what it knows when a probe tells nothing, and lets agreeing probes sharpen it', () => {
    const state = known(12, 50);
    expect(policy.probed?.(state, probe(10, { samples: 3 }), 0).state.baselineMs).toBe(50);
    expect(policy.probed?.(state, probe(500, { dropShare: 0.9 }), 0).state.baselineMs).toBe(50);
    const sharper = policy.probed?.(state, probe(56), 0).state.baselineMs ?? 0;
    expect(sharper).toBeCloseTo(50 + 6 / 6, 5);
    expect(policy.probed?.(state, probe(200), 0).state.baselineMs).toBe(200);
  });

  it('asks less and less often when probes find nothing new', () => {
    const asked: number[] = [];
    let state = { ...known(30, 50), baselineConcurrency: 1 };
    for (let i = 0; i < 400; i++) {
      // Latency that no cut lowers, and that no probe sees: another replica's queue comes and goes.
      const next = policy.change(state, saturated(Math.floor(state.limit), 150), i * 500);
      state = next.state;
      if (next.probe === undefined || policy.probed === undefined) continue;
      asked.push(i * 500);
      state = { ...policy.probed(state, probe(50), i * 500).state, limit: 30 };
    }
    const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
    expect(gaps[0]).toBeLessThan(9000);
    expect(gaps.at(-1)).toBeGreaterThan(15_000);
    expect(gaps.length).toBeLessThan(20);
  });

  it('separates the floor from the probe', () => {
    const own = adaptiveLimit({ minLimit: 4, probeConcurrency: 2, probeShare: 0.5 });
    const floor = { ...known(4, 50) };
    let state = floor;
    for (let i = 0; i < 20; i++) {
      const next = own.change(state, saturated(4, 400), 10_000 + i * 500);
      expect(next.limit).toBe(4);
      if (next.probe !== undefined) {
        expect(next.probe.concurrency).toBe(2);
        return;
      }
      state = next.state;
    }
    expect.unreachable('the floor must ask for a probe');
  });

  it('never raises a limit in a window that shows overload, whatever came before', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 500, noNaN: true }),
        fc.double({ min: 1, max: 1000, noNaN: true }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (limit, baselineMs, slower, dropShare, reachedLimit) => {
          const before = known(limit, baselineMs);
          const window = saturated(Math.max(1, Math.floor(limit)), baselineMs * slower, {
            dropShare,
            reachedLimit,
          });
          const queue = window.throughput * (window.levelMs - baselineMs);
          const next = policy.change(before, window, 1000);
          if (queue > Math.max(4, 0.25 * limit) || dropShare > 0.3)
            expect(next.limit).toBeLessThanOrEqual(limit);
          expect(next.limit).toBeGreaterThanOrEqual(1);
          expect(next.limit).toBeLessThanOrEqual(Math.max(limit, 1000));
          expect(next.limit).toBeGreaterThanOrEqual(0.69 * limit - 1);
          expect(next.reason).not.toBe('');
        },
      ),
    );
  });
});
