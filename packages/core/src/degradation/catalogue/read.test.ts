import { describe, expect, it } from 'vitest';
import { DATA, isFields, own, REQUEST } from './read.ts';
import { thrown } from './rungs.test.rig.ts';

describe('reading what comes from outside', () => {
  it('says where, what was expected and what came', () => {
    expect(thrown(() => REQUEST.number('7', 'input.limit', { min: 1, max: 5, integer: true }))).toBe(
      'bad_request: input.limit: expected a whole number from 1 to 5, got "7"',
    );
    expect(thrown(() => REQUEST.list({}, 'input.recent', { max: 3 }))).toBe(
      'bad_request: input.recent: expected a list of at most 3 entries, got an object',
    );
    expect(thrown(() => DATA.text(undefined, 'with.label', { min: 1 }))).toBe(
      'config_invalid: with.label: expected text of at least 1 characters, got nothing',
    );
  });

  it('tells the nearest name of an unknown field', () => {
    expect(thrown(() => DATA.fields({ treshold: 1 }, 'with', ['threshold', 'label']))).toContain(
      'perhaps threshold',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '1', null, true])('takes %s for no number', (value) => {
    expect(thrown(() => REQUEST.number(value, 'x'))).toContain('bad_request');
  });

  it('takes a fallback for what is absent, not for what is wrong', () => {
    expect(REQUEST.number(undefined, 'x', { fallback: 3 })).toBe(3);
    expect(thrown(() => REQUEST.number(null, 'x', { fallback: 3 }))).toContain('got null');
  });

  it('never reaches inherited fields', () => {
    expect(own({}, 'constructor')).toBeUndefined();
    expect(own({}, '__proto__')).toBeUndefined();
    expect(isFields([])).toBe(false);
  });

  it('does not repeat long texts of a caller in its message', () => {
    expect(thrown(() => REQUEST.number('x'.repeat(5000), 'x')).length).toBeLessThan(100);
  });
});
