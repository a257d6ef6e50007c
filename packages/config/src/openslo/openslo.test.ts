import { BURN_PAIRS, type Objective } from '@evenkeel/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromObjectives,
  inlineReferences,
  type OpenSloDocument,
  placed,
  printOpenSlo,
  readOpenSlo,
  toObjectives,
} from './index.ts';

const SET = `apiVersion: openslo/v1
kind: DataSource
metadata:
  name: main
spec:
  type: Prometheus
  connectionDetails: { url: "http://127.0.0.1:9090" }
---
apiVersion: openslo/v1
kind: SLI
metadata:
  name: answered
spec:
  ratioMetric:
    counter: true
    bad:
      metricSource:
        metricSourceRef: main
        spec: { query: 'sum(requests_total{code=~"5.."})' }
    total:
      metricSource:
        metricSourceRef: main
        spec: { query: sum(requests_total) }
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: { name: fast-burn }
spec:
  severity: page
  condition: { kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m }
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: { name: on-call }
spec: { target: pager }
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: { name: wake }
spec:
  alertWhenNoData: false
  alertWhenResolved: false
  alertWhenBreaching: true
  conditions: [{ conditionRef: fast-burn }]
  notificationTargets: [{ targetRef: on-call }]
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout
  labels: { team: [a, b], tier: "1" }
spec:
  description: Checkouts are answered.
  service: shop
  indicatorRef: answered
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
  alertPolicies: [{ alertPolicyRef: wake }]
`;

function documentsOf(text: string): OpenSloDocument[] {
  return readOpenSlo(text, 'a.yaml').documents.map(({ document }) => document);
}

