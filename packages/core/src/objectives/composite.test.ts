import { describe, expect, it } from 'vitest';
import { allOfSlice, seriesWindows, setMinute, weightedCounts, weightedSums } from './composite.ts';
import type { Objective } from './objective.ts';
import { prepareObjective } from './prepared.ts';
import { createSeries } from './series.ts';
import { objectiveStatus } from './status.ts';

const DAY = 86_400_000;
const base: Objective = {
  name: 'answers',
  service: 'shop',
  category: 'availability',
  description: '',
  source: { kind: 'pushed', name: 'a' },
  window: { kind: 'rolling', lengthMs: 30 * DAY },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.99, minimumEvents: 0 },
  alerts: [],
  minimumBad: 2,
  labels: {},
  annotations: {},
};
const both: Objective = {
  ...base,
  name: 'both',
  window: { kind: 'rolling', lengthMs: 7 * DAY },
  source: {
    kind: 'composite',
    method: 'weighted',
    parts: [
      { objective: 'answers', weight: 3 },
      { objective: 'speed', weight: 1 },
    ],
  },
};

describe('a weighted composite', () => {
  it('is the mean of its parts shares, by weight, and stands for all their events', () => {
    const counts = weightedCounts([
      { weight: 3, counts: { good: 90, total: 100 } },
      { weight: 1, counts: { good: 1_000, total: 2_000 } },
    ]);
    expect(counts.total).toBe(2_100);
    expect(counts.good / counts.total).toBeCloseTo((3 * 0.9 + 0.5) / 4, 12);
    // A part without traffic neither helps nor hurts.
    const one = weightedCounts([
      { weight: 3, counts: { good: 90, total: 100 } },
      { weight: 1, counts: { good: 0, total: 0 } },
    ]);
    expect(one).toEqual({ good: 90, total: 100 });
    expect(weightedCounts([])).toEqual({ good: 0, total: 0 });
  });

  it('is summed up over the series of its parts, which hold its windows too', () => {
    const speed = { ...base, name: 'speed' };
    const all = [base, speed, both];
    expect(seriesWindows(base, all)).toEqual([base.window, both.window]);
    expect(seriesWindows({ ...base, name: 'alone' }, all)).toEqual([base.window]);
    const now = 60 * DAY;
    const parts = [base, speed].map((objective, i) => {
      const series = createSeries({
        windows: seriesWindows(objective, all),
        budgeting: objective.budgeting,
        since: now,
      });
      series.add(now, 100 - 10 * (i + 1), 100);
      series.advance(now);
      return { series, weight: i === 0 ? 3 : 1 };
    });
    const prepared = prepareObjective(both, 1);
    const status = objectiveStatus(prepared, weightedSums(prepared, parts), {
      segment: '',
      now,
      since: now,
      lastEvent: now,
    });
    expect(status.raw.sli).toBeCloseTo((3 * 0.9 + 0.8) / 4, 12);
    expect(status.state).toBe('exhausted');
  });
});

describe('an all-of composite', () => {
  it('is good in slices in which every part that had events kept its target', () => {
    const good = { counts: { good: 99, total: 100 }, target: 0.99 };
    const bad = { counts: { good: 98, total: 100 }, target: 0.99 };
    const idle = { counts: { good: 0, total: 0 }, target: 0.99 };
    expect(allOfSlice([good, good])).toEqual({ good: 1, total: 1 });
    expect(allOfSlice([good, bad])).toEqual({ good: 0, total: 1 });
    expect(allOfSlice([good, idle])).toEqual({ good: 1, total: 1 });
    expect(allOfSlice([idle, idle])).toEqual({ good: 0, total: 0 });
  });

  it('sets its minutes again when late counts change them', () => {
    const now = 60 * DAY;
    const series = createSeries({ windows: [base.window], budgeting: base.budgeting, since: now });
    series.advance(now);
    expect(setMinute(series, now, { good: 1, total: 1 })).toBe(true);
    expect(setMinute(series, now, { good: 0, total: 1 })).toBe(true);
    expect(setMinute(series, now, { good: 0, total: 1 })).toBe(true);
    expect(series.counts(base.window)).toEqual({ good: 0, total: 1 });
    const away = createSeries({
      windows: [base.window],
      budgeting: base.budgeting,
      since: now,
      stored: { start: 0, end: now + DAY },
    });
    expect(setMinute(away, now, { good: 1, total: 1 })).toBe(false);
  });
});
