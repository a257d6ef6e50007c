import { BURN_PAIRS, type Objective } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { changed, load, problemsOf, SOUND, told, warningsOf } from '../fixture.test.rig.ts';

const DAY = 86_400_000;

/** The sound file with sections after it. */
const withObjectives = (text: string): string => `${SOUND}objectives:\n${text}`;
// The first line of an objective in the files above.
const LINE = SOUND.split('\n').length + 1;

function resolved(text: string): { objectives: readonly Objective[]; find: (name: string) => Objective } {
  const loaded = load(text);
  if (!loaded.ok) throw new Error(told(loaded.problems).join('\n'));
  const { objectives } = loaded.service;
  return {
    objectives,
    find(name) {
      const found = objectives.find((one) => one.name === name);
      if (found === undefined) throw new Error(`no objective ${name}`);
      return found;
    },
  };
}

describe('a file without objectives', () => {
  it('is held to the usual ones', () => {
    const { objectives, find } = resolved(SOUND);
    expect(objectives.map(({ name }) => name)).toEqual(['availability', 'latency-p99', 'feature-age']);
    expect(find('latency-p99')).toMatchObject({
      service: 'moderation',
      source: { kind: 'requests', indicator: { kind: 'latency', thresholdMs: 500, part: 'end_to_end' } },
      allowance: { kind: 'target', target: 0.99 },
      window: { kind: 'rolling', lengthMs: 7 * DAY },
    });
    expect(find('availability').alerts).toEqual(BURN_PAIRS);
    const safe = resolved(`${SOUND}safety: { rules: [{ words: [x], verdict: block }] }\n`);
    expect(safe.find('safety')).toMatchObject({
      allowance: { kind: 'target', target: 0.9999, minimumEvents: 10_000 },
    });
    expect(resolved(changed(['callers:', 'objectives: {}\ncallers:'])).objectives).toEqual([]);
  });
});

describe('categories without numbers', () => {
  it('have those of the reference', () => {
    const { find } = resolved(
      withObjectives(`  answers: { category: availability }
  p50: { category: latency, indicator: { latency: { p50: 100ms } } }
  p95: { category: latency, indicator: { latency: { p95: 200ms, of: model } }, slices: { every: 5m } }
  p99: { category: latency, indicator: { latency: { p99: 1s, of: between_tokens } }, slices: { every: 1m } }
  right: { category: quality, baseline: 80%, allowed_degradation: 10% }
  young: { category: freshness, indicator: { model_age: { model: primary } } }
  fresh: { category: freshness }
  harmless: { category: safety, indicator: { pushed: harm } }
  harm-rate: { category: safety, indicator: { pushed: harm }, target: 99.99% }
  money: { category: cost, indicator: { cost: { input_per_million: 0.15, output_per_million: 0.6 } }, amount: 100, window: { calendar: month } }
`),
    );
    const share = (name: string): unknown => {
      const { allowance } = find(name);
      return allowance.kind === 'target' ? allowance.target : allowance.kind;
    };
    expect([share('answers'), share('p50'), share('p95'), share('p99')]).toEqual([0.999, 0.5, 0.95, 0.99]);
    expect(share('right')).toBeCloseTo(0.72, 12);
    expect([share('young'), share('fresh'), share('harmless')]).toEqual([
      'zero_tolerance',
      0.99,
      'zero_tolerance',
    ]);
    expect(find('p95').budgeting).toEqual({
      method: 'timeslices',
      sliceMs: 300_000,
      sliceTarget: 0.95,
      emptySlice: 'exclude',
    });
    // Pairs whose short window is under a slice hold none.
    expect(find('p95').alerts.every(({ shortMs }) => shortMs >= 300_000)).toBe(true);
    expect(find('harm-rate').allowance).toMatchObject({ minimumEvents: 10_000 });
    const windows = ['answers', 'p50', 'right', 'young', 'fresh', 'harmless'].map((name) => {
      const { window } = find(name);
      return window.kind === 'rolling' ? window.lengthMs / DAY : window.unit;
    });
    expect(windows).toEqual([30, 7, 1, 1, 1 / 24, 1 / 24]);
    expect(find('money')).toMatchObject({
      allowance: { kind: 'amount', amount: 100, unit: 'EUR' },
      window: { kind: 'calendar', unit: 'month', timeZone: 'UTC' },
      source: {
        kind: 'requests',
        indicator: { kind: 'cost', prices: { default: { input: 0.15, output: 0.6 }, models: {} } },
      },
    });
    expect(find('money').alerts).toHaveLength(4);
  });
});

