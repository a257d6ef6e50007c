import { describe, expect, it } from 'vitest';
import { colours, cut, painter, table } from './output.ts';

const paint = painter(true);
const plain = (text: string): string =>
  text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');

describe('a table', () => {
  const ROWS = [
    ['triage', paint('red', 'down'), 'the model does not answer, and has not for a while'],
    ['a', 'up', 'ok'],
  ];
  it.each([200, 80, 40, 30, 20])('fits %d columns', (columns) => {
    const lines = table(['service', 'state', 'why'], ROWS, columns).split('\n').map(plain);
    expect(lines.every((line) => [...line].length <= columns)).toBe(true);
    expect(lines.join('\n')).toContain('triage');
  });
  it('is whole where there is no terminal', () => {
    expect(plain(table(['service', 'state', 'why'], ROWS)).split('\n')).toEqual([
      'service  state  why',
      'triage   down   the model does not answer, and has not for a while',
      'a        up     ok',
    ]);
  });
  it('puts the last column under its row where there is too little room beside it', () => {
    expect(
      plain(table(['service', 'state', 'why'], ROWS, 36))
        .split('\n')
        .slice(0, 4),
    ).toEqual(['service  state', '    why', 'triage   down', '    the model does not answer, and …']);
  });
  it('does not let what services are called steer the terminal', () => {
    expect(table(['x'], [['a\u001B[2Jb\u0007c\nd']])).toBe('x\na [2Jb c d');
  });
});

describe('cutting', () => {
  it('counts no colours, and ends them', () => {
    const text = paint('red', 'abcdef');
    expect(cut(text, 6)).toBe(text);
    expect(plain(cut(text, 4))).toBe('abc…');
    expect(cut(text, 4).endsWith('\u001B[0m')).toBe(true);
    expect(cut('abcdef', 4)).toBe('abc…');
  });
});

it('is coloured on a terminal, unless that was declined', () => {
  expect(colours({}, true)).toBe(true);
  expect(colours({}, false)).toBe(false);
  expect(colours({ NO_COLOR: '' }, true)).toBe(false);
});
