import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { baselineFrom } from './baseline.ts';
import { Estate, gaussian, type Row, rows } from './board.test.rig.ts';
import { createMonitorBoard } from './board.ts';
import { defaultMonitors, defineMonitor } from './definition.ts';

const learn = { values: 1000, forMs: 30_000 };
const amount = defineMonitor({ name: 'amount', role: 'input', kind: 'numeric', learn });
const confidence = defineMonitor({
  name: 'confidence',
  role: 'confidence',
  kind: 'numeric',
  worse: 'lower',
  learn,
});
const country = defineMonitor({ name: 'country', role: 'input', kind: 'categorical', learn });
const COUNTRIES = ['de', 'de', 'de', 'fr', 'fr', 'at'];

function usual(shift = 0): (random: () => number) => Row {
  return (random) => ({
    amount: Math.exp(3 + gaussian(random) + shift),
    confidence: 0.9 + 0.03 * gaussian(random),
    country: COUNTRIES[Math.floor(random() * COUNTRIES.length)],
  });
}

const all = [amount, confidence, country];
const reportOf = (estate: Estate, monitor: string, segment = '') => {
  const report = estate.board.reports(estate.now).find((r) => r.monitor === monitor && r.segment === segment);
  if (report === undefined) throw new Error(`no report of ${monitor}`);
  return report;
};

/** Learned, and quiet for a while. */
function learnedEstate(definitions = all, options = {}): Estate {
  const estate = new Estate(createMonitorBoard(definitions, options), definitions);
  for (let p = 0; p < 14; p++) estate.period(rows(100 + p, 200, usual()));
  return estate;
}

