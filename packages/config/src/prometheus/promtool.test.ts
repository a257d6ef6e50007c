import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BURN_PAIRS, burnRules, judgeBurn, type Objective } from '@evenkeel/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { printRules, prometheusRules, type RuleOptions } from './index.ts';

const installed = spawnSync('promtool', ['--version']).status === 0;
// On a build server the rules are not taken on trust.
const wanted = installed || process.env.CI === 'true';
if (!wanted) console.warn('SKIPPED: promtool is not installed (Debian: apt-get install prometheus)');

const objective = (changes: Partial<Objective> = {}): Objective => ({
  name: 'answers',
  service: 'shop',
  category: 'availability',
  description: 'Requests are answered, "quoted" and {{ braced }}.',
  source: { kind: 'requests', indicator: { kind: 'safety' } },
  window: { kind: 'rolling', lengthMs: 30 * 86_400_000 },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
  alerts: BURN_PAIRS,
  minimumBad: 2,
  labels: {},
  annotations: {},
  ...changes,
});

const promql = (query: Extract<Objective['source'], { kind: 'promql' }>['query']): Objective['source'] => ({
  kind: 'promql',
  source: 'main',
  query,
});

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'evenkeel-promtool-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Expected {
  readonly expr: string;
  readonly at: string;
  /** The one sample's value; nothing for no sample. */
  readonly value?: number;
}

function rulesFile(objectives: readonly Objective[], options?: RuleOptions): string {
  const path = join(directory, 'rules.yml');
  writeFileSync(path, printRules(prometheusRules(objectives, options).groups));
  return path;
}

