import { BURN_PAIRS, type Objective } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { eventUnit } from './event-unit.ts';
import { printRules, prometheusRules, type Rule, readSloth, readSlothWindows } from './index.ts';
import { parseRange, printRange } from './range.ts';
import { labelName } from './rule.ts';

export const OBJECTIVE: Objective = {
  name: 'answers',
  service: 'shop',
  category: 'availability',
  description: 'Requests are answered {{ always }}.',
  source: { kind: 'requests', indicator: { kind: 'availability', minimumConfidence: undefined } },
  window: { kind: 'rolling', lengthMs: 30 * 86_400_000 },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
  alerts: BURN_PAIRS,
  minimumBad: 2,
  labels: { team: 'a', 'cost-centre': '7' },
  annotations: {},
};

function rulesOf(changes: Partial<Objective> = {}): { rules: readonly Rule[]; notes: string[] } {
  const { groups, notes } = prometheusRules([{ ...OBJECTIVE, ...changes }]);
  return { rules: groups.flatMap(({ rules }) => rules), notes: notes.map(({ note }) => note) };
}

describe('what a query counts in', () => {
  it.each([
    ['sum(increase(a[{{.window}}]))', 'events'],
    ['sum(rate(a{code=~"(5..|429)"}[{{.window}}]))', 'per_second'],
    ['sum_over_time((count(a < 0.75))[{{.window}}:]) OR on() vector(0)', 'events'],
    ['sum_over_time(rate(a[5m])[{{.window}}:1m])', 'events'],
    ['sum(rate((a)[{{ .window }}:]))', 'per_second'],
    ['sum(rate(a{b="increase([{{.window}}"}[5m]))', 'unknown'],
    ['sum(rate(a[{{.window}}])) / sum(increase(a[{{.window}}]))', 'unknown'],
    ['avg_over_time(a[{{.window}}])', 'unknown'],
  ])('%s: %s', (query, unit) => {
    expect(eventUnit(query)).toBe(unit);
  });
});