describe('monitor board', () => {
  it('learns a baseline, is quiet, and finds what moved, since when', () => {
    const estate = learnedEstate();
    expect(estate.types()).toEqual(['baseline', 'baseline', 'baseline']);
    expect(reportOf(estate, 'amount')).toMatchObject({
      status: 'likely_healthy',
      baseline: { version: 1, source: 'traffic' },
    });
    expect(reportOf(estate, 'amount').baseline?.n).toBeGreaterThanOrEqual(1000);
    const changed = estate.now;
    for (let p = 0; p < 4; p++) estate.period(rows(300 + p, 200, usual(0.7)));
    expect(estate.types('amount')).toContain('alert');
    expect(estate.types('country')).toEqual(['baseline']);
    const report = reportOf(estate, 'amount');
    expect(report.status).toBe('likely_violated');
    const [first] = estate.events.filter((e) => e.type === 'alert');
    expect(first?.report.change?.since?.earliest).toBeLessThanOrEqual(changed + 10_000);
    expect(first?.report.change?.since?.at).toBeGreaterThan(changed - 30_000);
    expect(first?.report.change?.summary).toMatch(/^amount: higher by about/);
    expect(estate.board.moved(estate.now)[0]?.monitor).toBe('amount');
    expect(estate.board.moved(estate.now, 'confidence')).toEqual([]);
    const { before, after } = report.change?.finding ?? {
      before: new Float64Array(0),
      after: new Float64Array(0),
    };
    expect(before.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    expect(after.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    for (let p = 0; p < 40; p++) estate.period(rows(500 + p, 200, usual()));
    expect(estate.types('amount').at(-1)).toBe('recovered');
    expect(estate.types('amount').filter((type) => type === 'alert')).toHaveLength(1);
  });

  it('sees spread and shape, and values that are no values', () => {
    for (const [seed, make, pattern] of [
      [1, (r: () => number) => ({ ...usual()(r), amount: Math.exp(3 + 1.6 * gaussian(r)) }), /wider/],
      [
        2,
        (r: () => number) => ({ ...usual()(r), amount: r() < 0.3 ? Number.NaN : Math.exp(3 + gaussian(r)) }),
        /NaN/,
      ],
      [
        3,
        (r: () => number) => ({ ...usual()(r), amount: r() < 0.3 ? undefined : Math.exp(3 + gaussian(r)) }),
        /without a value/,
      ],
      [
        4,
        (r: () => number) => ({ ...usual()(r), amount: r() < 0.3 ? 'x' : Math.exp(3 + gaussian(r)) }),
        /wrong type/,
      ],
    ] as const) {
      const estate = learnedEstate();
      for (let p = 0; p < 4; p++) estate.period(rows(seed * 1000 + p, 200, make));
      expect(estate.types('amount')).toContain('alert');
      expect(reportOf(estate, 'amount').change?.summary).toMatch(pattern);
    }
    const estate = learnedEstate();
    for (let p = 0; p < 4; p++)
      estate.period(rows(9000 + p, 200, (r) => ({ ...usual()(r), country: r() < 0.2 ? 'xx' : 'de' })));
    expect(reportOf(estate, 'country').change?.summary).toMatch(/de|baseline does not have/);
  });

  it('an improvement is said and is no violation; its opposite is one', () => {
    const more = learnedEstate();
    const less = learnedEstate();
    for (let p = 0; p < 6; p++) {
      more.period(rows(700 + p, 200, (r) => ({ ...usual()(r), confidence: 0.95 + 0.03 * gaussian(r) })));
      less.period(rows(700 + p, 200, (r) => ({ ...usual()(r), confidence: 0.85 + 0.03 * gaussian(r) })));
    }
    expect(reportOf(more, 'confidence')).toMatchObject({ status: 'likely_healthy', improved: true });
    expect(more.types('confidence')).not.toContain('alert');
    expect(more.types('confidence')).toContain('improved');
    expect(reportOf(less, 'confidence')).toMatchObject({ status: 'likely_violated', improved: false });
    // An improvement that turns into its opposite is a violation then.
    for (let p = 0; p < 10; p++)
      more.period(rows(800 + p, 200, (r) => ({ ...usual()(r), confidence: 0.8 + 0.05 * gaussian(r) })));
    expect(reportOf(more, 'confidence').status).toBe('likely_violated');
    expect(more.types('confidence').at(-1)).toBe('alert');
  });

  it('says no_baseline, no_data and insufficient_data, and ages values out by time', () => {
    const estate = new Estate(createMonitorBoard(all), all);
    expect(reportOf(estate, 'amount')).toMatchObject({ status: 'no_baseline', baseline: undefined });
    estate.period(rows(1, 500, usual()));
    expect(reportOf(estate, 'amount')).toMatchObject({ status: 'no_baseline', learned: 500 });
    for (let p = 0; p < 4; p++) estate.period(rows(10 + p, 300, usual()));
    estate.now += 3_600_000 * 2;
    expect(reportOf(estate, 'amount')).toMatchObject({ status: 'no_data', recent: 0 });
    estate.period(rows(20, 60, usual()));
    expect(reportOf(estate, 'amount')).toMatchObject({ status: 'insufficient_data', recent: 60 });
    for (let p = 0; p < 3; p++) estate.period(rows(30 + p, 200, usual()));
    expect(reportOf(estate, 'amount').status).toBe('likely_healthy');
    for (let p = 0; p < 3; p++) estate.period(rows(40 + p, 200, usual(1)));
    expect(reportOf(estate, 'amount').status).toBe('likely_violated');
    estate.now += 3_600_000 * 2;
    const [event] = estate.board.tick(estate.now);
    expect(event).toMatchObject({ type: 'recovered', report: { status: 'no_data' } });
  });

  it('a clock that jumps back neither throws nor makes old values young for ever', () => {
    const estate = learnedEstate();
    estate.now -= 86_400_000;
    estate.period(rows(1, 200, usual()));
    expect(reportOf(estate, 'amount').status).toBe('likely_healthy');
    estate.now += 2 * 86_400_000;
    expect(reportOf(estate, 'amount').status).toBe('no_data');
  });

  it('four replicas give what one gives', () => {
    const board = () => createMonitorBoard([amount]);
    const four = new Estate(board(), [amount], 4);
    const one = new Estate(board(), [amount], 1);
    const baseline = baselineFrom(
      'numeric',
      rows(1, 3000, usual()).map((row) => row.amount),
      {
        version: 1,
        source: 'given',
        from: 0,
        to: 0,
        madeAt: 0,
        ordered: true,
      },
    );
    for (const estate of [four, one]) {
      estate.board.setBaseline('amount', '', baseline);
      estate.spread();
      for (let p = 0; p < 20; p++) estate.period(rows(50 + p, 64, usual(p > 10 ? 0.4 : 0)));
    }
    expect(reportOf(four, 'amount')).toEqual(reportOf(one, 'amount'));
    expect(reportOf(one, 'amount').change).toBeDefined();
  });

  it('comes back from JSON in the middle, says nothing twice, and goes on the same', () => {
    const estate = learnedEstate();
    for (let p = 0; p < 2; p++) estate.period(rows(60 + p, 200, usual(0.7)));
    expect(estate.types('amount')).toContain('alert');
    const saved = JSON.parse(JSON.stringify(estate.board.save()));
    const back = createMonitorBoard(all, {}, saved);
    expect(back.reports(estate.now)).toEqual(estate.board.reports(estate.now));
    estate.events.length = 0;
    const other = new Estate(back, all, 4, estate.now);
    for (let p = 0; p < 30; p++) {
      for (const e of [estate, other]) e.period(rows(70 + p, 200, usual(p < 5 ? 0.7 : 0)));
    }
    expect(other.types()).toEqual(estate.types());
    expect(other.types('amount')).toContain('recovered');
    expect(other.types('amount')).not.toContain('alert');
    for (const bad of [
      {},
      { series: [{}] },
      { series: [{ monitor: 'amount', state: { ...saved.series[0].state, detector: {} } }] },
    ]) {
      expect(() => createMonitorBoard(all, {}, bad)).toThrow();
    }
  });

  it('counts what it cannot take: nothing crashes and nothing is silently dropped', () => {
    const estate = learnedEstate();
    const { board } = estate;
    const delta = {
      segment: '',
      fingerprint: null,
      ordered: [],
      counts: [],
      below: 0,
      above: 0,
      raw: [],
      skipped: 0,
    };
    board.apply(
      [
        { nobody: { v: 1, series: [], beyond: 0 } },
        { amount: null },
        { amount: { v: 2 } },
        { amount: { v: 1, series: [{ ...delta, ordered: [-1] }], beyond: 0 } },
        {
          amount: {
            v: 1,
            series: [{ ...delta, fingerprint: 'numeric-1-other', ordered: [1, 2, 3] }],
            beyond: 4,
          },
        },
        {
          amount: {
            v: 1,
            series: [{ ...delta, fingerprint: fingerprintOf(estate), ordered: [60_000] }],
            beyond: 0,
          },
        },
      ],
      estate.now,
    );
    expect(board.refused).toEqual({ malformed: 3, unknownMonitor: 1, segmentsBeyond: 4 });
    expect(reportOf(estate, 'amount').counts).toMatchObject({ otherBaseline: 3, invalid: 1 });
    expect(() => board.setBaseline('amonut', '', baselineOf('numeric'))).toThrow(/no monitor/);
    expect(() => board.setBaseline('amount', '', baselineOf('categorical'))).toThrow(/numeric/);
    expect(() => board.setBaseline('amount', 'web', baselineOf('numeric'))).toThrow(/segments/);
    expect(() => createMonitorBoard([amount, amount])).toThrow(/same name/);
  });

  it('a baseline that is given is waited for, and no value travels meanwhile', () => {
    const given = { ...amount, baseline: { kind: 'given' } } as const;
    const estate = new Estate(createMonitorBoard([given]), [given]);
    for (let p = 0; p < 10; p++) estate.period(rows(p, 300, usual()));
    expect(reportOf(estate, 'amount')).toMatchObject({
      status: 'no_baseline',
      learned: 0,
      counts: { events: 3000, skipped: 3000 },
    });
  });

  it('a column without one number never makes a baseline, and says so', () => {
    const estate = new Estate(createMonitorBoard([amount]), [amount]);
    for (let p = 0; p < 10; p++) estate.period(rows(p, 300, () => ({ amount: 'text' })));
    expect(reportOf(estate, 'amount').status).toBe('no_baseline');
    expect(estate.types()).toEqual([]);
  });
});

function fingerprintOf(estate: Estate): string {
  const replica = estate.replicas[0]?.[0];
  replica?.observe({ amount: 1 });
  return replica?.take()?.series[0]?.fingerprint ?? 'none';
}

function baselineOf(kind: 'numeric' | 'categorical') {
  return baselineFrom(kind, [1, 2, 3], {
    version: 1,
    source: 'given',
    from: 0,
    to: 0,
    madeAt: 0,
    ordered: false,
  });
}

describe('segments', () => {
  const segmented = { ...amount, maxSegments: 3 };
  const make =
    (hurt: string | undefined) =>
    (random: () => number, i: number): Row => {
      const segment = ['web', 'app', 'api'][i % 3];
      const level = segment === 'api' ? 5 : 3;
      return { amount: Math.exp(level + gaussian(random) + (segment === hurt ? 1 : 0)), segment };
    };

  it('each has its own baseline, and the one that moved is named', () => {
    const estate = new Estate(createMonitorBoard([segmented]), [segmented]);
    for (let p = 0; p < 20; p++) estate.period(rows(p, 300, make(undefined)));
    expect(estate.types()).toEqual(['baseline', 'baseline', 'baseline', 'baseline']);
    for (let p = 0; p < 3; p++) estate.period(rows(100 + p, 300, make('app')));
    const alerts = estate.events.filter((e) => e.type === 'alert').map((e) => e.report.segment);
    expect(alerts).toContain('app');
    expect(alerts).not.toContain('web');
    expect(alerts).not.toContain('api');
    expect(reportOf(estate, 'amount', 'app').change?.summary).toMatch(/^amount \(app\): higher/);
  });

  it('beyond the bound are counted', () => {
    const estate = new Estate(createMonitorBoard([segmented]), [segmented], 1);
    estate.period(rows(1, 100, (r, i) => ({ amount: r(), segment: `s${i % 10}` })));
    expect(estate.board.refused.segmentsBeyond).toBe(70);
    expect(estate.board.reports(estate.now)).toHaveLength(4);
  });
});

describe('baselines that follow time', () => {
  const HOUR = 3_600_000;
  /** A Monday, midnight UTC. */
  const MONDAY = 1_704_067_200_000;
  const level = (at: number): number => {
    const day = Math.floor((at - MONDAY) / (24 * HOUR)) % 7;
    const hour = Math.floor((at - MONDAY) / HOUR) % 24;
    return day >= 5 ? -2 : Math.sin((hour / 24) * 2 * Math.PI);
  };
  const week = (estate: Estate, weeks: number, shift = 0): void => {
    for (let h = 0; h < 168 * weeks; h++) {
      const at = estate.now;
      estate.period(
        rows(Math.floor(at / HOUR), 120, (r) => ({ amount: gaussian(r) + level(at) + shift })),
        HOUR,
      );
    }
  };

  it('seasonal: the ordinary week is no drift, a change within it is', () => {
    const base = { ...amount, learn: { values: 1000, forMs: 168 * HOUR } };
    const seasonal = { ...base, baseline: { kind: 'seasonal', weeks: 4 } } as const;
    const estate = new Estate(createMonitorBoard([seasonal]), [seasonal], 2, MONDAY);
    const plain = new Estate(createMonitorBoard([base]), [base], 2, MONDAY);
    week(estate, 4);
    week(plain, 1);
    expect(estate.types()).toEqual(['baseline']);
    plain.events.length = 0;
    week(estate, 2);
    week(plain, 1);
    expect(estate.types()).toEqual(['baseline']);
    expect(plain.types()).toContain('alert');
    week(estate, 1, 0.8);
    expect(estate.types()).toContain('alert');
    const back = createMonitorBoard([seasonal], {}, JSON.parse(JSON.stringify(estate.board.save())));
    expect(back.reports(estate.now)).toEqual(estate.board.reports(estate.now));
  });

  it('rolling: what has been so for days becomes what is usual', () => {
    const rolling = { ...amount, baseline: { kind: 'rolling', days: 2 } } as const;
    const estate = new Estate(createMonitorBoard([rolling]), [rolling], 2, MONDAY);
    for (let day = 0; day < 12; day++) {
      for (let h = 0; h < 24; h++)
        estate.period(
          rows(day * 24 + h, 150, (r) => ({ amount: gaussian(r) + day * 0.05 })),
          HOUR,
        );
    }
    expect(reportOf(estate, 'amount').baseline?.version).toBeGreaterThan(5);
    expect(reportOf(estate, 'amount').status).toBe('likely_healthy');
  });
});

describe('definitions', () => {
  it('have defaults for every service', () => {
    const names = defaultMonitors(['age']).map((d) => [d.name, d.role]);
    expect(names).toEqual([
      ['feature:age', 'input'],
      ['score', 'prediction'],
      ['label', 'prediction'],
      ['level', 'prediction'],
      ['confidence', 'confidence'],
    ]);
  });

  it.each([
    [{ name: '' }, /name/],
    [{ minimum: 0 }, /minimum/],
    [{ learn: { values: 5, forMs: 0 } }, /learn/],
    [{ maxAgeMs: 1 }, /maxAgeMs/],
    [{ maxSegments: 1000 }, /maxSegments/],
    [{ baseline: { kind: 'rolling', days: 0 } as const }, /days/],
    [{ baseline: { kind: 'seasonal', weeks: 99 } as const }, /weeks/],
  ])('refuse %j', (part, message) => {
    expect(() => defineMonitor({ name: 'x', role: 'input', kind: 'numeric', ...part })).toThrow(message);
  });
});

describe('recording', () => {
  it('takes whatever comes: NaN, ±Infinity, 1e308, −0, texts, a million categories', () => {
    const estate = learnedEstate();
    const { above, below } = reportOf(estate, 'amount').counts;
    const odd = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      1e308,
      -1e308,
      -0,
      '5',
      null,
      undefined,
      {},
      [],
      true,
      5n,
      Symbol('x'),
    ];
    estate.period(
      odd.map((value) => ({
        amount: value,
        confidence: value,
        country: typeof value === 'symbol' ? undefined : value,
      })),
    );
    expect(reportOf(estate, 'amount').counts).toMatchObject({ above: above + 1, below: below + 2 });
    const before = reportOf(estate, 'country').counts.events;
    const random = seededRandom(1);
    for (let p = 0; p < 10; p++)
      estate.period(rows(p, 2000, (_, i) => ({ country: `c${p}-${i}-${random()}` })));
    expect(reportOf(estate, 'country').counts.events).toBe(before + 20_000);
    expect(reportOf(estate, 'country').status).toBe('likely_violated');
  });

  it('a constant baseline, and one of hardly any value, see that something else comes', () => {
    const constant = learnedEstate([amount]);
    const board = createMonitorBoard([amount]);
    const estate = new Estate(board, [amount]);
    board.setBaseline(
      'amount',
      '',
      baselineFrom(
        'numeric',
        Array.from({ length: 500 }, () => 7),
        { version: 1, source: 'given', from: 0, to: 0, madeAt: 0, ordered: true },
      ),
    );
    estate.spread();
    for (let p = 0; p < 3; p++) estate.period(rows(p, 200, () => ({ amount: 7 })));
    expect(reportOf(estate, 'amount').status).toBe('likely_healthy');
    for (let p = 0; p < 3; p++) estate.period(rows(p, 200, () => ({ amount: 8 })));
    expect(reportOf(estate, 'amount').status).toBe('likely_violated');
    expect(reportOf(constant, 'amount').status).toBe('likely_healthy');
  });
});
