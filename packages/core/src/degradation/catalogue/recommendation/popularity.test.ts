import { expect, it } from 'vitest';
import { accuracy, idsOf, request, thrown } from '../rungs.test.rig.ts';
import { editorialPicks } from './editorial-picks.ts';
import { found, people } from './people.test.rig.ts';
import { popularity } from './popularity.ts';

const rung = popularity({
  items: [
    { id: 'b', score: 2 },
    { id: 'a', score: 9 },
    { id: 3, score: 5 },
  ],
});

it('offers the most taken first, without what was seen', () => {
  expect(rung(request({ limit: 2 })).output).toEqual({
    items: [
      { id: 'a', score: 9 },
      { id: '3', score: 5 },
    ],
  });
  expect(idsOf(rung(request({ recent: ['a'], seen: [3] })), 'items')).toEqual(['b']);
});

it('abstains when all has been seen', () => {
  expect(thrown(() => rung(request({ seen: ['a', 'b', '3'] })))).toContain('no_answer');
});

it('beats the static rung on held-out choices', () => {
  const made = people(300);
  const ranked = popularity({ items: made.items.map(({ id, score }) => ({ id, score })) });
  const fixed = editorialPicks({ items: made.items.slice(0, 10).map(({ id }) => id) });
  const score = (handler: typeof ranked): number =>
    accuracy(
      handler,
      made.people,
      ({ recent }) => ({ recent }),
      ({ next }, answer) => found(next, idsOf(answer, 'items')),
    );
  expect(score(ranked)).toBeGreaterThan(score(fixed));
});
