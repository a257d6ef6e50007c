import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrown } from '../rungs.test.rig.ts';
import { tokenise } from '../tokens.ts';
import { compilePatterns } from './patterns.ts';

const counts = (patterns: string[], text: string): [string | undefined, number][] =>
  [...compilePatterns(patterns, 'with.patterns').count(text)]
    .sort(([a], [b]) => a - b)
    .map(([at, times]) => [patterns[at], times]);

describe('patterns', () => {
  it.each([
    ['free', 'Free! FREE, freedom', 2],
    ['free*', 'Free! FREE, freedom', 3],
    ['click here', 'click, here; click it here', 1],
    ['claim* your prize', 'claiming your prize', 1],
    ['a a', 'a a a', 2],
    ['don’t', "don't DONT", 2],
    ['{url}', 'see http://x.y/z and www.a.b', 2],
    ['{email}', 'to ann.b@example.org now', 1],
    ['{phone}', 'call +44 (0)20 7946 0958', 1],
    ['{money}', 'win £1000 or 50 dollars', 2],
    ['{number}', 'code 80082 and 12', 1],
    ['{capitals}', 'URGENT news for YOU', 1],
    ['{exclamation}', 'win!!! now! really!!', 2],
  ])('%s', (pattern, text, times) => {
    expect(counts([pattern], text)).toEqual([[pattern, times]]);
  });

  it('finds patterns that overlap and share beginnings', () => {
    const patterns = ['free money', 'free', 'money now', 'free money now', 'fr* mon*'];
    expect(counts(patterns, 'free money now')).toEqual(patterns.map((pattern) => [pattern, 1]));
  });

  it.each(['(a+)+', 'a|b', '[ab]', '^x', '{nope}', 'a*b', '*', '', '...'])('refuses %s', (pattern) => {
    expect(thrown(() => compilePatterns([pattern], 'with.patterns'))).toMatch(
      /^config_invalid: with\.patterns\[0\]\.match/,
    );
  });

  it('finds exactly the places where the words stand', () => {
    const word = fc.constantFrom('a', 'b', 'ab', 'abc');
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.array(word, { maxLength: 30 }),
        (phrase, words) => {
          let expected = 0;
          for (let i = 0; i + phrase.length <= words.length; i++) {
            if (phrase.every((part, k) => words[i + k] === part)) expected += 1;
          }
          const found =
            compilePatterns([phrase.join(' ')], 'p')
              .count(words.join(' '))
              .get(0) ?? 0;
          expect(found).toBe(expected);
        },
      ),
    );
  });

  it('stays linear on texts that are made to hurt', () => {
    const matcher = compilePatterns(
      [
        'a a a a a a a b',
        'a* a* a* a* a* a* b',
        '{email}',
        '{url}',
        '{phone}',
        '{money}',
        '{capitals}',
        '{number}',
      ],
      'p',
    );
    for (const text of [
      'a '.repeat(10_000),
      'a'.repeat(20_000),
      '1'.repeat(20_000),
      'A'.repeat(20_000),
      '1 '.repeat(10_000),
    ]) {
      const began = performance.now();
      matcher.count(text);
      expect(performance.now() - began).toBeLessThan(2000);
    }
    expect(tokenise('a '.repeat(10_000))).toHaveLength(10_000);
  });
});
