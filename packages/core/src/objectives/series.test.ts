import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, type Budgeting, type Counts, NO_EVENTS, sliceCounts } from './counts.ts';
import { exactCount, HOUR_MS, MINUTE_MS } from './minute-block.ts';
import { createSeries, type Series, type SeriesOptions } from './series.ts';
import { type ObjectiveWindow, type Span, windowAt } from './window.ts';

const MINUTE = MINUTE_MS;
const DAY = 24 * HOUR_MS;
// A Wednesday shortly before the clocks go forward in Berlin.
const START = Date.UTC(2024, 2, 27, 12, 30);
const minutes = (n: number): ObjectiveWindow => ({ kind: 'rolling', lengthMs: n * MINUTE });
const DAYS: ObjectiveWindow = { kind: 'calendar', unit: 'day', timeZone: 'Europe/Berlin' };
const WINDOWS = [minutes(5), minutes(60), minutes(360), minutes(3 * 1440), DAYS];

/** Keeps blocks as a store does, and answers what a series asks for. */
function memoryStore() {
  const blocks = new Map<number, Uint8Array>();
  let asked = 0;
  return {
    blocks,
    asked: () => asked,
    save(series: Series): void {
      for (const { hour, minutes: bytes } of series.takeBlocks()) blocks.set(hour, bytes);
    },
    advance(series: Series, now: number): void {
      for (let round = 0; ; round++) {
        const missing = series.advance(now);
        if (missing.length === 0) return;
        if (round > 200) throw new Error('never done');
        asked += missing.length;
        for (const hour of missing) series.load(hour, blocks.get(hour));
      }
    },
  };
}

interface Event extends Counts {
  readonly at: number;
}

/** What a window should hold, from every event there ever was. */
function naive(
  events: readonly Event[],
  window: ObjectiveWindow,
  budgeting: Budgeting,
  now: number,
  since: number,
  excluded: readonly Span[] = [],
): Counts {
  const end = (Math.floor(now / MINUTE) + 1) * MINUTE;
  const span = window.kind === 'rolling' ? { start: end - window.lengthMs, end } : windowAt(window, now);
  const isOut = (minute: number): boolean =>
    excluded.some(({ start, end: stop }) => minute + MINUTE > start && minute < stop);
  const inMinutes = (from: number, to: number): Counts =>
    events
      .filter(({ at }) => at >= from && at < to && !isOut(Math.floor(at / MINUTE) * MINUTE))
      .reduce<Counts>(addCounts, NO_EVENTS);
  if (budgeting.method === 'occurrences') return inMinutes(span.start, Math.min(span.end, end));
  // A slice that has not ended is not judged.
  const until = Math.min(span.end, end - MINUTE);
  let sum = NO_EVENTS;
  // A quarter of a minute is judged as a minute.
  const sliceMs = Math.max(MINUTE, budgeting.sliceMs);
  const first = Math.ceil(span.start / sliceMs) * sliceMs;
  for (let at = first; at + sliceMs <= until; at += sliceMs) {
    const counts = inMinutes(at, at + sliceMs);
    let left = 0;
    for (let m = at; m < at + sliceMs; m += MINUTE) if (!isOut(m)) left += 1;
    if (left === 0 || (counts.total === 0 && at < since)) continue;
    const slice = sliceCounts(counts, budgeting);
    sum = addCounts(sum, { good: exactCount(slice.good), total: slice.total });
  }
  return sum;
}

const BUDGETINGS: readonly Budgeting[] = [
  { method: 'occurrences' },
  { method: 'timeslices', sliceMs: 5 * MINUTE, sliceTarget: 0.9, emptySlice: 'exclude' },
  { method: 'timeslices', sliceMs: 7 * MINUTE, sliceTarget: 0.9, emptySlice: 'bad' },
  { method: 'ratio_timeslices', sliceMs: 90 * MINUTE, emptySlice: 'good' },
  { method: 'ratio_timeslices', sliceMs: MINUTE / 4, emptySlice: 'exclude' },
  { method: 'timeslices', sliceMs: MINUTE, sliceTarget: 0.5, emptySlice: 'bad' },
];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      by: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 9 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), by: fc.integer({ min: 10, max: 3_000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      ago: fc.oneof(fc.integer({ min: -1, max: 20 }), fc.integer({ min: 0, max: 6_000 })),
      total: fc.integer({ min: 0, max: 50 }),
      bad: fc.integer({ min: 0, max: 50 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('exclude' as const),
      spans: fc.array(
        fc.record({ ago: fc.integer({ min: -300, max: 4_000 }), length: fc.integer({ min: 1, max: 500 }) }),
        { maxLength: 3 },
      ),
    }),
  },
);

