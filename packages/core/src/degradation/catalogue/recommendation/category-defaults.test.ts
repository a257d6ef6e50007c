import { expect, it } from 'vitest';
import { accuracy, fieldsOf, idsOf, request, thrown } from '../rungs.test.rig.ts';
import { categoryDefaults } from './category-defaults.ts';
import { editorialPicks } from './editorial-picks.ts';
import { found, people } from './people.test.rig.ts';

const rung = categoryDefaults({
  categories: { sea: ['whale', 'shark', 'cod'], wood: ['fox', 'owl'] },
  default: ['cow', 'fox'],
  category_of: { herring: 'sea' },
});

it('takes the categories that are named, in turn, then the default', () => {
  const answer = rung(request({ categories: ['wood', 'sea'] }));
  expect(idsOf(answer, 'items')).toEqual(['fox', 'whale', 'owl', 'shark', 'cod', 'cow']);
  expect(fieldsOf(answer.output).categories).toEqual(['wood', 'sea']);
});

it('else those of the recent items, the most frequent first', () => {
  expect(idsOf(rung(request({ recent: ['owl', 'herring', 'cod'], limit: 3 })), 'items')).toEqual([
    'whale',
    'fox',
    'shark',
  ]);
});

it('gives the default to a stranger and to an unknown category, never what was seen', () => {
  expect(idsOf(rung(request({ category: 'moon' })), 'items')).toEqual(['cow', 'fox']);
  expect(idsOf(rung(request({ seen: ['cow'] })), 'items')).toEqual(['fox']);
  expect(thrown(() => rung(request({ seen: ['cow', 'fox'] })))).toContain('no_answer');
});

it('refuses a category that is not there', () => {
  expect(
    thrown(() => categoryDefaults({ categories: { sea: ['cod'] }, category_of: { fox: 'wood' } })),
  ).toContain('with.category_of.fox');
});

it('beats the static rung on held-out choices', () => {
  const made = people(300);
  const categories: Record<string, string[]> = {};
  for (const { id, category } of made.items) categories[category] = [...(categories[category] ?? []), id];
  const fixed = editorialPicks({ items: made.items.slice(0, 10).map(({ id }) => id) });
  const score = (handler: typeof fixed): number =>
    accuracy(
      handler,
      made.people,
      ({ recent }) => ({ recent }),
      ({ next }, answer) => found(next, idsOf(answer, 'items')),
    );
  expect(score(categoryDefaults({ categories }))).toBeGreaterThan(score(fixed));
});
