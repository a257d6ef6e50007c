import { expect, it } from 'vitest';
import { idsOf, request, thrown } from '../rungs.test.rig.ts';
import { editorialPicks } from './editorial-picks.ts';

it("keeps the editor's order, for everybody", () => {
  const rung = editorialPicks({ items: ['b', 'a', 7] });
  expect(idsOf(rung(request({ seen: ['b'] })), 'items')).toEqual(['b', 'a', '7']);
  expect(idsOf(rung(request({ limit: 1 })), 'items')).toEqual(['b']);
  expect(thrown(() => editorialPicks({ items: [] }))).toContain('with.items');
});