describe('names', () => {
  it('writes lengths of time as Prometheus reads them', () => {
    for (const text of ['5m', '6h', '3d', '30d', '90m', '250ms'])
      expect(printRange(parseRange(text) ?? 0)).toBe(text);
    expect(parseRange('1h30m')).toBe(5_400_000);
    expect([parseRange('5'), parseRange(''), parseRange('0m'), parseRange('m5')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('makes label names that Prometheus allows', () => {
    expect(['cost-centre', '7th', '', '__name__'].map(labelName)).toEqual([
      'cost_centre',
      '_7th',
      '_',
      '_name__',
    ]);
  });
});

describe('rules', () => {
  it('has a ratio for every window, an alert for every pair, and the budget', () => {
    const { rules, notes } = rulesOf();
    expect(notes).toEqual([]);
    const recorded = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));
    for (const range of ['5m', '30m', '1h', '2h', '6h', '1d', '3d'])
      expect(recorded).toContain(`evenkeel:sli_error:ratio_rate${range}`);
    expect(recorded).toContain('evenkeel:error_budget_remaining:ratio');
    const alerts = rules.filter((rule) => 'alert' in rule);
    expect(alerts.map(({ labels }) => [labels.evenkeel_pair, labels.severity])).toEqual([
      ['page-fast', 'page'],
      ['page-slow', 'page'],
      ['ticket-fast', 'ticket'],
      ['ticket-slow', 'ticket'],
    ]);
    // The budget is 0.001, not what binary fractions make of 1 − 0.999.
    expect(alerts[0]?.expr).toMatch(/> 0\.0144\nand\n.*> 0\.0144\n/);
    expect(rules[0]?.labels).toEqual({
      team: 'a',
      cost_centre: '7',
      evenkeel_service: 'shop',
      evenkeel_objective: 'answers',
    });
    expect(rules[0]?.expr).toContain(
      'evenkeel_objective_events_total{service="shop",objective="answers",verdict="bad"}',
    );
  });

  it('takes no factor under 1, and says so', () => {
    const { rules, notes } = rulesOf({ window: { kind: 'rolling', lengthMs: 28 * 86_400_000 } });
    expect(notes).toEqual([expect.stringMatching(/ticket-slow fires over a burn rate of 1, not 0.933/)]);
    const slow = rules.find(({ labels }) => labels.evenkeel_pair === 'ticket-slow');
    expect(slow?.expr).toContain('> 0.001\n');
  });

  it('leaves out alerts that can never fire, and says which', () => {
    const { rules, notes } = rulesOf({ allowance: { kind: 'target', target: 0.9, minimumEvents: 0 } });
    expect(notes).toEqual([
      expect.stringMatching(/page-fast needs a burn rate over 14.40, but the most is 10.00/),
    ]);
    expect(rules.filter((rule) => 'alert' in rule)).toHaveLength(3);
  });

  it('alerts at the first bad event where none is tolerated', () => {
    const { rules } = rulesOf({ allowance: { kind: 'zero_tolerance' } });
    expect(rules.map((rule) => ('alert' in rule ? rule.alert : rule.record))).toEqual([
      'evenkeel:sli_bad:base',
      'EvenkeelZeroTolerance',
    ]);
    expect(rules[1]?.expr).toMatch(/> 0$/);
  });

  it('says what Prometheus cannot do', () => {
    expect(rulesOf({ window: { kind: 'calendar', unit: 'month', timeZone: 'Europe/Berlin' } }).notes).toEqual(
      [expect.stringMatching(/no calendar month in Europe\/Berlin/)],
    );
    const ratio: Objective['source'] = {
      kind: 'promql',
      source: 'p',
      query: { kind: 'error_ratio', ratio: 'x[{{.window}}]' },
    };
    expect(rulesOf({ source: ratio }).notes.join()).toMatch(/no guard against few events.*mean over time/);
    const sliced: Objective['budgeting'] = {
      method: 'timeslices',
      sliceMs: 60_000,
      sliceTarget: 0.95,
      emptySlice: 'exclude',
    };
    expect(rulesOf({ budgeting: sliced }).notes).toEqual([expect.stringMatching(/slices slide/)]);
  });
});

const SLOTH = `version: "prometheus/v1"
service: shop
labels: { team: a }
slos:
  - name: answers
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(requests_total[{{.window}}]))
    alerting:
      name: ShopDown
      page_alert: { labels: { severity: wake } }
      ticket_alert: { disable: true }
`;

describe("Sloth's files", () => {
  it('become objectives, and their alerts keep names and labels', () => {
    const { ok, objectives } = readSloth(SLOTH, 'a.yml');
    expect(ok).toBe(true);
    const [first] = objectives;
    expect(first?.objective).toMatchObject({
      name: 'answers',
      service: 'shop',
      allowance: { kind: 'target', target: 0.999 },
      window: { kind: 'rolling', lengthMs: 2_592_000_000 },
      labels: { team: 'a' },
    });
    expect(first?.objective.alerts).toEqual(BURN_PAIRS.filter(({ severity }) => severity === 'page'));
    const { groups } = prometheusRules(
      objectives.map(({ objective }) => objective),
      { alerting: () => first?.alerting },
    );
    const text = printRules(groups);
    expect(text).toContain('alert: ShopDown');
    expect(text).toContain('severity: wake');
  });

  it.each([
    ['error_query', 'eror_query', 'is not known here', 'error_query'],
    ['objective: 99.9', 'objective: 100', 'over 0 and under 100', ''],
    ['rate(requests_total[{{.window}}])', 'rate(requests_total[5m])', 'where its range belongs', ''],
    ['prometheus/v1', 'prometheus/v2', 'expected prometheus/v1', ''],
  ])('%s → %s is refused with its place', (right, wrong, message, hint) => {
    const text = SLOTH.replace(right, wrong);
    const { ok, problems } = readSloth(text, 'a.yml');
    expect(ok).toBe(false);
    const found = problems.find((problem) => problem.message.includes(message));
    expect(found?.hint ?? '').toContain(hint);
    const line = text.slice(0, text.indexOf(wrong)).split('\n').length;
    expect(found?.line).toBe(line);
  });

  it('refuses plugins by name and reads the rest', () => {
    const plugin = `${SLOTH}  - { name: other, objective: 99, sli: { plugin: { id: x/y/v1 } } }\n`;
    const { objectives, problems } = readSloth(plugin, 'a.yml');
    expect(objectives).toHaveLength(1);
    expect(problems[0]?.message).toMatch(/"x\/y\/v1" is a Go plugin/);
    expect(readSloth(`${SLOTH}---\n${SLOTH}`, 'a.yml').problems[0]?.message).toMatch(
      /shop\/answers is there twice/,
    );
    expect(readSloth('', 'a.yml').problems[0]?.message).toMatch(/found nothing/);
  });

  it('may have windows of their own', () => {
    const pair = (percent: number, short: string, long: string): string =>
      `{ errorBudgetPercent: ${percent}, shortWindow: ${short}, longWindow: ${long} }`;
    const text = `apiVersion: sloth.slok.dev/v1
kind: AlertWindows
spec:
  sloPeriod: 7d
  page: { quick: ${pair(8, '5m', '1h')}, slow: ${pair(12.5, '30m', '6h')} }
  ticket: { quick: ${pair(20, '2h', '1d')}, slow: ${pair(42, '6h', '3d')} }
`;
    const read = readSlothWindows(text, 'w.yml');
    if (!read.ok) throw new Error(read.problems[0]?.message);
    const [first] = readSloth(SLOTH, 'a.yml', read.windows).objectives;
    expect(first?.objective.window).toEqual({ kind: 'rolling', lengthMs: 7 * 86_400_000 });
    expect(first?.objective.alerts[0]).toMatchObject({
      budgetShare: 0.08,
      longMs: 3_600_000,
      shortMs: 300_000,
    });
    const wrong = readSlothWindows(text.replace('5m', 'five'), 'w.yml');
    expect(wrong.ok ? '' : wrong.problems[0]?.message).toMatch(/expected a duration/);
  });
});
