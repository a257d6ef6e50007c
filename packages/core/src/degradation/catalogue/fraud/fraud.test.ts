import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../kernel/random.ts';
import { accuracy, fieldsOf, host, request, thrown } from '../rungs.test.rig.ts';
import { batchScores } from './batch-scores.ts';
import { rules } from './rules.ts';
import { velocityLimits } from './velocity-limits.ts';

describe('batch_scores', () => {
  it('looks the key up at its path', () => {
    const rung = batchScores({
      key: 'card.id',
      scores: [
        { key: 7, score: 0.9 },
        { key: 'b', score: 0.2 },
      ],
      as_of: 'today',
    });
    expect(rung(request({ card: { id: 7 } }))).toMatchObject({
      label: 'fraud',
      score: 0.9,
      confidence: 0.9,
      output: { as_of: 'today', known: true },
    });
    expect(rung(request({ card: { id: 'b' } }))).toMatchObject({ label: 'legitimate', confidence: 0.8 });
  });

  it('abstains from a key it does not know, unless told what to think of one', () => {
    expect(thrown(() => batchScores({ scores: { a: 0.1 } })(request({ key: 'z' })))).toContain('no_answer');
    const suspicious = batchScores({ scores: { a: 0.1 }, unknown: 0.6 });
    expect(suspicious(request({ key: 'z' }))).toMatchObject({ label: 'fraud', output: { known: false } });
  });

  it('never takes an inherited name for a key, and needs one', () => {
    const rung = batchScores({ scores: { a: 0.1 } });
    expect(thrown(() => rung(request({ key: 'constructor' })))).toContain('no score');
    expect(thrown(() => rung(request({})))).toBe(
      'bad_request: input.key: expected an id (text or a number), got nothing',
    );
    expect(thrown(() => batchScores({ scores: { a: 2 } }))).toContain(
      'with.scores.a: expected a number from 0 to 1',
    );
  });
});

describe('rules', () => {
  const one = (op: string, value: unknown) => rules({ rules: [{ field: 'a.b', op, value, score: 0.9 }] });
  const holds = (op: string, value: unknown, input: unknown): boolean =>
    one(op, value)(request({ a: { b: input } })).label === 'fraud';

  it.each([
    ['eq', 5, 5, true],
    ['eq', 5, '5', false],
    ['ne', 5, 6, true],
    ['gt', 5, 5, false],
    ['gte', 5, 5, true],
    ['lt', 5, 4, true],
    ['lte', 5, 6, false],
    ['gt', 5, '9', false],
    ['in', ['x', 1], 'x', true],
    ['in', ['x', 1], '1', false],
    ['not_in', ['x'], 'y', true],
    ['exists', undefined, 0, true],
    ['exists', undefined, null, false],
    ['missing', undefined, undefined, true],
    ['ne', 5, undefined, true],
    ['lt', 5, undefined, false],
  ])('%s %j of %j is %s', (op, value, input, expected) => {
    expect(holds(op, value, input)).toBe(expected);
  });

  const several = [
    { name: 'large', field: 'amount', op: 'gt', value: 100, score: 0.5 },
    {
      name: 'far',
      all: [
        { field: 'country', op: 'ne', value: 'DE' },
        { field: 'night', op: 'eq', value: true },
      ],
      score: 0.6,
    },
  ];

  it('combines as independent causes, and names what applied, heaviest first', () => {
    const answer = rules({ rules: several })(request({ amount: 200, country: 'FR', night: true }));
    expect(answer.score).toBeCloseTo(0.8);
    expect(answer.confidence).toBeCloseTo(0.8);
    expect(fieldsOf(answer.output).rules).toEqual(['far', 'large']);
    expect(rules({ rules: several, base: 0.02 })(request({}))).toMatchObject({
      label: 'legitimate',
      confidence: 0.98,
    });
  });

  it('combines by maximum, or by points without a confidence', () => {
    const input = { amount: 200, country: 'FR', night: true };
    expect(rules({ rules: several, combine: 'max' })(request(input)).score).toBe(0.6);
    const points = rules({
      rules: [
        { ...several[0], score: 30 },
        { ...several[1], score: -5 },
      ],
      combine: 'sum',
      threshold: 20,
    });
    expect(points(request(input))).toMatchObject({ label: 'fraud', score: 25 });
    expect(points(request(input)).confidence).toBeUndefined();
  });

  it.each([
    [{ field: 'a', op: 'above', value: 1, score: 0.5 }, 'with.rules[0].op: expected one of eq, ne, gt'],
    [{ field: 'a', op: 'gt', value: '1', score: 0.5 }, 'with.rules[0].value: expected a number'],
    [{ field: 'a', op: 'in', value: 'x', score: 0.5 }, 'with.rules[0].value: expected a list'],
    [{ field: 'a', op: 'gt', value: 1, score: 5 }, 'with.rules[0].score: expected a number from 0 to 1'],
  ])('refuses data %#', (rule, message) => {
    expect(thrown(() => rules({ rules: [rule] }))).toContain(message);
  });
});