describe('what an objective can say', () => {
  it('is all of it', () => {
    const { find } = resolved(
      withObjectives(`  answers:
    category: availability
    description: Mail is answered.
    indicator: { availability: { minimum_confidence: 60% } }
    target: 99.5%
    window: { calendar: quarter, timezone: America/New_York }
    alerts: [{ name: mine, severity: ticket, budget: 10%, long: 6h }]
    minimum_bad: 5
    segments: { version: 20, tenant: 50, cohort: 10 }
    expected_traffic: { events: 10, per: 5m }
    labels: { team: mail }
  spam: { category: quality, indicator: { labels: { predicted: spam } }, target: 0.9 }
  upstream:
    category: availability
    indicator: { promql: { bad: 'sum(increase(b[{{.window}}]))', total: 'sum(increase(t[{{.window}}]))' } }
  both: { category: availability, indicator: { weighted: { answers: 3, spam: 1 } }, target: 99% }
  all: { category: availability, indicator: { all_of: [answers, spam] }, expected_traffic: learned }
`),
    );
    expect(find('answers')).toEqual({
      name: 'answers',
      service: 'moderation',
      category: 'availability',
      description: 'Mail is answered.',
      source: { kind: 'requests', indicator: { kind: 'availability', minimumConfidence: 0.6 } },
      window: { kind: 'calendar', unit: 'quarter', timeZone: 'America/New_York' },
      budgeting: { method: 'occurrences' },
      allowance: { kind: 'target', target: 0.995, minimumEvents: 0 },
      alerts: [
        { name: 'mine', severity: 'ticket', budgetShare: 0.1, longMs: 6 * 3_600_000, shortMs: 1_800_000 },
      ],
      minimumBad: 5,
      segments: [
        { by: 'version', most: 20 },
        { by: 'tenant', most: 50 },
        { by: 'cohort', most: 10 },
      ],
      expectedTraffic: { kind: 'stated', events: 10, perMs: 300_000 },
      labels: { team: 'mail' },
      annotations: {},
    });
    expect(find('spam').source).toEqual({ kind: 'labels', predicted: 'spam' });
    expect(find('upstream').source).toMatchObject({
      query: { kind: 'bad_over_total' },
      source: 'prometheus',
    });
    expect(find('both').source).toEqual({
      kind: 'composite',
      method: 'weighted',
      parts: [
        { objective: 'answers', weight: 3 },
        { objective: 'spam', weight: 1 },
      ],
    });
    expect(find('all').expectedTraffic).toEqual({ kind: 'learned' });
  });
});

const MISTAKES: readonly (readonly [string, string])[] = [
  ['target: 0', 'objectives.x.target: expected a target over 0% and under 100%, such as "99.9%", found 0'],
  ['target: 0%', 'target: expected a target over 0% and under 100%, such as "99.9%", found "0%"'],
  ['target: 1', 'found 1: for none at all, write zero_tolerance: true'],
  ['target: 100%', 'found "100%": for none at all, write zero_tolerance: true'],
  ['target: .nan', 'objectives.x.target: expected a text or a number, found the number NaN'],
  ['target: 99.9', 'found 99.9: did you mean "99.9%"?'],
  ['target: -1', 'found -1'],
  ['window: 0d', 'window: expected at least 1 minutes, found 0d'],
  ['window: 0', 'x.window'],
  ['window: 3660d', 'window: expected less than 10 years, found 3660d'],
  ['window: 10y', 'window: expected a duration such as "5m", "1h" or "30d", found "10y"'],
  ['window: 90s', 'window: expected whole minutes, found 90s'],
  [
    'window: { calendar: month, timezone: Europe/Berln }',
    'window.timezone: there is no time zone "Europe/Berln"',
  ],
  [
    'target: 90%, alerts: [{ name: fast, severity: page, budget: 2%, long: 1h }]',
    'alerts[0]: alerts that can never fire: fast needs a burn rate over 14.40, but the most is 10.00',
  ],
  ['alerts: [{ name: a, severity: page, budget: 2%, long: 31d }]', 'is longer than the window of the budget'],
  ['indicator: {}', 'indicator: expected exactly one indicator, found none'],
  ['indicator: { safety: true, full_service: true }', 'found full_service and safety'],
  [
    'indicator: { latency: { p50: 1s, p99: 2s } }',
    'indicator.latency: expected one of p50, p95 and p99, found p50 and p99',
  ],
  ['indicator: { model_age: { model: primry } }', 'model_age.model: there is no model "primry"'],
  [
    'indicator: { promql: { good: "sum(x)", total: "y[{{.window}}]" } }',
    'promql.good: expected "{{.window}}"',
  ],
  ['indicator: { promql: { good: "x[{{.window}}]" } }', 'promql: expected good and total'],
  ['indicator: { all_of: [x, y] }', 'indicator.all_of[0]: there is no objective "x"'],
  ['indicator: { pushed: p }, segments: { tenant: 5 }', 'segments: only indicators of requests'],
  ['zero_tolerance: true, target: 99%', 'grants a second allowance beside target'],
  ['amount: 5', 'amount: is for costs'],
  ['allowed_degradation: 5%', 'allowed_degradation: needs a baseline'],
  ['slices: { every: 5m }', 'slices: "target" is missing'],
  ['slices: { every: 2h }, window: 1h', 'slices.every: is longer than the window'],
  ['expected_traffic: sometimes', 'expected_traffic'],
  ['targt: 99%', '"targt" is not known here'],
];

