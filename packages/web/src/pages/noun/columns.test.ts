import { describe, expect, it } from 'vitest';
import { columnsOf, listIn, looksLikeTime } from './columns.ts';

describe('a noun without a page of its own', () => {
  it('shows the list under its name, with the columns that name and date it', () => {
    const rows = listIn({ total: 1, runs: [{ id: 'r1', steps: 3, state: 'running', at: 1, detail: {} }] }, 'runs');
    expect(rows).toHaveLength(1);
    expect(columnsOf(rows ?? [])).toEqual(['id', 'state', 'at', 'steps']);
    expect(columnsOf([{ id: 'x', name: 'n' }])).toEqual(['name']);
  });

  it('has no list where the answer is one thing', () => {
    expect(listIn({ id: 'r1', state: 'done' }, 'runs')).toBeUndefined();
    expect(columnsOf([])).toEqual([]);
  });

  it('tells times from other numbers', () => {
    expect(looksLikeTime('startedAt', 1_795_524_928_541)).toBe(true);
    expect(looksLikeTime('steps', 1_795_524_928_541)).toBe(false);
    expect(looksLikeTime('at', 12)).toBe(false);
  });
});
