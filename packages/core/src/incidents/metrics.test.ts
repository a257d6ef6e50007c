import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IncidentFacts, incidentMetrics, incidentsCsv, METRICS_WINDOW_MS } from './metrics.ts';
import { durationFigures } from './survival.ts';

const HOUR = 3_600_000;
const facts = (change: Partial<IncidentFacts> = {}): IncidentFacts => ({
  id: 'AI-1',
  service: 's',
  type: 'feature_pipeline',
  severity: 'SEV2',
  startedAt: 0,
  detectedAt: HOUR,
  acknowledgedAt: undefined,
  mitigatedAt: undefined,
  resolvedAt: undefined,
  open: true,
  budgetSpent: undefined,
  acted: false,
  pages: [],
  ...change,
});

describe('durations of which some have not ended', () => {
  it('without open ones are the plain mean and quantiles', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 40 }), (values) => {
        const figures = durationFigures(values.map((ms) => ({ ms, ended: true })));
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        expect(figures.mean).toBeCloseTo(mean, 3);
        expect(figures.meanOfEnded).toBeCloseTo(mean, 6);
        const sorted = [...values].sort((a, b) => a - b);
        const middle = (sorted.length - 1) / 2;
        expect(figures.median).toBeCloseTo(
          ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2,
          6,
        );
      }),
    );
  });

  it("are Kaplan and Meier's where some are open (their own example: 0.8, 1.0+, 2.7+, 3.1, 5.4, 7.0+, 9.2, 12.1+)", () => {
    const lives = [
      [0.8, true],
      [1.0, false],
      [2.7, false],
      [3.1, true],
      [5.4, true],
      [7.0, false],
      [9.2, true],
      [12.1, false],
    ] as const;
    const figures = durationFigures(lives.map(([ms, ended]) => ({ ms, ended })));
    // P(t) = 7/8, then 7/10, then 21/40, then 21/80.
    expect(figures.median).toBe(9.2);
    expect(figures.p90).toBeUndefined();
    expect(figures.mean).toBeCloseTo(
      0.8 + (7 / 8) * 2.3 + (7 / 10) * 2.3 + (21 / 40) * 3.8 + (21 / 80) * 2.9,
      9,
    );
    expect(figures.open).toBe(4);
  });

  it('dropping an open one makes it look better than it is', () => {
    const done = durationFigures([1, 2, 3].map((ms) => ({ ms, ended: true })));
    const open = durationFigures([
      ...[1, 2, 3].map((ms) => ({ ms, ended: true })),
      { ms: 100, ended: false },
    ]);
    expect(open.mean ?? 0).toBeGreaterThan(done.mean ?? 0);
    expect(open.meanOfEnded).toBe(done.meanOfEnded);
  });
});

describe('metrics', () => {
  it('count what was detected in the window, and keep open ones as open', () => {
    const all = [
      facts({
        id: 'a',
        resolvedAt: 3 * HOUR,
        open: false,
        acknowledgedAt: 2 * HOUR,
        acted: true,
        pages: [{ to: 'ann', night: true }],
      }),
      facts({ id: 'b', startedAt: 10 * HOUR, detectedAt: 10 * HOUR, pages: [{ to: 'ann', night: false }] }),
      facts({ id: 'c', detectedAt: 100 * HOUR }),
      facts({
        id: 'd',
        type: 'drift_detected',
        severity: 'SEV3',
        startedAt: 11 * HOUR,
        detectedAt: 12 * HOUR,
        budgetSpent: 0.25,
      }),
    ];
    const m = incidentMetrics(all, { from: 0, to: 50 * HOUR }, 20 * HOUR);
    expect(m).toMatchObject({
      total: 3,
      byType: { feature_pipeline: 2, drift_detected: 1, data_quality: 0 },
      bySeverity: { SEV1: 0, SEV2: 2, SEV3: 1 },
      byService: { s: 3 },
      open: [
        { id: 'b', ageMs: 10 * HOUR },
        { id: 'd', ageMs: 8 * HOUR },
      ],
      noise: { pagesWithoutAction: 1, share: 0.5 },
      pages: { total: 2, atNight: 1, byPerson: { ann: { total: 2, atNight: 1 } } },
      budgetSpent: { measured: 1, total: 0.25, mean: 0.25 },
      timeToResolve: { count: 3, open: 2, meanOfEnded: 2 * HOUR },
      timeToAcknowledge: { count: 2, open: 1 },
    });
    expect(m.timeBetween).toMatchObject({ count: 3, open: 1 });
    expect(METRICS_WINDOW_MS).toBe(30 * 24 * HOUR);
  });

  it('of nothing are nothing, not zero', () => {
    const m = incidentMetrics([], { from: 0, to: 1 }, 1);
    expect(m).toMatchObject({ total: 0, timeToResolve: { mean: undefined }, noise: { share: undefined } });
  });

  it('read a hundred thousand in a moment', () => {
    const many = Array.from({ length: 100_000 }, (_, i) =>
      facts({ id: `i${i}`, detectedAt: i * 1000, startedAt: i * 1000 - 500, resolvedAt: i * 1000 + 5000 }),
    );
    // Time of the processor, not of the clock: the machine may be busy with something else.
    const took = [1, 2, 3].map(() => {
      const before = process.cpuUsage();
      incidentMetrics(many, { from: 0, to: 1e9 }, 1e9);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    expect(Math.min(...took)).toBeLessThan(500);
  });

  it('as CSV quote what needs it and start no formula', () => {
    const csv = incidentsCsv([facts({ id: '=1+1', service: 'a,"b"' })]);
    expect(csv.split('\r\n')[1]).toBe(`'=1+1,"a,""b""",feature_pipeline,SEV2,0,3600000,,,,,0,no`);
  });
});
