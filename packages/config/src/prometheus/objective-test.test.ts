import { BURN_PAIRS, type Objective } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { testObjective } from './index.ts';

const OBJECTIVE: Objective = {
  name: 'answers',
  service: 'shop',
  category: 'availability',
  description: '',
  source: { kind: 'pushed', name: 'x' },
  window: { kind: 'rolling', lengthMs: 30 * 86_400_000 },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
  alerts: BURN_PAIRS,
  minimumBad: 2,
  labels: {},
  annotations: {},
};
const run = (text: string, changes: Partial<Objective> = {}): ReturnType<typeof testObjective> =>
  testObjective(text, 't.yaml', [{ ...OBJECTIVE, ...changes }]);

// 30 days of 1,000 a minute, ten minutes of which fail at the end: 10,000 of 43.2 million.
const OUTAGE = `series:
  - { duration: 43190m, every: 1m, good: 1000, total: 1000 }
  - { duration: 10m, every: 1m, good: 0, total: 1000 }
  - { duration: 1d, every: 1m, good: 1000, total: 1000 }
`;

describe('a test of an objective', () => {
  it('agrees with what is worked out by hand', () => {
    const result = run(`${OUTAGE}expect:
  - { at: 43190m, state: healthy, consumed: 0, remaining: 1, alerts: [] }
  - at: 30d
    sli: ${1 - 10_000 / 43_200_000}
    consumed: ${10_000 / 43_200}
    remaining: ${1 - 10_000 / 43_200}
    burn: { 5m: 1000, 1h: ${1000 / 6}, 6h: ${10_000 / 360} }
    alerts: [page-fast, page-slow, ticket-fast, ticket-slow]
  # The pair of 5 minutes ends 5 minutes × (1 − 0.0144) after the outage, that of 30 after 29.82.
  - { at: 30d4m55s, alerts: [page-fast, page-slow, ticket-fast, ticket-slow] }
  - { at: 30d4m56s, alerts: [page-slow, ticket-fast, ticket-slow] }
  - { at: 30d29m50s, alerts: [ticket-fast, ticket-slow] }
`);
    expect(result.problems).toEqual([]);
    expect(result).toMatchObject({ ok: true, checks: 29 });
  });

  it('says where, what, and how it is worked out', () => {
    const result = run(`${OUTAGE}expect:
  - at: 30d
    remaining: 0.5
    state: warning
    burn: { 1h: 14.4 }
    alerts: [page-fast]
  - { at: 1d, alerts: [page-fast] }
  - { at: 1d, alerts: [page-fats] }
`);
    expect(result.ok).toBe(false);
    expect(result.problems.map(({ line, at, message, hint }) => [line, at, message, hint])).toEqual([
      [
        7,
        'expect[0].remaining',
        'expected remaining 0.5, got 0.768518519',
        expect.stringMatching(/^10000 bad of 43200000: /),
      ],
      [8, 'expect[0].state', 'expected state warning, got healthy', expect.stringMatching(/76.9 % left/)],
      [9, 'expect[0].burn.1h', 'expected a burn rate of 14.4 over 1h, got 166.666667', '10000 bad of 60000'],
      [
        10,
        'expect[0].alerts',
        'expected page-slow to be silent, it fires',
        expect.stringMatching(/burns 27.8 times/),
      ],
      [10, 'expect[0].alerts', 'expected ticket-fast to be silent, it fires', expect.any(String)],
      [10, 'expect[0].alerts', 'expected ticket-slow to be silent, it fires', expect.any(String)],
      [
        11,
        'expect[1].alerts[0]',
        'expected page-fast to fire, it is silent',
        expect.stringMatching(/burns 0.00/),
      ],
      [12, 'expect[2].alerts[0]', 'there is no alert "page-fats"', 'did you mean "page-fast"?'],
    ]);
  });

  it('tells nothing from zero', () => {
    const text = `series: [{ at: 1h, good: 1, total: 1 }]
expect:
  - { at: 1h, state: no_data, remaining: null, sli: null, burn: { 5m: null } }
  - { at: 1h1m, state: healthy, remaining: 1, sli: 1, burn: { 5m: 0 } }
  - { at: 1h1m, remaining: null }
`;
    const { problems } = run(text);
    expect(problems.map(({ message }) => message)).toEqual(['expected remaining nothing, got 1']);
  });

  it('follows calendars and their clocks', () => {
    // In Berlin the last of March 2024 had 23 hours: April begins at 22:00 UTC.
    const month = { kind: 'calendar', unit: 'month', timeZone: 'Europe/Berlin' } as const;
    const text = `start: 2024-03-31T00:00:00Z
series:
  - { duration: 22h, good: 900, total: 1000 }
  - { duration: 2h, good: 100, total: 100 }
expect:
  - { at: 21h59m, sli: 0.9 }
  - { at: 22h, state: no_data }
  - { at: 23h, sli: 1 }
`;
    expect(run(text, { window: month }).problems).toEqual([]);
  });

  it('counts by slices', () => {
    // Ten slices whose good and total are given; the workings stand beside core's own vectors of the same series.
    const good = [2, 10, 12, 13, 13, 12, 13, 13, 12, 11];
    const total = [4, 10, 12, 13, 14, 15, 14, 13, 12, 11];
    const series = good.map((n, i) => `  - { duration: 1m, good: ${n}, total: ${total[i] ?? 0} }`).join('\n');
    const allowance = { kind: 'target', target: 0.95, minimumEvents: 0 } as const;
    const text = (sli: number, consumed: number): string =>
      `tolerance: 1.0e-5\nseries:\n${series}\nexpect: [{ at: 10m, sli: ${sli}, consumed: ${consumed} }]\n`;
    const slice = { sliceMs: 60_000, emptySlice: 'exclude' } as const;
    const base = { allowance, alerts: [] };
    expect(run(text(0.940678, 1.1864407), base).problems).toEqual([]);
    const slices = { ...base, budgeting: { method: 'timeslices', sliceTarget: 0.95, ...slice } } as const;
    expect(run(text(0.6, 8), slices).problems).toEqual([]);
    const ratios = { ...base, budgeting: { method: 'ratio_timeslices', ...slice } } as const;
    expect(run(text(0.9157143, 1.6857143), ratios).problems).toEqual([]);
  });

  it('refuses what makes no sense, each with its place', () => {
    const first = (text: string): string | undefined => run(text).problems[0]?.message;
    const expectation = 'expect: [{ at: 1h, sli: 1 }]\n';
    expect(first(`series: [{ good: 2, total: 1 }]\n${expectation}`)).toMatch(/2 good of 1 is more/);
    expect(first(`series: [{ good: -1, total: 1 }]\n${expectation}`)).toMatch(/0 or more/);
    expect(first(`series: [{ every: 1m, good: 1, total: 1 }]\n${expectation}`)).toMatch(/needs a "duration"/);
    expect(first(`series: [{ duration: soon, good: 1, total: 1 }]\n${expectation}`)).toMatch(
      /expected a duration/,
    );
    expect(first(`series: [{ good: 1, total: 1 }]\nexpect: [{ at: 1h, remainig: 1 }]\n`)).toMatch(
      /not known here/,
    );
    expect(first(`objective: shop/answer\nseries: [{ good: 1, total: 1 }]\n${expectation}`)).toMatch(
      /no objective/,
    );
    const never = run(`series: [{ good: 1, total: 1 }]\n${expectation}`, {
      allowance: { kind: 'target', target: 0.5, minimumEvents: 0 },
    });
    expect(never.problems[0]?.message).toMatch(/can never fire/);
    expect(testObjective(`series: [{ good: 1, total: 1 }]\n${expectation}`, 't', []).problems[0]?.hint).toBe(
      'there are no objectives',
    );
  });
});