describe('mistakes', () => {
  it.each(MISTAKES)('%s', (text, expected) => {
    const file = withObjectives(`  x: { category: availability, ${text} }\n`);
    const problems = problemsOf(file);
    expect(problems.some(({ line }) => line === LINE)).toBe(true);
    expect(told(problems).join('\n')).toContain(expected);
    const [first] = problems;
    expect(first?.column).toBeGreaterThan(1);
  });

  it('of categories that need something said', () => {
    expect(told(problemsOf(withObjectives('  q: { category: quality }\n')))).toEqual([
      expect.stringContaining('objectives.q: "target" is missing: quality has no usual one'),
    ]);
    expect(told(problemsOf(withObjectives('  c: { category: cost }\n')))).toEqual([
      expect.stringContaining('objectives.c: "indicator" is missing'),
    ]);
    const cost =
      '  c: { category: cost, indicator: { cost: { input_per_million: 1, output_per_million: 1 } } }\n';
    expect(told(problemsOf(withObjectives(cost)))).toEqual([
      expect.stringContaining('"amount" is missing: what may the window cost?'),
    ]);
  });

  it('warns of what never counts', () => {
    const warnings = warningsOf(withObjectives('  s: { category: safety }\n'));
    expect(told(warnings)).toEqual([
      expect.stringContaining('objectives.s: never counts: the file has no output safety check'),
    ]);
  });
});

describe('policies', () => {
  const policy = (text: string): string => `${SOUND}policies:\n  slow: ${text}\n`;

  it('are resolved with a release apart from their threshold', () => {
    const loaded = load(
      `${policy('{ when: { objective: latency-p99, remaining_below: 25% }, then: [page, { pin: big }, { tighten: 50% }] }')}  burn:
    when: { objective: availability, alert: page-fast }
    then: [freeze_promotion, forbid_experiments]
    release: { burn_below: 1, for: 5m, most_for: 1h }
    lease: 2m
`,
    );
    if (!loaded.ok) throw new Error(told(loaded.problems).join('\n'));
    expect(loaded.service.policies).toEqual([
      {
        name: 'slow',
        service: 'moderation',
        trigger: { kind: 'remaining_below', objective: 'latency-p99', below: 0.25 },
        actions: [{ kind: 'page' }, { kind: 'pin', rung: 'big' }, { kind: 'tighten', factor: 0.5 }],
        release: { remainingAbove: 0.35, burnBelow: undefined, forMs: 600_000, mostForMs: 4 * 3_600_000 },
        leaseMs: 300_000,
      },
      {
        name: 'burn',
        service: 'moderation',
        trigger: { kind: 'firing', objective: 'availability', pair: 'page-fast' },
        actions: [{ kind: 'freeze_promotion' }, { kind: 'forbid_experiments' }],
        release: { remainingAbove: undefined, burnBelow: 1, forMs: 300_000, mostForMs: 3_600_000 },
        leaseMs: 120_000,
      },
    ]);
  });

  it.each([
    [
      '{ when: { objective: availabilty, alert: page-fast }, then: [page] }',
      'there is no objective "availabilty"',
    ],
    [
      '{ when: { objective: availability, alert: page-fats }, then: [page] }',
      'there is no alert of this objective "page-fats"',
    ],
    [
      '{ when: { objective: availability }, then: [page] }',
      'when: expected remaining_below or alert, found none',
    ],
    [
      '{ when: { objective: availability, remaining_below: 10% }, then: [{ pin: bog }] }',
      'then[0].pin: there is no rung "bog"',
    ],
    [
      '{ when: { objective: availability, remaining_below: 10% }, then: [{ strictness: strict }] }',
      'the file has no output safety check',
    ],
    [
      '{ when: { objective: availability, remaining_below: 50% }, then: [page], release: { remaining_above: 40% } }',
      'release.remaining_above: is not over remaining_below (0.5): it would come and go',
    ],
    ['{ when: { objective: availability, remaining_below: 50% }, then: [] }', 'then'],
  ])('%s', (text, expected) => {
    expect(told(problemsOf(policy(text))).join('\n')).toContain(expected);
  });
});