/** Line and column of the first place where a piece of text stands. */
function placeOf(text: string, piece: string): { line: number; column: number } {
  const offset = text.indexOf(piece);
  if (offset < 0) throw new Error(`${piece} is not there`);
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** One SLO, its spec's lines given. */
function slo(spec: string): string {
  const lines = spec.trim().split('\n');
  return `apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: one\nspec:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

const RATIO = `indicator:
  metadata: { name: i }
  spec:
    ratioMetric:
      counter: true
      good: { metricSource: { type: Prometheus, spec: { query: 'ok_total{a="}"}' } } }
      total: { metricSource: { type: Prometheus, spec: { query: all_total } } }`;
const thresholdSlo = (extra: string): string =>
  slo(`service: s
indicator:
  metadata: { name: i }
  spec: { thresholdMetric: { metricSource: { type: Prometheus, spec: { query: lag } } } }
timeWindow: [{ duration: 4w, isRolling: true }]
budgetingMethod: Occurrences
objectives: [{ ${extra} target: 0.9 }]`);

describe('reading', () => {
  it('reads every kind of a stream, and a list with a remark', () => {
    const read = readOpenSlo(SET, 'a.yaml');
    expect(read.problems).toEqual([]);
    expect(read.warnings).toEqual([]);
    expect(read.documents.map(({ document }) => document.kind)).toEqual([
      'DataSource',
      'SLI',
      'AlertCondition',
      'AlertNotificationTarget',
      'AlertPolicy',
      'SLO',
    ]);
    const list = readOpenSlo(
      '- apiVersion: openslo/v1\n  kind: Service\n  metadata: {name: a}\n  spec: {}\n',
      'a',
    );
    expect(list.ok).toBe(true);
    expect(list.warnings[0]?.message).toMatch(/items of a list/);
  });

  it.each([
    ['threshold: 14.4', 'threshold: much', 'much', /expected a number, found the text "much"/, undefined],
    ['kind: AlertPolicy', 'kind: AlertPolicies', 'AlertPolicies', /expected one of SLO/, 'AlertPolicy'],
    ['lookbackWindow: 1h', 'lookbackWindow: 1 hour', '1 hour', /expected a duration/, undefined],
    [
      'budgetingMethod',
      'budgetingMethid',
      'description: Checkouts',
      /expected one of Occ.*missing/,
      '"budgetingMethid" is there',
    ],
    [
      '  budgetingMethod: Occurrences\n',
      '',
      'description: Checkouts',
      /expected one of Occ.*missing/,
      undefined,
    ],
    [
      '  service: shop',
      '  servise: shop',
      'spec:\n  description',
      /"service" is missing/,
      '"servise" is there',
    ],
    ['Occurrences', 'Occurences', 'Occurences', /expected one of Occurrences/, 'Occurrences'],
    ['target: 0.999', 'target: 1', '1 }]\n  alert', /under 1/, undefined],
    ['target: 0.999', 'target: .nan', '.nan', /number/, undefined],
    [
      '    bad:',
      '    good:\n      metricSource: {spec: {}}\n    bad:',
      'metricSource:\n        m',
      /found both/,
      undefined,
    ],
    [
      'openslo/v1\nkind: SLI',
      'openslo/v1alpha\nkind: SLI',
      'openslo/v1alpha',
      /expected openslo\/v1/,
      undefined,
    ],
  ] as const)('a mistake has its place: %j, %j', (right, wrong, spot, message, hint) => {
    const text = SET.replace(right, wrong);
    const read = readOpenSlo(text, 'a.yaml');
    expect(read.ok).toBe(false);
    const [problem] = read.problems;
    expect(problem?.message).toMatch(message);
    expect(problem).toMatchObject({ path: 'a.yaml', ...placeOf(text, spot) });
    if (hint !== undefined) expect(problem?.hint ?? '').toContain(hint);
  });

  it('reports several mistakes at once, and still gives what is right', () => {
    const read = readOpenSlo(
      SET.replace('counter: true', 'counter: maybe').replace('target: pager', 'to: pager'),
      'a',
    );
    expect(read.problems.map(({ at }) => at)).toEqual(['spec.ratioMetric.counter', 'spec.target']);
    expect(read.documents).toHaveLength(4);
  });

  it('reads on after a document that is no YAML', () => {
    const read = readOpenSlo(`a: [\n---\n${SET}`, 'a.yaml');
    expect(read.problems[0]?.message).toMatch(/not valid YAML/);
    expect(read.problems.every(({ line }) => line <= 2)).toBe(true);
    expect(read.documents).toHaveLength(6);
  });

  it('refuses aliases that swell, and says nothing is there when nothing is', () => {
    const swell = `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n`;
    expect(readOpenSlo(swell, 'a').problems[0]?.message).toMatch(/alias/i);
    expect(readOpenSlo('# only a remark\n', 'a').problems[0]?.message).toMatch(/found nothing/);
    expect(readOpenSlo('42', 'a').problems[0]?.message).toMatch(/expected an object/);
  });

  it('keeps a key that it does not know, and says so with the nearest name', () => {
    const text = SET.replace('description:', 'descriptoin:');
    const read = readOpenSlo(text, 'a.yaml');
    expect(read.ok).toBe(true);
    expect(read.warnings[0]).toMatchObject({
      ...placeOf(text, 'descriptoin'),
      hint: 'did you mean "description"?',
    });
    expect(printOpenSlo(read.documents.map(({ document }) => document))).toContain('descriptoin: Checkouts');
  });

  it('takes what the specification has beyond the schema, with a remark', () => {
    const ratio = slo(`service: s\n${RATIO}\ntimeWindow: [{ duration: 1w, isRolling: true }]
budgetingMethod: RatioTimeslices\nobjectives: [{ target: 0.9, timeSliceWindow: 5m }]`);
    const read = readOpenSlo(ratio, 'a');
    expect(read.ok).toBe(true);
    expect(read.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/RatioTimeslices is in/),
    ]);
    const without = readOpenSlo(ratio.replace(', timeSliceWindow: 5m', ''), 'a');
    expect(without.problems[0]?.message).toMatch(/"timeSliceWindow" is missing/);
  });

  it.each([
    ['Europe/Berln', /no time zone/, 'Europe/Berlin'],
    ['UTC', /such as "Europe\/Berlin"/, 'Etc/UTC'],
    ['nowhere', /such as/, undefined],
  ])('refuses the time zone %s', (zone, message, hint) => {
    const text = slo(`service: s\n${RATIO}\nbudgetingMethod: Occurrences\nobjectives: [{ target: 0.9 }]
timeWindow: [{ duration: 1w, calendar: { startTime: "2024-01-01 00:00:00", timeZone: ${zone} } }]`);
    const [problem] = readOpenSlo(text, 'a').problems;
    expect(problem?.message).toMatch(message);
    if (hint !== undefined) expect(problem?.hint).toContain(hint);
  });

  it('calls odd what the schema lets through and nobody means', () => {
    const odd = (text: string): string[] => readOpenSlo(text, 'a').warnings.map(({ message }) => message);
    expect(odd(SET.replace('op: gt', 'op: lte'))[0]).toMatch(/burns slowly/);
    expect(odd(SET.replace('{ alertPolicyRef: wake }', 'wake'))[0]).toMatch(/bare name/);
    expect(odd(SET.replace('{ target: 0.999 }', '{ target: 0 }'))[0]).toMatch(/promises nothing/);
    expect(odd(thresholdSlo(''))[0]).toMatch(/needs "op" and "value"/);
    expect(
      odd(
        SET.replace(
          '30d, isRolling: true',
          '1m, calendar: { startTime: 2024-01-01 00:00:00, timeZone: Europe/Berlin }',
        ),
      )[0],
    ).toMatch(/1m of a calendar is minutes/);
  });
});

describe('anything at all', () => {
  it('is read or refused, never thrown at', () => {
    const junk = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\n',
        ': ',
        '- ',
        '[',
        '}',
        '&a ',
        '*a',
        '---\n',
        '!!js/function ',
        '? ',
        '~',
        '.nan',
        '"',
      ),
    );
    fc.assert(
      fc.property(fc.nat(SET.length), fc.nat(40), junk, (from, length, put) => {
        const text = SET.slice(0, from) + put + SET.slice(from + length);
        const read = readOpenSlo(text, 'a');
        expect(read.ok).toBe(read.problems.length === 0);
        const lines = text.split('\n').length;
        for (const { line } of [...read.problems, ...read.warnings]) expect(line).toBeLessThanOrEqual(lines);
        const { objectives } = toObjectives(read.documents);
        expect(objectives.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('references', () => {
  it('puts what is named in the place of its name', () => {
    const { documents, problems } = inlineReferences(readOpenSlo(SET, 'a').documents);
    expect(problems).toEqual([]);
    const all = documents.map(({ document }) => document);
    expect(all.map(({ kind }) => kind)).toEqual(['DataSource', 'SLO']);
    const text = printOpenSlo(all);
    expect(text).not.toMatch(/indicatorRef|alertPolicyRef|conditionRef|targetRef/);
    // The type that only the data source had.
    expect(text.match(/type: Prometheus/g)).toHaveLength(3);
    expect(documentsOf(text)).toEqual(all);
    // Nothing left to resolve: once more changes nothing.
    expect(inlineReferences(all.map(placed)).documents.map(({ document }) => document)).toEqual(all);
  });

  it.each([
    ['indicatorRef: answered', 'indicatorRef: answerd', 'did you mean "answered"?'],
    ['alertPolicyRef: wake', 'alertPolicyRef: wakke', 'did you mean "wake"?'],
    ['conditionRef: fast-burn', 'conditionRef: fst-burn', 'did you mean "fast-burn"?'],
    ['targetRef: on-call', 'targetRef: nobody', 'known: on-call'],
  ])('names what is missing: %s', (right, wrong, hint) => {
    const text = SET.replace(right, wrong);
    const { problems } = inlineReferences(readOpenSlo(text, 'a').documents);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ hint, line: placeOf(text, wrong).line });
  });

  it('does not guess between two of one name', () => {
    const twice = `${SET}---\n${SET.split('---\n')[1] ?? ''}`;
    const read = readOpenSlo(twice, 'a');
    expect(read.warnings[0]?.message).toMatch(/second time, first on line 12/);
    expect(inlineReferences(read.documents).problems[0]?.message).toMatch(/there are 2 objects of kind SLI/);
  });
});

describe('to objectives', () => {
  it('converts counters, windows and alerts', () => {
    const { objectives, problems } = toObjectives(readOpenSlo(SET, 'a').documents);
    expect(problems).toEqual([]);
    expect(objectives).toEqual([
      {
        name: 'checkout',
        service: 'shop',
        category: 'availability',
        description: 'Checkouts are answered.',
        source: {
          kind: 'promql',
          source: 'main',
          query: {
            kind: 'bad_over_total',
            bad: 'sum(increase(requests_total{code=~"5.."}[{{.window}}]))',
            total: 'sum(increase(requests_total[{{.window}}]))',
          },
        },
        window: { kind: 'rolling', lengthMs: 30 * 86_400_000 },
        budgeting: { method: 'occurrences' },
        allowance: { kind: 'target', target: 0.999, minimumEvents: 0 },
        alerts: [{ name: 'wake', severity: 'page', budgetShare: 0.02, longMs: 3_600_000, shortMs: 300_000 }],
        minimumBad: 2,
        labels: { team: 'a,b', tier: '1' },
        annotations: {},
      },
    ]);
  });

  it('compares the samples of a threshold', () => {
    const { objectives } = toObjectives(readOpenSlo(thresholdSlo('op: lt, value: 500,'), 'a').documents);
    expect(objectives[0]?.source).toEqual({
      kind: 'promql',
      source: 'prometheus',
      query: {
        kind: 'good_over_total',
        good: 'sum(sum_over_time(((lag) < bool 500)[{{.window}}:1m]))',
        total: 'sum(count_over_time((lag)[{{.window}}:1m]))',
      },
    });
  });

  const refusal = (text: string): string | undefined =>
    toObjectives(readOpenSlo(text, 'a').documents).problems[0]?.message;

  it('refuses with a reason what it cannot measure', () => {
    expect(refusal(thresholdSlo(''))).toMatch(/needs "op" and "value"/);
    expect(refusal(thresholdSlo('op: lt, value: 1,').replace('Prometheus', 'Datadog'))).toMatch(
      /not Datadog/,
    );
    expect(refusal(SET.replace('30d', '1M'))).toMatch(/no one length/);
    expect(
      refusal(SET.replace('query: sum(requests_total)', 'query: "sum(rate(requests_total[5m]))"')),
    ).toMatch(/a counter is a selector/);
    const calendar = (duration: string, start: string): string =>
      SET.replace(
        'duration: 30d, isRolling: true',
        `duration: ${duration}, calendar: { startTime: "${start}", timeZone: America/New_York }`,
      );
    expect(refusal(calendar('1w', '2022-01-01 12:00:00'))).toMatch(/first midnight/);
    expect(refusal(calendar('1m', '2022-01-01 00:00:00'))).toMatch(/not 1m/);
    expect(refusal(calendar('1M', '2022-01-01 00:00:00'))).toBeUndefined();
  });

  it('leaves out alerts that make no sense, and says which', () => {
    const alerts = (text: string): [number, string | undefined] => {
      const { objectives, warnings } = toObjectives(readOpenSlo(text, 'a').documents);
      return [objectives[0]?.alerts.length ?? -1, warnings[0]?.message];
    };
    expect(alerts(SET.replace('op: gt', 'op: lte'))).toEqual([0, expect.stringMatching(/burns slowly/)]);
    expect(alerts(SET.replace('threshold: 14.4', 'threshold: 1000'))).toEqual([
      0,
      expect.stringMatching(/138.9 %/),
    ]);
    expect(alerts(SET.replace('target: 0.999', 'target: 0.9'))).toEqual([
      0,
      expect.stringMatching(/never fire/),
    ]);
  });

  it('makes a composite of objectives with their own indicators', () => {
    const inner = RATIO.replace(/\n/g, '\n    ');
    const text = slo(`service: s
timeWindow: [{ duration: 4w, isRolling: true }]
budgetingMethod: Occurrences
objectives:
  - displayName: First one
    target: 0.9
    compositeWeight: 3
    ${inner}
  - target: 0.99
    ${inner}`);
    const { objectives, composites, problems } = toObjectives(readOpenSlo(text, 'a').documents);
    expect(problems).toEqual([]);
    expect(objectives.map(({ name }) => name)).toEqual(['one-first-one', 'one-i']);
    expect(composites[0]?.parts).toEqual([
      { objective: 'one-first-one', weight: 3 },
      { objective: 'one-i', weight: 1 },
    ]);
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/);
const words = fc.string({ maxLength: 30 });
const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const query = fc.constantFrom(
  'sum(increase(a_total[{{.window}}]))',
  'x{{.window}}',
  'a: b # {{.window}}\n  c',
);

const objectiveArbitrary: fc.Arbitrary<Objective> = fc.record({
  name: word,
  service: word,
  category: fc.constantFrom('availability', 'latency', 'quality', 'freshness', 'safety', 'cost'),
  description: words,
  source: fc.oneof(
    fc.record({
      kind: fc.constant('requests'),
      indicator: fc.oneof(
        fc.record({
          kind: fc.constant('availability'),
          minimumConfidence: fc.option(share, { nil: undefined }),
        }),
        fc.record({
          kind: fc.constant('latency'),
          thresholdMs: fc.nat(999).map((n) => n + 1),
          part: fc.constantFrom('end_to_end', 'model', 'first_token', 'between_tokens'),
        }),
        fc.record({ kind: fc.constant('safety') }),
      ),
    }),
    fc.record({ kind: fc.constant('pushed'), name: word }),
    fc.record({ kind: fc.constant('labels') }),
    fc.record({ kind: fc.constant('labels'), predicted: word }),
    fc.record({
      kind: fc.constant('promql'),
      source: fc.oneof(word, fc.constant('My Prometheus')),
      query: fc.oneof(
        fc.record({ kind: fc.constant('bad_over_total'), bad: query, total: query }),
        fc.record({ kind: fc.constant('good_over_total'), good: query, total: query }),
        fc.record({ kind: fc.constant('error_ratio'), ratio: query }),
      ),
    }),
  ),
  window: fc.oneof(
    fc.integer({ min: 1, max: 100_000 }).map((n) => ({ kind: 'rolling' as const, lengthMs: n * 60_000 })),
    fc.record({
      kind: fc.constant('calendar'),
      unit: fc.constantFrom('day', 'week', 'month', 'quarter', 'year'),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'),
    }),
  ),
  budgeting: fc.oneof(
    fc.record({ method: fc.constant('occurrences') }),
    fc.record({
      method: fc.constant('timeslices'),
      sliceMs: fc.constantFrom(60_000, 15_000, 3_600_000),
      sliceTarget: share,
      emptySlice: fc.constantFrom('exclude', 'good', 'bad'),
    }),
    fc.record({
      method: fc.constant('ratio_timeslices'),
      sliceMs: fc.constantFrom(60_000, 300_000),
      emptySlice: fc.constantFrom('exclude', 'good', 'bad'),
    }),
  ),
  allowance: fc.record({
    kind: fc.constant('target'),
    target: fc.double({ min: 0.99, max: 0.9999, noNaN: true }),
    minimumEvents: fc.nat(100),
  }),
  alerts: fc.constant([]),
  minimumBad: fc.nat(5),
  labels: fc.dictionary(word, words, { maxKeys: 3 }),
  annotations: fc.dictionary(word, words, { maxKeys: 3 }),
});

describe('and back', () => {
  it('writing and reading objects changes nothing', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const any = fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(scalar, fc.array(scalar)), {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(any, any, fc.string({ maxLength: 100 }), (spec, connection, description) => {
        const [source, sli] = documentsOf(SET);
        if (source?.kind !== 'DataSource' || sli?.kind !== 'SLI') throw new Error('not the set');
        const metric = { metricSource: { type: 'x', spec } };
        const first: OpenSloDocument[] = documentsOf(
          printOpenSlo([
            { ...source, spec: { ...source.spec, description, connectionDetails: connection } },
            { ...sli, spec: { thresholdMetric: metric } },
          ]),
        );
        expect(first).toHaveLength(2);
        expect(documentsOf(printOpenSlo(first))).toEqual(first);
      }),
      { numRuns: 100 },
    );
  });

  it('objectives come back from OpenSLO as they went', () => {
    fc.assert(
      fc.property(fc.array(objectiveArbitrary, { minLength: 1, maxLength: 3 }), (objectives) => {
        const { documents, refused } = fromObjectives(objectives);
        expect(refused).toEqual([]);
        const read = readOpenSlo(printOpenSlo(documents), 'a');
        expect(read.problems).toEqual([]);
        expect(read.documents.map(({ document }) => document)).toEqual(documents);
        expect(toObjectives(read.documents).objectives).toEqual(objectives);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps what OpenSLO has no field for, and refuses by name what it cannot say', () => {
    const [objective] = toObjectives(readOpenSlo(SET, 'a').documents).objectives;
    if (objective === undefined) throw new Error('no objective');
    const more: Objective = {
      ...objective,
      segments: [{ by: 'tenant', most: 50 }],
      expectedTraffic: { kind: 'stated', events: 3, perMs: 300_000 },
    };
    const { documents } = fromObjectives([more]);
    expect(toObjectives(readOpenSlo(printOpenSlo(documents), 'a').documents).objectives).toEqual([more]);
    const parts = [{ objective: 'x', weight: 1 }];
    const { refused } = fromObjectives([
      { ...objective, allowance: { kind: 'amount', amount: 5, unit: 'EUR' } },
      { ...objective, source: { kind: 'composite', method: 'all_of', parts } },
    ]);
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^an amount/),
      expect.stringMatching(/^a composite/),
    ]);
  });

  it('keeps both windows of a burn alert', () => {
    const [objective] = toObjectives(readOpenSlo(SET, 'a').documents).objectives;
    if (objective === undefined) throw new Error('no objective');
    const { documents } = fromObjectives([{ ...objective, alerts: BURN_PAIRS }]);
    const read = readOpenSlo(printOpenSlo(documents), 'a');
    expect(read.warnings).toEqual([]);
    expect(toObjectives(read.documents).objectives[0]?.alerts).toEqual(BURN_PAIRS);
  });

  it('refuses zero tolerance and windows of seconds by name', () => {
    const [objective] = toObjectives(readOpenSlo(SET, 'a').documents).objectives;
    if (objective === undefined) throw new Error('no objective');
    const none: Objective = { ...objective, name: 'none', allowance: { kind: 'zero_tolerance' } };
    const brief: Objective = { ...objective, name: 'brief', window: { kind: 'rolling', lengthMs: 30_000 } };
    expect(fromObjectives([none, brief]).refused).toEqual([
      { objective: 'shop/none', reason: expect.stringMatching(/zero tolerance/) },
      { objective: 'shop/brief', reason: expect.stringMatching(/whole number of minutes/) },
    ]);
  });
});