describe('a series', () => {
  it.each(BUDGETINGS)(
    'holds what every window holds, whatever comes late, restarts or is excluded: %j',
    (budgeting) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const store = memoryStore();
          const options: SeriesOptions = { windows: WINDOWS, budgeting, since: START };
          let series = createSeries(options);
          let now = START;
          const events: Event[] = [];
          let excluded: Span[] = [];
          for (const one of steps) {
            if (one.kind === 'tick' || one.kind === 'jump') now += one.by * MINUTE;
            else if (one.kind === 'add') {
              const at = now - one.ago * MINUTE;
              const event = { at, good: Math.max(0, one.total - one.bad), total: one.total };
              events.push(event);
              series.add(at, event.good, event.total);
            } else if (one.kind === 'exclude') {
              excluded = one.spans.map(({ ago, length }) => ({
                start: now - ago * MINUTE + 17,
                end: now + (length - ago) * MINUTE + 17,
              }));
              series.exclude(excluded);
            } else {
              store.advance(series, now);
              store.save(series);
              series = createSeries({ ...options, state: series.state() });
            }
          }
          store.advance(series, now);
          for (const window of WINDOWS) {
            expect(series.counts(window)).toEqual(naive(events, window, budgeting, now, START));
            expect(series.adjusted(window)).toEqual(naive(events, window, budgeting, now, START, excluded));
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it('keeps an hour per edge in memory, and asks for one hour per window an hour', () => {
    const pairs = [5, 30, 60, 120, 360, 1_440, 4_320, 43_200].map(minutes);
    const store = memoryStore();
    const series = createSeries({ windows: pairs, budgeting: { method: 'occurrences' }, since: START });
    let now = START;
    for (let i = 0; i < 32 * 1_440; i++) {
      series.add(now, 99, 100);
      store.advance(series, now);
      if (i % 60 === 0) store.save(series);
      now += MINUTE;
    }
    const before = store.asked();
    const first = now;
    for (; now < first + DAY; now += MINUTE) {
      series.add(now, 99, 100);
      store.advance(series, now);
      store.save(series);
    }
    // The edges of 6 hours, a day, three days and thirty; the younger hours have not been let go.
    expect(store.asked() - before).toBe(24 * 4);
    expect(series.bytes()).toBeLessThan(12_000);
    expect(series.counts(minutes(43_200))).toEqual({ good: 99 * 43_200, total: 100 * 43_200 });
  });

  it('can be told ahead of time what it will need', () => {
    const store = memoryStore();
    const series = createSeries({
      windows: [minutes(1_440)],
      budgeting: { method: 'occurrences' },
      since: START,
    });
    let now = START;
    for (let i = 0; i < 3_000; i++, now += MINUTE) {
      series.add(now, 1, 1);
      for (const hour of series.needs(now + 10 * MINUTE)) series.load(hour, store.blocks.get(hour));
      expect(series.advance(now)).toEqual([]);
      store.save(series);
    }
    expect(series.counts(minutes(1_440)).total).toBe(1_440);
  });

  it('builds a window that is new from the blocks, a bounded number of hours at a time', () => {
    const store = memoryStore();
    const budgeting = { method: 'occurrences' } as const;
    const one = createSeries({ windows: [minutes(60)], budgeting, since: START });
    const end = START + 5 * DAY;
    for (let now = START; now < end; now += MINUTE) {
      one.add(now, 1, 2);
      store.advance(one, now);
      store.save(one);
    }
    const two = createSeries({
      windows: [minutes(60), minutes(4 * 1_440)],
      budgeting,
      since: START,
      state: one.state(),
    });
    expect(two.needs(end).length).toBeLessThanOrEqual(50);
    store.advance(two, end - 1);
    expect(two.counts(minutes(4 * 1_440))).toEqual({ good: 5_760, total: 11_520 });
    expect(two.bytes()).toBeLessThan(60 * 960);
    // Without any state: the blocks are told of.
    const three = createSeries({
      windows: [minutes(1_440)],
      budgeting,
      since: START,
      stored: { start: START, end },
    });
    store.advance(three, end - 1);
    expect(three.counts(minutes(1_440))).toEqual({ good: 1_440, total: 2_880 });
  });

  it('sums prices and shares without drifting', () => {
    const series = createSeries({
      windows: [minutes(60)],
      budgeting: { method: 'occurrences' },
      since: START,
    });
    let now = START;
    for (let i = 0; i < 5_000; i++, now += MINUTE) {
      series.add(now, 0, 0.1 + (i % 7) * 0.0000123);
      series.advance(now);
    }
    now += 61 * MINUTE;
    series.advance(now);
    expect(series.counts(minutes(60))).toEqual({ good: 0, total: 0 });
  });

  it('ignores a clock that goes back, and knows its windows only', () => {
    const series = createSeries({
      windows: [minutes(5)],
      budgeting: { method: 'occurrences' },
      since: START,
    });
    series.add(START, 1, 1);
    series.advance(START);
    series.advance(START - DAY);
    expect(series.counts(minutes(5)).total).toBe(1);
    expect(series.head()).toBe(START + MINUTE);
    expect(series.lastEvent()).toBe(START);
    expect(() => series.counts(minutes(6))).toThrow(/without this window/);
  });
});
