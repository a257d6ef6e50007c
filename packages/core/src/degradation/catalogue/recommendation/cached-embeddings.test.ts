import { describe, expect, it } from 'vitest';
import { accuracy, idsOf, request, thrown } from '../rungs.test.rig.ts';
import { cachedEmbeddings } from './cached-embeddings.ts';
import { editorialPicks } from './editorial-picks.ts';
import { found, people } from './people.test.rig.ts';

const items = [
  { id: 'north', vector: [0, 2] },
  { id: 'northeast', vector: [1, 1] },
  { id: 'east', vector: [5, 0] },
  { id: 'south', vector: [0, -1] },
];

describe.each(['user_vector', 'item_knn'] as const)('cached_embeddings by %s', (mode) => {
  it('orders by cosine, whatever the lengths, and leaves out what was seen', () => {
    const rung = cachedEmbeddings({ items, mode });
    expect(idsOf(rung(request({ recent: ['north'] })), 'items')).toEqual(['northeast', 'east', 'south']);
    expect(idsOf(rung(request({ recent: ['north'], seen: ['northeast'], limit: 1 })), 'items')).toEqual([
      'east',
    ]);
  });

  it('counts what came last the most', () => {
    const rung = cachedEmbeddings({ items, mode, decay: 0.1 });
    expect(idsOf(rung(request({ recent: ['south', 'north'] })), 'items')[0]).toBe('northeast');
    expect(idsOf(rung(request({ recent: ['north', 'south'] })), 'items').at(-1)).toBe('northeast');
  });

  it('lets a bias lift an item for everybody', () => {
    const biased = items.map((item) => (item.id === 'south' ? { ...item, bias: 3 } : item));
    expect(idsOf(cachedEmbeddings({ items: biased, mode })(request({ recent: ['north'] })), 'items')[0]).toBe(
      'south',
    );
  });

  it('beats the static rung on held-out choices', () => {
    const made = people(300);
    const right = (person: { next: string[] }, answer: Parameters<typeof idsOf>[0]): number =>
      found(person.next, idsOf(answer, 'items'));
    const input = (person: { recent: string[] }) => ({ recent: person.recent });
    const personal = cachedEmbeddings({ items: made.items.map(({ id, vector }) => ({ id, vector })), mode });
    const fixed = editorialPicks({ items: made.items.slice(0, 10).map(({ id }) => id) });
    expect(accuracy(personal, made.people, input, right)).toBeGreaterThan(
      accuracy(fixed, made.people, input, right) + 0.1,
    );
  });
});

describe('cached_embeddings', () => {
  it('abstains for a person of whom it knows nothing, and for one who has seen all', () => {
    const rung = cachedEmbeddings({ items });
    expect(thrown(() => rung(request({ recent: ['west'] })))).toContain(
      'no_answer: cached_embeddings has no answer',
    );
    expect(thrown(() => rung(request({})))).toContain('no answer');
    expect(thrown(() => rung(request({ recent: items.map(({ id }) => id) })))).toContain('seen');
  });

  it('copes with a vector without direction', () => {
    const rung = cachedEmbeddings({ items: [...items, { id: 'nowhere', vector: [0, 0] }] });
    expect(idsOf(rung(request({ recent: ['nowhere'] })), 'items')).toHaveLength(4);
  });

  it.each([
    [
      [
        { id: 'a', vector: [1] },
        { id: 'b', vector: [1, 2] },
      ],
      'with.items[1].vector: expected 1 numbers',
    ],
    [
      [
        { id: 'a', vector: [1] },
        { id: 'a', vector: [2] },
      ],
      'an id that no other item has',
    ],
    [[{ id: 'a', vector: ['1'] }], 'with.items[0].vector[0]'],
    [[], 'with.items'],
  ])('refuses data %#', (list, message) => {
    expect(thrown(() => cachedEmbeddings({ items: list }))).toContain(message);
  });

  it('refuses input that is none', () => {
    const rung = cachedEmbeddings({ items });
    expect(thrown(() => rung(request({ recent: 'north' })))).toContain(
      'bad_request: input.recent: expected a list',
    );
    expect(thrown(() => rung(request({ recent: [{}] })))).toContain('input.recent[0]: expected an id');
    expect(thrown(() => rung(request({ recent: [], limit: 0 })))).toContain('input.limit');
  });
});
