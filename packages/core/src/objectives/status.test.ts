import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { BURN_PAIRS } from './burn-alert.ts';
import { HOUR_MS, MINUTE_MS } from './minute-block.ts';
import type { Objective } from './objective.ts';
import { prepareObjective } from './prepared.ts';
import { createSeries } from './series.ts';
import { seriesSums } from './series-sums.ts';
import { alertReason, objectiveStatus, statusReason } from './status.ts';

const DAY = 24 * HOUR_MS;

export const OBJECTIVE: Objective = {
  name: 'answers',
  service: 'shop',
  category: 'availability',
  description: '',
  source: { kind: 'pushed', name: 'x' },
  window: { kind: 'rolling', lengthMs: 30 * DAY },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
  alerts: BURN_PAIRS,
  minimumBad: 2,
  labels: {},
  annotations: {},
};

/** A clock, a series, and the status that they give. */
function rig(changes: Partial<Objective> = {}) {
  const clock = fakeClock();
  const prepared = prepareObjective({ ...OBJECTIVE, ...changes }, 3);
  const since = clock.wall();
  const series = createSeries({
    windows: prepared.windows,
    budgeting: prepared.objective.budgeting,
    since,
  });
  const blocks = new Map<number, Uint8Array>();
  const advance = (): void => {
    for (let missing = series.advance(clock.wall()); missing.length > 0; ) {
      for (const hour of missing) series.load(hour, blocks.get(hour));
      missing = series.advance(clock.wall());
    }
    for (const block of series.takeBlocks()) blocks.set(block.hour, block.minutes);
  };
  return {
    clock,
    series,
    prepared,
    run(minutes: number, good: number, total: number): void {
      for (let i = 0; i < minutes; i++) {
        if (total > 0) series.add(clock.wall(), good, total);
        advance();
        clock.advance(MINUTE_MS);
      }
    },
    status(learnedPerHour?: number) {
      // The minute that has just begun is empty yet: look at the end of the last one.
      const now = clock.wall() - 1;
      while (series.advance(now).length > 0) throw new Error('not loaded');
      return objectiveStatus(prepared, seriesSums(prepared, series), {
        segment: '',
        now,
        since,
        lastEvent: series.lastEvent(),
        learnedPerHour,
      });
    },
    exclude(start: number, end: number): void {
      series.exclude([{ start, end }]);
      advance();
    },
    since,
  };
}

const names = (status: { alerts: readonly { firing: boolean; pair: string }[] }): string[] =>
  status.alerts.filter(({ firing }) => firing).map(({ pair }) => pair);