/** Runs traffic by the minute through the rules; throws promtool's own account where they differ. */
function run(rules: string, traffic: Readonly<Record<string, string>>, expected: readonly Expected[]): void {
  const path = join(directory, 'test.yml');
  const tests = [
    {
      interval: '1m',
      input_series: Object.entries(traffic).map(([series, values]) => ({ series, values })),
      promql_expr_test: expected.map(({ expr, at, value }) => ({
        expr,
        eval_time: at,
        exp_samples: value === undefined ? [] : [{ labels: '{}', value }],
      })),
    },
  ];
  writeFileSync(path, stringify({ rule_files: [rules], evaluation_interval: '1m', tests }));
  const done = spawnSync('promtool', ['test', 'rules', path], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${done.stdout}\n${done.stderr}`);
}

const firing = (pair: string): string => `count(ALERTS{alertstate="firing",evenkeel_pair="${pair}"})`;
const ratio = 'sum(evenkeel:sli_error:ratio_rate5m)';
const GOOD = 'evenkeel_objective_events_total{service="shop",objective="answers",verdict="good"}';
const BAD = 'evenkeel_objective_events_total{service="shop",objective="answers",verdict="bad"}';

describe.skipIf(!wanted)('promtool', () => {
  it('accepts the rules of every kind of objective', () => {
    const total = 'sum(rate(x{a="\\"}"}[{{.window}}]))';
    const objectives = [
      objective({ name: 'one', labels: { 'cost-centre': 'a "quoted" \\ one', '7': 'x' } }),
      objective({ name: 'a "quoted" \\ name' }),
      objective({ name: 'two', allowance: { kind: 'zero_tolerance' } }),
      objective({ name: 'three', window: { kind: 'calendar', unit: 'quarter', timeZone: 'Asia/Tokyo' } }),
      objective({ name: 'four', source: promql({ kind: 'good_over_total', good: total, total }) }),
      objective({ name: 'five', source: promql({ kind: 'bad_over_total', bad: total, total }) }),
      objective({
        name: 'six',
        source: promql({ kind: 'error_ratio', ratio: '1 - avg_over_time(y[{{.window}}])' }),
      }),
      objective({
        name: 'seven',
        budgeting: { method: 'timeslices', sliceMs: 300_000, sliceTarget: 0.95, emptySlice: 'bad' },
      }),
      objective({
        name: 'eight',
        budgeting: { method: 'ratio_timeslices', sliceMs: 60_000, emptySlice: 'exclude' },
      }),
      objective({ name: 'nine', alerts: [], minimumBad: 0 }),
    ];
    const path = rulesFile(objectives, { noTrafficAfterMs: 1_800_000 });
    const output = execFileSync('promtool', ['check', 'rules', path], { encoding: 'utf8' });
    expect(output).toMatch(/SUCCESS: \d+ rules found/);
  });

  // 2 hours of 100 requests a minute, then all of them fail for 10 minutes, then all is well.
  const outage = {
    [GOOD]: '0+100x120 12000+0x9 12100+100x59',
    [BAD]: '0+0x120 100+100x9 1000+0x60',
  };

  it('pages in an outage and stops soon after it', () => {
    // One minute of failures is 100/6000 of the hour, over 1.44 %, and a hundred failures are no chance.
    run(rulesFile([objective()]), outage, [
      { expr: firing('page-fast'), at: '120m' },
      { expr: firing('page-fast'), at: '121m', value: 1 },
      { expr: firing('page-fast'), at: '134m', value: 1 },
      // The short window holds no failure any more.
      { expr: firing('page-fast'), at: '136m' },
      { expr: firing('page-slow'), at: '150m', value: 1 },
      { expr: firing('page-slow'), at: '161m' },
      { expr: firing('ticket-slow'), at: '150m', value: 1 },
    ]);
    run(rulesFile([objective()], { lowTrafficGuard: false }), outage, [
      { expr: firing('page-fast'), at: '120m' },
      { expr: firing('page-fast'), at: '121m', value: 1 },
    ]);
  });

  it('is silent at one failure among ten requests an hour, and would not be without the guard', () => {
    const good = Array.from({ length: 20 }, (_, n) => `${n}+0x5`).join(' ');
    const traffic = { [GOOD]: good, [BAD]: '0+0x59 1+0x59' };
    run(rulesFile([objective()]), traffic, [
      { expr: firing('page-fast'), at: '62m' },
      { expr: firing('ticket-slow'), at: '62m' },
    ]);
    run(rulesFile([objective()], { lowTrafficGuard: false }), traffic, [
      { expr: firing('page-fast'), at: '62m', value: 1 },
    ]);
  });

  it('takes many failures at their word and few not, as core does', () => {
    // 14.5 times too fast from the beginning: 1,000 a minute, 14.5 of which fail. The interval over the hour would reach
    // down to 13.6 times for as long as it lasts.
    const many = { [GOOD]: '0+985.5x90', [BAD]: '0+14.5x90' };
    run(rulesFile([objective()]), many, [{ expr: firing('page-fast'), at: '65m', value: 1 }]);
    // The same share of 20 a minute is 17 failures in the hour.
    const few = { [GOOD]: '0+19.71x90', [BAD]: '0+0.29x90' };
    // What core says of the same hours.
    const [rule] = burnRules(BURN_PAIRS, 30 * 86_400_000, 0.999);
    if (rule === undefined) throw new Error('no rule');
    const judged = (bad: number, total: number): boolean => {
      const counts = { good: total - bad, total };
      return judgeBurn(rule, counts, counts, 0.999).firing;
    };
    expect([judged(870, 60_000), judged(17.4, 1_200)]).toEqual([true, false]);
    run(rulesFile([objective()]), few, [{ expr: firing('page-fast'), at: '65m' }]);
    run(rulesFile([objective()], { lowTrafficGuard: false }), few, [
      { expr: firing('page-fast'), at: '65m', value: 1 },
    ]);
  });

  it('tells no traffic from no failures, and can alert on it', () => {
    const rules = rulesFile([objective()], { noTrafficAfterMs: 600_000 });
    const silent = 'count(ALERTS{alertstate="firing",alertname="EvenkeelNoTraffic"})';
    run(rules, { [GOOD]: '0+10x59 590+0x60' }, [
      // The series of failures was never written: that is no failure, not no answer.
      { expr: ratio, at: '50m', value: 0 },
      { expr: silent, at: '50m' },
      { expr: ratio, at: '80m' },
      { expr: silent, at: '80m', value: 1 },
    ]);
  });

  it('weighs the window by events and not by time', () => {
    // An hour of 1,000 a minute with 1 % failures, an hour of 10 a minute without any.
    const traffic = { [GOOD]: '0+990x60 59410+10x59', [BAD]: '0+10x60 600+0x60' };
    run(
      rulesFile([objective({ allowance: { kind: 'target', target: 0.99, minimumEvents: 0 }, alerts: [] })]),
      traffic,
      [
        // By events 0.0099; the mean of the ratios over time would be near 0.005.
        { expr: 'sum(evenkeel:sli_error:ratio_period > bool 0.0098)', at: '119m', value: 1 },
        { expr: 'sum(evenkeel:error_budget_remaining:ratio < bool 0.02)', at: '119m', value: 1 },
      ],
    );
  });

  it('counts bad slices', () => {
    const budgeting = {
      method: 'timeslices',
      sliceMs: 300_000,
      sliceTarget: 0.95,
      emptySlice: 'exclude',
    } as const;
    // A tenth of the requests fails for an hour: every slice of it is bad. 4 % would make none.
    run(rulesFile([objective({ budgeting })]), { [GOOD]: '0+90x119', [BAD]: '0+10x119' }, [
      { expr: 'sum(evenkeel:sli_error:ratio_rate1h)', at: '119m', value: 1 },
    ]);
    run(rulesFile([objective({ budgeting })]), { [GOOD]: '0+96x119', [BAD]: '0+4x119' }, [
      { expr: 'sum(evenkeel:sli_error:ratio_rate1h)', at: '119m', value: 0 },
    ]);
  });

  it('pages at the first event where none is tolerated', () => {
    const alert = 'count(ALERTS{alertstate="firing",alertname="EvenkeelZeroTolerance"})';
    run(
      rulesFile([objective({ allowance: { kind: 'zero_tolerance' } })]),
      { [GOOD]: '0+100x59', [BAD]: '0+0x29 1+0x29' },
      [
        { expr: alert, at: '29m' },
        { expr: alert, at: '31m', value: 1 },
        { expr: alert, at: '40m' },
      ],
    );
  });
});
