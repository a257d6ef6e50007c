import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mistakeIn } from './json-mistake.ts';

describe('mistakeIn', () => {
  it.each([
    ['{"a":', 'expected a value at line 1, column 6, but the body ends there'],
    ['{"a":x}', 'expected a value at line 1, column 6, but something else is there'],
    ['{"a":1,}', 'expected a name in double quotes at line 1, column 8'],
    ['[1,]', 'expected a value at line 1, column 4'],
    ['[1 2]', 'expected "," or "]" at line 1, column 4'],
    ['{\n  "a": 1\n  "b": 2\n}', 'expected "," or "}" at line 3, column 3'],
    ["{'a':1}", 'expected a name in double quotes or "}" at line 1, column 2'],
    ['{"a" 1}', 'expected ":" at line 1, column 6'],
    ['"a\nb"', 'expected the rest of a string at line 1, column 3'],
    ['"a\\xb"', 'expected the rest of a string at line 1, column 3'],
    ['"a', 'expected the rest of a string at line 1, column 3, but the body ends there'],
    ['{} {}', 'expected the end at line 1, column 4'],
    ['01', 'expected a value at line 1, column 1'],
    ['NaN', 'expected a value at line 1, column 1'],
    ['', 'expected a value at line 1, column 1, but the body ends there'],
    ['[}', 'expected a value or "]" at line 1, column 2'],
  ])('%j', (text, said) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(mistakeIn(text)).toContain(said);
  });

  const parses = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it('finds nothing in JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2, '\t'), (text, indent) => {
        expect(mistakeIn(JSON.stringify(JSON.parse(text), null, indent))).toBeUndefined();
      }),
    );
  });

  it('agrees with JSON.parse on text that has been damaged', () => {
    const damage = fc.tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom(
        '',
        ',',
        '"',
        '{',
        '}',
        '[',
        ']',
        ':',
        '\\',
        '0',
        '-',
        '.',
        'e',
        'x',
        ' ',
        '\n',
        '\u0007',
        'null',
      ),
      fc.nat({ max: 3 }),
    );
    fc.assert(
      fc.property(damage, ([text, place, piece, cut]) => {
        const i = place % (text.length + 1);
        const damaged = text.slice(0, i) + piece + text.slice(i + cut);
        expect(mistakeIn(damaged) === undefined).toBe(parses(damaged));
      }),
      { numRuns: 3_000 },
    );
  });

  it('stays cheap and needs no stack, however large or deep', () => {
    expect(mistakeIn('['.repeat(1_000_000))).toContain('column 1000001');
    expect(mistakeIn(`"${'x'.repeat(1_000_000)}`)).toContain('column 1000002');
  });
});
