import { describe, expect, it } from 'vitest';
import { LEVELS } from '../../kernel/level.ts';
import { BUILTIN_NAMES } from './builtin.ts';
import { CATALOGUE, SYSTEM_TYPES } from './catalogue.ts';

describe.each(SYSTEM_TYPES)('the ready ladder of %s', (type) => {
  const { rungs } = CATALOGUE[type];

  it('is a primary and four fallbacks of different names, never rising', () => {
    expect(rungs).toHaveLength(5);
    expect(rungs[0]).toMatchObject({ name: 'primary', level: 'full_service', quality: 'none' });
    expect(new Set(rungs.map((rung) => rung.name)).size).toBe(5);
    const depths = rungs.map((rung) => LEVELS.indexOf(rung.level));
    expect(depths).toEqual(depths.toSorted((a, b) => a - b));
    expect(rungs[4].level).toBe('static_fallback');
  });

  it('says what each fallback costs', () => {
    for (const rung of rungs.slice(1)) expect(rung.quality.length).toBeGreaterThan(8);
  });
});

it('uses every implemented rung but static, which any ladder may use', () => {
  const used = SYSTEM_TYPES.flatMap((type) =>
    CATALOGUE[type].rungs.flatMap(({ source }) => (source.kind === 'builtin' ? [source.use] : [])),
  );
  expect(used.toSorted()).toEqual(BUILTIN_NAMES.filter((name) => name !== 'static').toSorted());
});
