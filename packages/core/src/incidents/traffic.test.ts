import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../telemetry/record.ts';
import { rateDrop, rateShift } from './rate-shift.ts';
import { addTraffic, NO_TRAFFIC, peopleIn, scaleTraffic, sumTraffic, trafficMeter } from './traffic.ts';
import { EMPTY_WINDOW, observeTraffic, RECENT_MS, recentTraffic } from './traffic-window.ts';

const record = (change: Partial<RequestRecord> = {}): RequestRecord => ({
  id: 'r',
  traceId: undefined,
  service: 's',
  kind: 'live',
  at: 0,
  durationMs: 50,
  firstChunkMs: undefined,
  tenant: 't',
  user: 'u',
  priority: 2,
  level: 'full_service',
  rung: 'primary',
  model: 'm',
  version: '1',
  confidence: undefined,
  score: undefined,
  label: 'spam',
  inputTokens: undefined,
  outputTokens: undefined,
  status: 200,
  error: undefined,
  reason: 'ok',
  entry: 'primary',
  entryReason: 'ok',
  features: { source: 'online', reason: 'ok', ageMs: 100, missing: [], durationMs: 10 },
  safety: undefined,
  steps: [
    { rung: 'primary', level: 'full_service', outcome: 'answered', reason: 'ok', startMs: 0, durationMs: 50 },
  ],
  ...change,
});

describe('the traffic meter', () => {
  it('counts what is the service’s, not what is the caller’s', () => {
    const meter = trafficMeter();
    meter.record(record());
    meter.record(record({ kind: 'shadow' }));
    meter.record(record({ error: 'bad_request', status: 400 }));
    meter.record(record({ error: 'shed', status: 429, level: 'failed' }));
    meter.record(
      record({
        error: 'output_blocked',
        status: 422,
        level: 'failed',
        safety: { verdict: 'block', reason: 'x', durationMs: 1 },
      }),
    );
    const counts = meter.take(1000);
    expect(counts).toMatchObject({
      spanMs: 1000,
      total: 3,
      byLevel: { full_service: 1, failed: 2 },
      byError: { shed: 1, output_blocked: 1 },
      safety: { checked: 1, turned: 1 },
      features: { reads: 3, unfresh: 0 },
    });
    expect(meter.take(1000).total).toBe(0);
  });

  it('takes the reading of features out of the time of the rung', () => {
    const fast = trafficMeter();
    fast.record(
      record({
        features: undefined,
        steps: [
          { rung: 'p', level: 'full_service', outcome: 'answered', reason: 'ok', startMs: 0, durationMs: 40 },
        ],
      }),
    );
    const read = trafficMeter();
    read.record(
      record({
        steps: [
          { rung: 'p', level: 'full_service', outcome: 'answered', reason: 'ok', startMs: 0, durationMs: 50 },
        ],
      }),
    );
    expect(read.take(1).rungs.p?.bins).toEqual(fast.take(1).rungs.p?.bins);
  });

  it('adds over replicas in any order, and estimates how many people there were', () => {
    const part = (from: number, n: number) => {
      const meter = trafficMeter();
      for (let i = from; i < from + n; i++) meter.record(record({ user: `user-${i}`, label: `l${i % 7}` }));
      return meter.take(1000);
    };
    const [a, b, c] = [part(0, 300), part(200, 300), part(450, 300)];
    expect(sumTraffic([a, b, c])).toEqual(addTraffic(addTraffic(c, a), b));
    const people = peopleIn(sumTraffic([a, b, c]).users.all);
    expect(people).toBeGreaterThan(750 * 0.93);
    expect(people).toBeLessThan(750 * 1.07);
    expect(scaleTraffic(a, 0.5).total).toBe(150);
  });

  it('keeps what is recent apart from what is usual, and trouble out of the latter', () => {
    const one = (total: number) => ({ ...NO_TRAFFIC, spanMs: 10_000, total });
    let window = EMPTY_WINDOW;
    for (let i = 1; i <= 30; i++) window = observeTraffic(window, one(1), i * 10_000, false);
    expect(recentTraffic(window).total).toBe(RECENT_MS / 10_000);
    const usual = window.usual.total;
    expect(usual).toBeGreaterThan(10);
    for (let i = 31; i <= 90; i++) window = observeTraffic(window, one(100), i * 10_000, true);
    expect(window.usual.total).toBe(usual);
  });
});

describe('shifts of rates', () => {
  it('are not found by chance in ten thousand looks at what has not changed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 50, max: 400 }), (bad, total) => {
        const usual = { bad: bad * 10, total: total * 10 };
        const share = bad / total;
        // Up to four standard deviations over the usual rate.
        const high = Math.floor(total * share + 4 * Math.sqrt(total * share * (1 - share)));
        expect(rateShift({ bad: Math.min(total, high), total }, usual, 0.02)?.deviations ?? 0).toBeLessThan(
          6,
        );
        expect(rateShift({ bad, total }, usual, 0.02)).toBeUndefined();
        expect(
          rateDrop({ good: total - bad, total }, { good: usual.total - usual.bad, total: usual.total }, 0.05),
        ).toBeUndefined();
      }),
    );
  });

  it('say nothing of a service that has no past, and find what is plain', () => {
    expect(rateDrop({ good: 10, total: 40 }, { good: 1, total: 1 }, 0.05)).toBeUndefined();
    expect(rateShift({ bad: 30, total: 100 }, { bad: 3, total: 1000 }, 0.02)).toMatchObject({ recent: 0.3 });
    expect(rateDrop({ good: 30, total: 100 }, { good: 600, total: 1000 }, 0.05)?.strength).toBeGreaterThan(
      0.5,
    );
  });
});
