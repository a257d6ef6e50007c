import { describe, expect, it } from 'vitest';
import { accuracy, fieldsOf, idsOf, request, thrown } from '../rungs.test.rig.ts';
import { bm25 } from './bm25.ts';
import { topics } from './documents.test.rig.ts';
import { RANKING_FEATURES } from './ranking-features.ts';
import { recency } from './recency.ts';
import { smallRanker } from './small-ranker.ts';
import { unranked } from './unranked.ts';

const documents = [
  {
    id: 'old',
    title: 'The blue whale',
    body: 'the largest animal of the sea, blue and grey',
    time: '1990-01-01',
  },
  { id: 'new', title: 'Whale watching', body: 'where to watch them by boat', time: '2020-01-01' },
  { id: 'fox', title: 'The red fox', body: 'an animal of the wood', time: '2010-01-01' },
  { id: 'undated', title: 'The fox again', body: 'red and blue' },
];

describe('bm25', () => {
  const rung = bm25({ documents });

  it('ranks by rare words, title before body', () => {
    expect(idsOf(rung(request({ query: 'blue whale' })), 'results')).toEqual(['old', 'new', 'undated']);
  });

  it('agrees with the formula', () => {
    const one = bm25({
      documents: [
        { id: 'a', body: 'x x y' },
        { id: 'b', body: 'y' },
      ],
      k1: 1.2,
      b: 0.75,
    });
    const expected = Math.log(1 + 1.5 / 1.5) * ((2 * 2.2) / (2 + 1.2 * (0.25 + (0.75 * 3) / 2)));
    const noTitles = bm25({
      documents: [
        { id: 'a', body: 'x x y' },
        { id: 'b', body: 'y' },
      ],
      title_weight: 0,
    });
    expect(noTitles(request({ query: 'x' })).score).toBeCloseTo(expected, 10);
    expect(one(request({ query: 'x' })).score).toBeCloseTo(expected, 10);
  });

  it('ranks candidates only, and loses none of them', () => {
    const answer = rung(request({ query: 'fox', candidates: ['new', 'elsewhere', 'undated', 'new'] }));
    expect(idsOf(answer, 'results')).toEqual(['undated', 'new', 'elsewhere']);
  });

  it('abstains when no document holds a word of the query', () => {
    expect(thrown(() => rung(request({ query: 'zebra' })))).toContain('no_answer');
    expect(idsOf(rung(request({ query: 'zebra', candidates: ['fox'] })), 'results')).toEqual(['fox']);
  });

  it('refuses a query that is no text, and documents without text', () => {
    expect(thrown(() => rung(request({ query: 1 })))).toBe(
      'bad_request: input.query: expected text of at most 10000 characters, got 1',
    );
    expect(thrown(() => bm25({ documents: [{ id: 'a' }] }))).toContain('a title or a body');
    expect(thrown(() => bm25({ documents: [{ id: 'a', title: 'x', time: 'soon' }] }))).toContain(
      'with.documents[0].time',
    );
  });
});

describe('small_ranker', () => {
  it('orders by its weights', () => {
    const newest = smallRanker({ documents, weights: { recency: 1 } });
    expect(idsOf(newest(request({ query: 'whale blue' })), 'results')).toEqual(['new', 'old', 'undated']);
    const covering = smallRanker({ documents, weights: { coverage: 1 } });
    expect(idsOf(covering(request({ query: 'whale blue' })), 'results')[0]).toBe('old');
  });

  it('explains itself with features in known ranges', () => {
    const explained = smallRanker({ documents, explain: true })(request({ query: 'whale zebra' }));
    const [first] = [fieldsOf(explained.output).results].flat();
    const features = fieldsOf(fieldsOf(first).features);
    expect(Object.keys(features)).toEqual([...RANKING_FEATURES]);
    for (const name of ['coverage', 'title_coverage', 'recency', 'brevity']) {
      expect(features[name]).toBeGreaterThanOrEqual(0);
      expect(features[name]).toBeLessThanOrEqual(1);
    }
    expect(features.coverage).toBeLessThan(1);
  });

  it('tells the nearest name of a feature that it does not know', () => {
    expect(thrown(() => smallRanker({ documents, weights: { recensy: 1 } }))).toContain('perhaps recency');
  });
});

describe('recency', () => {
  it('puts the newest first, those with the words of the query before the others, undated last', () => {
    const rung = recency({ documents, common: 0.9 });
    expect(idsOf(rung(request({ query: 'whale' })), 'results')).toEqual(['new', 'old', 'fox', 'undated']);
    expect(idsOf(rung(request({ query: 'fox' })), 'results')).toEqual(['fox', 'undated', 'new', 'old']);
    expect(idsOf(rung(request({ query: 'fox', candidates: ['old', 'new', 'gone'] })), 'results')).toEqual([
      'new',
      'old',
      'gone',
    ]);
  });

  it('asks for half of the words, or for as many as any title holds', () => {
    const rung = recency({ documents, common: 0.9 });
    expect(idsOf(rung(request({ query: 'red fox watching' })), 'results')[0]).toBe('fox');
    expect(idsOf(rung(request({ query: 'blue moon over other places' })), 'results')[0]).toBe('old');
  });

  it('can ignore the query', () => {
    expect(idsOf(recency({ documents, match: 0 })(request({ query: 'fox' })), 'results')[0]).toBe('new');
  });
});

describe('unranked', () => {
  it('leaves everything as it came', () => {
    expect(idsOf(unranked({ documents })(request({ query: 'fox', limit: 2 })), 'results')).toEqual([
      'old',
      'new',
    ]);
    expect(idsOf(unranked({})(request({ query: '', candidates: ['b', 'a'] })), 'results')).toEqual([
      'b',
      'a',
    ]);
  });
});

it('small_ranker, bm25 and recency each beat unranked on generated topics', () => {
  const { documents: many, queries } = topics();
  const score = (handler: ReturnType<typeof bm25>): number =>
    accuracy(
      handler,
      queries,
      ({ text }) => ({ query: text, limit: 10 }),
      ({ wanted }, answer) => idsOf(answer, 'results').filter((id) => wanted.has(id)).length / 10,
    );
  const fixed = score(unranked({ documents: many }));
  expect(score(bm25({ documents: many }))).toBeGreaterThan(fixed + 0.5);
  expect(score(smallRanker({ documents: many }))).toBeGreaterThan(fixed + 0.5);
  expect(score(recency({ documents: many }))).toBeGreaterThan(fixed + 0.1);
});
