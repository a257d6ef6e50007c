import { describe, expect, it } from 'vitest';
import { disjointSets, joinNearDuplicates } from './near-duplicates.ts';

const words = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) =>
    [...String((from + i) * 7919)].map((digit) => String.fromCharCode(97 + Number(digit))).join(''),
  ).join(' ');

function joined(texts: readonly string[]): (a: number, b: number) => boolean {
  const sets = disjointSets(texts.length);
  joinNearDuplicates(texts, sets);
  return (a, b) => sets.find(a) === sets.find(b);
}

describe('joinNearDuplicates', () => {
  it('joins copies with other numbers, names and a changed end, and keeps texts apart that only share their topic', () => {
    const text = words(1, 120);
    const same = joined([
      text,
      text.toUpperCase().replaceAll(' ', ' 42 '),
      `${text} ${words(500, 15)}`,
      `${words(1, 20)} ${words(300, 100)}`,
      words(900, 120),
    ]);
    expect(same(0, 1)).toBe(true);
    expect(same(0, 2)).toBe(true);
    expect(same(0, 3)).toBe(false);
    expect(same(0, 4)).toBe(false);
  });

  it('takes texts too short to compare for copies only when they are equal', () => {
    const same = joined(['hi there', 'Hi, there!', 'hello', '', '']);
    expect(same(0, 1)).toBe(true);
    expect(same(0, 2)).toBe(false);
    expect(same(3, 4)).toBe(true);
  });
});

describe('disjointSets', () => {
  it('joins transitively and nothing else', () => {
    const sets = disjointSets(5);
    sets.join(0, 1);
    sets.join(3, 4);
    sets.join(1, 3);
    expect(sets.find(0)).toBe(sets.find(4));
    expect(sets.find(2)).not.toBe(sets.find(0));
  });
});