describe('the status of an objective', () => {
  it('says what is spent, how fast, until when, and how much of the window it has seen', () => {
    const r = rig();
    r.run(3 * 1_440, 1_000, 1_000);
    r.run(10, 0, 1_000);
    const status = r.status();
    expect(names(status)).toEqual(['page-fast', 'page-slow', 'ticket-fast', 'ticket-slow']);
    expect(status).toMatchObject({ revision: 3, state: 'exhausted', objective: 'answers', segment: '' });
    expect(status.adjusted).toBe(status.raw);
    // 10,000 bad of 4,330,000, where 4,330 are allowed.
    expect(status.raw.consumed).toBeCloseTo(10_000 / 4_330, 9);
    expect(status.raw.remaining).toBeCloseTo(1 - 10_000 / 4_330, 9);
    expect(status.exhaustionNoReturnMs).toBe(0);
    expect(status.seen).toBeCloseTo(4_330 / 43_200, 4);
    expect(statusReason(status, r.prepared)).toMatch(
      /^10000 bad of 4330000, 4330\.0 allowed: -130\.9 % left; 10\.0 % of the window was observed$/,
    );
    const fast = status.alerts[0];
    if (fast === undefined) throw new Error('no alert');
    expect(fast.longBurn).toBeCloseTo(1_000 / 6, 6);
    expect(alertReason(fast, status, r.prepared)).toMatch(/burns 166.7 times too fast/);
  });

  it('tells the time to exhaustion from the last hour, without what a rolling window gives back', () => {
    const r = rig();
    r.run(1_440, 1_000, 1_000);
    r.run(60, 998, 1_000);
    const { exhaustionNoReturnMs, raw } = r.status();
    // The last hour burns at 2: what is left goes in half of that share of the window.
    expect(exhaustionNoReturnMs).toBeCloseTo(((raw.remaining ?? 0) * 30 * DAY) / 2, -1);
    r.run(60, 1_000, 1_000);
    expect(r.status().exhaustionNoReturnMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a calendar month ends with it, and forecasts its budget', () => {
    const r = rig({
      window: { kind: 'calendar', unit: 'month', timeZone: 'Europe/Berlin' },
      allowance: { kind: 'target', target: 0.99, minimumEvents: 0 },
    });
    r.run(1_440, 99, 100);
    const status = r.status();
    expect(status.window).toEqual({ start: Date.UTC(2025, 11, 31, 23), end: Date.UTC(2026, 0, 31, 23) });
    expect(status.raw.remaining).toBeCloseTo(0, 6);
    // To date all of it is gone; of the whole month's, which will have 31 times as much traffic, little is.
    expect(status.forecast?.remaining).toBeCloseTo(1 - (25 / 24 / 31) * (24 / 25) - 0, 1);
    expect(status.forecast?.events).toBeGreaterThan(4_000_000);
    expect(status.seen).toBeCloseTo(24 / 25, 2);
  });

  it('zero tolerance: one violation exhausts it and alerts at once, without burn rates', () => {
    const r = rig({ allowance: { kind: 'zero_tolerance' } });
    expect(r.status().state).toBe('no_data');
    r.run(10, 5, 5);
    expect(r.status()).toMatchObject({ state: 'healthy', exhaustionNoReturnMs: undefined });
    r.run(1, 4, 5);
    const status = r.status();
    expect(status.state).toBe('exhausted');
    expect(names(status)).toEqual(['violation']);
    expect(status.alerts[0]).toMatchObject({ longBurn: undefined, severity: 'page' });
  });

  it('an amount: spent money burns like events do, and no minimum of events holds it back', () => {
    const r = rig({
      category: 'cost',
      allowance: { kind: 'amount', amount: 720, unit: 'EUR' },
      window: { kind: 'rolling', lengthMs: 30 * DAY },
    });
    r.run(60, 0, 1 / 60);
    expect(names(r.status())).toEqual([]);
    expect(r.status().raw.consumed).toBeCloseTo(1 / 720, 6);
    r.run(60, 0, 20 / 60);
    const status = r.status();
    expect(names(status)).toEqual(['page-fast']);
    expect(status.alerts[0]?.longBurn).toBeCloseTo(20, 4);
    expect(statusReason(status, r.prepared)).toMatch(/^21 of 720 EUR spent: 97.1 % left/);
    expect(r.status().exhaustionNoReturnMs).toBeCloseTo(((1 - 21 / 720) * 30 * DAY) / 20, -4);
  });

  it('keeps raw and adjusted figures apart, and alerts on the adjusted', () => {
    const r = rig();
    r.run(600, 1_000, 1_000);
    const start = r.clock.wall();
    r.run(10, 0, 1_000);
    expect(names(r.status())).toContain('page-fast');
    r.exclude(start, r.clock.wall());
    const status = r.status();
    expect(names(status)).toEqual([]);
    expect(status.state).toBe('healthy');
    expect(status.raw.state).toBe('exhausted');
    expect(status.adjusted.counts).toEqual({ good: 600_000, total: 600_000 });
    expect(statusReason(status, r.prepared)).toMatch(/10000 of 610000 are excluded/);
  });

  it('is a safety rate over its window with a minimum count', () => {
    const r = rig({
      allowance: { kind: 'target', target: 0.9999, minimumEvents: 10_000 },
      window: { kind: 'rolling', lengthMs: HOUR_MS },
      alerts: [],
    });
    r.run(10, 99, 100);
    // Ten harmful of a thousand: more than ten thousand would excuse.
    expect(r.status().state).toBe('exhausted');
    const few = rig({ ...r.prepared.objective });
    few.run(1, 99, 100);
    expect(few.status().state).toBe('no_data');
    expect(few.status().exhaustionNoReturnMs).toBeUndefined();
  });
});

describe('silence', () => {
  it('is quiet where nothing is expected, and an alert of its own where something is', () => {
    const quiet = rig();
    expect(quiet.status().traffic.state).toBe('never');
    quiet.run(5, 1, 1);
    expect(quiet.status().traffic.state).toBe('flowing');
    quiet.run(30, 0, 0);
    expect(quiet.status().traffic.state).toBe('quiet');

    const stated = rig({ expectedTraffic: { kind: 'stated', events: 1, perMs: 10 * MINUTE_MS } });
    stated.run(5, 1, 1);
    stated.run(9, 0, 0);
    expect(names(stated.status())).toEqual([]);
    stated.run(1, 0, 0);
    const status = stated.status();
    expect(names(status)).toEqual(['no-traffic']);
    const last = status.alerts.at(-1);
    expect(last && alertReason(last, status, stated.prepared)).toMatch(
      /0 events in 10m: at least 1 are expected/,
    );
  });

  it('is learned from the same hour of the last weeks', () => {
    const r = rig({ expectedTraffic: { kind: 'learned' } });
    r.run(5, 10, 10);
    r.run(10, 0, 0);
    // 30 an hour would be 5 in ten minutes: chance. 90 an hour would be 15: none.
    expect(r.status(30).traffic.state).toBe('quiet');
    expect(r.status(90).traffic.state).toBe('silent');
    expect(r.status(undefined).traffic.state).toBe('quiet');
  });
});