describe('velocity_limits', () => {
  const limits = [{ key: 'card', window_ms: 1000, max: 3, name: 'burst' }];

  it('flags what is over the limit within the window, and forgets what has left it', () => {
    const given = host();
    const rung = velocityLimits({ limits }, given);
    const label = (): string | undefined => rung(request({ card: 'c' })).label;
    expect([label(), label(), label()]).toEqual(['legitimate', 'legitimate', 'legitimate']);
    expect(label()).toBe('fraud');
    expect(rung(request({ card: 'other' })).label).toBe('legitimate');
    given.clock.advance(999);
    expect(label()).toBe('fraud');
    given.clock.advance(1000);
    expect(label()).toBe('legitimate');
  });

  it('says which limit and how far', () => {
    const rung = velocityLimits({ limits: [...limits, { key: 'device', window_ms: 1000, max: 1 }] }, host());
    rung(request({ card: 'c', device: 'd' }));
    expect(rung(request({ card: 'c', device: 'd' }))).toMatchObject({
      score: 2,
      output: { exceeded: ['device: 1 in 1000 ms'] },
    });
    expect(rung(request({ card: 'c' })).label).toBe('legitimate');
    expect(thrown(() => rung(request({})))).toContain(
      'bad_request: input.card or input.device: expected an id',
    );
  });

  it('lets an event leave exactly at the end of its window', () => {
    const given = host();
    const rung = velocityLimits({ limits: [{ key: 'card', window_ms: 1000, max: 1 }] }, given);
    rung(request({ card: 'c' }));
    given.clock.advance(1000);
    expect(rung(request({ card: 'c' })).label).toBe('legitimate');
    given.clock.advance(999);
    expect(rung(request({ card: 'c' })).label).toBe('fraud');
  });

  it('agrees with a count of all events', () => {
    const event = fc.record({ wait: fc.integer({ min: 0, max: 600 }), card: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const given = host();
        const rung = velocityLimits({ limits }, given);
        const past: { at: number; card: string }[] = [];
        for (const { wait, card } of events) {
          given.clock.advance(wait);
          const now = given.clock.now();
          past.push({ at: now, card });
          const within = past.filter((e) => e.card === card && now - e.at < 1000).length;
          expect(rung(request({ card })).label).toBe(within > 3 ? 'fraud' : 'legitimate');
        }
      }),
    );
  });

  it('keeps at most max_keys, forgetting the one unused for longest', () => {
    const rung = velocityLimits({ limits: [{ key: 'card', window_ms: 1000, max: 1 }], max_keys: 2 }, host());
    const label = (card: string): string | undefined => rung(request({ card })).label;
    label('a');
    label('b');
    expect(label('a')).toBe('fraud');
    label('c');
    expect(label('a')).toBe('fraud');
    expect(label('b')).toBe('legitimate');
  });
});

it('batch_scores, rules and velocity_limits each beat holding everything on generated transactions', () => {
  const random = seededRandom(6);
  const cards = Array.from({ length: 200 }, (_, i) => ({ card: `c${i}`, stolen: i < 10 }));
  const transactions = Array.from({ length: 1000 }, () => {
    const stolen = random() < 0.2;
    const card = cards[stolen ? Math.floor(random() * 10) : 10 + Math.floor(random() * 190)];
    return { card: card?.card ?? '', amount: Math.floor(random() * (stolen ? 900 : 300)), stolen };
  });
  const score = (handler: ReturnType<typeof rules>): number =>
    accuracy(
      handler,
      transactions,
      ({ card, amount }) => ({ key: card, card, amount }),
      ({ stolen }, { label }) => ((label === 'fraud') === stolen ? 1 : 0),
    );
  const holdAll = transactions.filter(({ stolen }) => stolen).length / transactions.length;
  const table = cards.map(({ card, stolen }) => ({
    key: card,
    score: Math.min(1, Math.max(0, (stolen ? 0.7 : 0.2) + 0.4 * (random() - 0.5))),
  }));
  expect(score(batchScores({ scores: table }))).toBeGreaterThan(holdAll + 0.5);
  expect(score(rules({ rules: [{ field: 'amount', op: 'gt', value: 300, score: 0.9 }] }))).toBeGreaterThan(
    holdAll + 0.5,
  );
  expect(
    score(velocityLimits({ limits: [{ key: 'card', window_ms: 60_000, max: 9 }] }, host())),
  ).toBeGreaterThan(holdAll + 0.5);
});
