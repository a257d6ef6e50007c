import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type CounterSeries, minuteIncreases, readCounter } from './counter-series.ts';

const S = 1_000;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
/** A series scraped every 15 seconds from the start on. */
const series = (name: string, values: readonly number[], from = 0): CounterSeries => ({
  labels: { name },
  samples: values.map((value, i) => ({ at: START + from + 15 * S * i, value })),
});
const ramp = (from: number, steps: number): number[] =>
  Array.from({ length: steps + 1 }, (_, i) => from + 10 * i);
const window = { from: START, to: START + 5 * MINUTE };

describe('counters of a range result', () => {
  it('V10: a restart is found before series are summed', () => {
    const file: { id: string; out: Record<string, number> }[] = parse(
      readFileSync(new URL('./vectors.yaml', import.meta.url), 'utf8'),
    );
    const wanted = file.find(({ id }) => id === 'V10')?.out ?? {};
    const a = series('a', ramp(200, 20));
    // Ten at each scrape until it restarts just after the window begins.
    const b = series('b', [200, ...ramp(0, 19)]);
    const reading = readCounter([a, b], window);
    expect(reading).toEqual({ state: 'counted', increase: wanted.sum_of_increase, resets: 1 });
    // Summed first, one replica's restart looks like everybody's.
    const summed = series(
      'sum',
      a.samples.map(({ value }, i) => value + (b.samples[i]?.value ?? 0)),
    );
    expect(readCounter([summed], window)).toMatchObject({ increase: wanted.increase_of_sum_WRONG });
    // Born at 5: nothing without knowing that nobody was there before, 5 with it.
    const born = series('born', [5, 5, 5, 5, 5, 5, 5], 200 * S);
    expect(readCounter([born], window)).toMatchObject({ increase: wanted.series_born_at_5_counts_as });
    expect(readCounter([born], { ...window, watchedSince: START })).toMatchObject({
      increase: wanted.ideal_for_born_at_5,
    });
  });

  it('tells stale and absent from zero', () => {
    const to = START + 20 * MINUTE;
    expect(readCounter([], { from: START, to })).toEqual({ state: 'absent' });
    expect(readCounter([series('x', [])], { from: START, to })).toEqual({ state: 'absent' });
    const still = series(
      'still',
      Array.from({ length: 81 }, () => 7),
    );
    expect(readCounter([still], { from: START, to })).toEqual({ state: 'counted', increase: 0, resets: 0 });
    const gone = series('gone', ramp(0, 20));
    expect(readCounter([gone], { from: START, to })).toEqual({
      state: 'stale',
      lastAt: START + 5 * MINUTE,
      increase: 200,
    });
    // One replica gone is no silence: others still count.
    expect(readCounter([gone, still], { from: START, to })).toMatchObject({
      state: 'counted',
      increase: 200,
    });
    const holes = series('holes', [0, 10, Number.NaN, 30]);
    expect(readCounter([holes], { from: START, to: START + MINUTE })).toMatchObject({ increase: 30 });
  });

  it('gives minutes, each increment to the minute before its sample', () => {
    const minutes = minuteIncreases([series('a', ramp(0, 8)), series('b', [100, ...ramp(0, 7)])], window);
    expect([...minutes]).toEqual([
      [START, 40 + 30],
      [START + MINUTE, 40 + 40],
    ]);
  });
});
