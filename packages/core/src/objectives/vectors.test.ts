import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { budgetStatus, burnRate } from './budget.ts';
import {
  BURN_PAIRS,
  burnFactor,
  burnRules,
  detectionTime,
  judgeBurn,
  resetTime,
  wilsonLower,
} from './burn-alert.ts';
import { addCounts, type Budgeting, type Counts, NO_EVENTS, sliceCounts } from './counts.ts';

const file: { id: string; in: Record<string, unknown>; out: Record<string, unknown> }[] = parse(
  readFileSync(new URL('./vectors.yaml', import.meta.url), 'utf8'),
);

type Values = Record<string, unknown>;

function entry(id: string): { in: Values; out: Values } {
  const found = file.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no vector ${id}`);
  return found;
}

/** Reads numbers by name, and fails the test when the vector has none of that name. */
function numbers(values: unknown): (name: string) => number {
  return (name) => {
    const value = typeof values === 'object' && values !== null ? Reflect.get(values, name) : undefined;
    if (typeof value !== 'number') throw new Error(`the vector has no number ${name}`);
    return value;
  };
}

function list(values: Values, name: string): unknown[] {
  const value = values[name];
  if (!Array.isArray(value)) throw new Error(`the vector has no list ${name}`);
  return value;
}

function vector(id: string): { given: (name: string) => number; wanted: (name: string) => number } {
  const found = entry(id);
  return { given: numbers(found.in), wanted: numbers(found.out) };
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function total(slices: readonly Counts[], budgeting: Exclude<Budgeting, { method: 'occurrences' }>): Counts {
  return slices.map((slice) => sliceCounts(slice, budgeting)).reduce(addCounts, NO_EVENTS);
}

describe('vectors worked out by hand', () => {
  it('V1: occurrences, overspent budgets are negative', () => {
    const { given, wanted } = vector('V1');
    const counts = { good: given('total') - given('bad'), total: given('total') };
    const status = budgetStatus(counts, { kind: 'target', target: given('T'), minimumEvents: 0 });
    expect(status.sli).toBeCloseTo(wanted('sli'), 12);
    expect(status.allowedBad).toBeCloseTo(wanted('budget_events'), 6);
    expect(status.consumed).toBeCloseTo(wanted('BR'), 9);
    expect(status.remaining).toBeCloseTo(wanted('R'), 9);
    expect(status.state).toBe('exhausted');
  });

  it('V2: three budgeting methods on one series', () => {
    const { given, wanted } = vector('V2');
    const goods = list(entry('V2').in, 'good').map(Number);
    const totals = list(entry('V2').in, 'total').map(Number);
    const slices = goods.map((good, i) => ({ good, total: totals[i] ?? 0 }));
    const all = slices.reduce(addCounts, NO_EVENTS);
    const target = given('T');
    expect(all.good / all.total).toBeCloseTo(wanted('occ_sli'), 6);
    expect(burnRate(all, target)).toBeCloseTo(wanted('occ_BR'), 6);
    const whole = {
      method: 'timeslices',
      sliceMs: 60_000,
      sliceTarget: given('slice_target'),
      emptySlice: 'exclude',
    } as const;
    const bad = slices.flatMap((slice, i) => (sliceCounts(slice, whole).good === 0 ? [i] : []));
    expect(bad).toEqual(list(entry('V2').out, 'bad_slices'));
    const timeslices = total(slices, whole);
    expect(timeslices.good / timeslices.total).toBeCloseTo(wanted('ts_sli'), 9);
    expect(burnRate(timeslices, target)).toBeCloseTo(wanted('ts_BR'), 9);
    const ratios = total(slices, { method: 'ratio_timeslices', sliceMs: 60_000, emptySlice: 'exclude' });
    expect(ratios.good / ratios.total).toBeCloseTo(wanted('ratio_ts_sli'), 7);
    expect(burnRate(ratios, target)).toBeCloseTo(wanted('ratio_ts_BR'), 6);
  });

  it('V3: burn factors for 30, 28 and 7 days, and never below 1 in a rule', () => {
    const factors = (days: number) =>
      BURN_PAIRS.map((pair) => burnFactor(pair.budgetShare, days * DAY, pair.longMs));
    factors(30).forEach((factor, i) =>
      expect(factor).toBeCloseTo(Number(list(entry('V3').out, '30d')[i]), 9),
    );
    factors(28).forEach((factor, i) =>
      expect(factor).toBeCloseTo(Number(list(entry('V3').out, '28d')[i]), 6),
    );
    const week = [0.08, 0.125, 0.2, 0.42];
    week.forEach((share, i) => {
      const pair = BURN_PAIRS[i];
      const wantedFactor = Number(list(entry('V3').out, '7d_with_8_12.5_20_42pct')[i]);
      expect(burnFactor(share, 7 * DAY, pair?.longMs ?? 0)).toBeCloseTo(wantedFactor, 9);
    });
    expect(burnRules(BURN_PAIRS, 28 * DAY, 0.999).map((rule) => rule.factor)[3]).toBe(1);
  });

  it('V4: how long detection takes', () => {
    const rules = burnRules(BURN_PAIRS, 30 * DAY, 0.999);
    const seconds = (e: number) =>
      rules.map((rule) => detectionTime(0.999, e, rule.factor, rule.pair.longMs) / 1000);
    seconds(1).forEach((s, i) => expect(s).toBeCloseTo(Number(list(entry('V4').out, 'seconds')[i]), 6));
    seconds(0.1).forEach((s, i) => expect(s).toBeCloseTo(Number(list(entry('V4').out, 'at_e_0.1')[i]), 5));
    expect(seconds(0.014)[0]).toBe(Number.POSITIVE_INFINITY);
    expect(seconds(0.014)[1]).toBeCloseTo(numbers(entry('V4').out['at_e_0.014'])('six'), 3);
  });

  it('V5: how long a page holds after a full outage', () => {
    const { wanted } = vector('V5');
    const [fast, slow] = burnRules(BURN_PAIRS, 30 * DAY, 0.999);
    expect(resetTime(0.999, fast?.factor ?? 0, 300_000) / 1000).toBeCloseTo(wanted('pair_5m_1h_clears_s'), 6);
    expect(resetTime(0.999, slow?.factor ?? 0, 1_800_000) / 1000).toBeCloseTo(
      wanted('pair_30m_6h_clears_s'),
      6,
    );
  });

  it('V6: thresholds that nothing can reach are refused by name', () => {
    for (const [target, id] of [
      [0.9, 'T_0.9_reachable'],
      [0.5, 'T_0.5_reachable'],
    ] as const) {
      const reachable = list(entry('V6').out, id);
      reachable.forEach((can, i) => {
        const pair = BURN_PAIRS[i];
        if (pair === undefined) throw new Error('no pair');
        const make = () => burnRules([pair], 30 * DAY, target);
        if (can) expect(make()).toHaveLength(1);
        else expect(make).toThrow(pair.name);
      });
    }
  });

  it('V7: one failure among ten requests does not page', () => {
    const { given, wanted } = vector('V7');
    const counts = { good: given('n_1h') - given('bad_1h'), total: given('n_1h') };
    expect(burnRate(counts, 0.999)).toBeCloseTo(wanted('BR_1h'), 9);
    expect(wilsonLower(1, 10)).toBeCloseTo(wanted('wilson95_lower'), 7);
    const rule = burnRules(BURN_PAIRS, 30 * DAY, 0.999)[0];
    if (rule === undefined) throw new Error('no rule');
    const verdict = judgeBurn(rule, counts, counts, 0.999);
    expect(verdict).toMatchObject({ firing: false, reason: expect.stringContaining('only 1 bad') });
    expect(judgeBurn({ ...rule, minimumBad: 1 }, counts, counts, 0.999).firing).toBe(true);
  });

  it('V7, the other way round: at high traffic a burn just over the factor pages at once', () => {
    const rule = burnRules(BURN_PAIRS, 30 * DAY, 0.999)[0];
    if (rule === undefined) throw new Error('no rule');
    // 14.5 times too fast at 1,000 a minute: 870 bad of 60,000 an hour.
    const hour = { good: 60_000 - 870, total: 60_000 };
    expect(judgeBurn(rule, hour, hour, 0.999).firing).toBe(true);
    // 20 bad are taken at their word, 19 of the same ratio may be chance, and twice the ratio is not.
    const burning = (bad: number, burn: number) => {
      const total = bad / (burn * 0.001);
      return judgeBurn(rule, { good: total - bad, total }, { good: total - bad, total }, 0.999);
    };
    expect(burning(20, 14.5).firing).toBe(true);
    expect(burning(19, 14.5)).toMatchObject({ firing: false, reason: expect.stringContaining('chance') });
    expect(burning(19, 29).firing).toBe(true);
  });

  it('V8: no traffic is no data, and empty slices count as the file says', () => {
    expect(budgetStatus(NO_EVENTS, { kind: 'target', target: 0.99, minimumEvents: 0 }).state).toBe('no_data');
    const { wanted } = vector('V8');
    const ts = numbers(entry('V8').in.ts);
    const slices = ts('slices_in_window');
    const observed = ts('observed');
    const good = ts('good');
    const series = Array.from({ length: slices }, (_, i) =>
      i < good ? { good: 1, total: 1 } : i < observed ? { good: 0, total: 1 } : NO_EVENTS,
    );
    for (const [emptySlice, id] of [
      ['exclude', 'ts_observed_only'],
      ['good', 'ts_empty_good'],
      ['bad', 'ts_empty_bad'],
    ] as const) {
      const counts = total(series, { method: 'timeslices', sliceMs: 60_000, sliceTarget: 0.5, emptySlice });
      expect(counts.good / counts.total).toBeCloseTo(wanted(id), 6);
    }
  });

  it('V9: nothing bad ever seen is a burn of 0', () => {
    const { given, wanted } = vector('V9');
    const status = budgetStatus(
      { good: given('total'), total: given('total') },
      { kind: 'target', target: 0.99, minimumEvents: 0 },
    );
    expect(status.sli).toBe(wanted('sli'));
    expect(status.consumed).toBe(wanted('BR'));
  });

  it('V11: seasonal traffic weighs by events in one method and by time in the other', () => {
    const { wanted } = vector('V11');
    const day = { good: 99 * 3600, total: 100 * 3600 };
    const night = { good: 3600, total: 3600 };
    const slices = [...Array.from({ length: 12 }, () => day), ...Array.from({ length: 12 }, () => night)];
    const events = slices.reduce(addCounts, NO_EVENTS);
    expect(1 - events.good / events.total).toBeCloseTo(wanted('event_err'), 9);
    expect(burnRate(events, 0.99)).toBeCloseTo(wanted('event_BR'), 6);
    const byTime = total(slices, { method: 'ratio_timeslices', sliceMs: HOUR, emptySlice: 'exclude' });
    expect(1 - byTime.good / byTime.total).toBeCloseTo(wanted('mean_of_slices_err'), 9);
    expect(burnRate(byTime, 0.99)).toBeCloseTo(wanted('mean_of_slices_BR'), 9);
  });
});
