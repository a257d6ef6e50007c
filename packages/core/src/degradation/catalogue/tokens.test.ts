import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTokens, tokenise } from './tokens.ts';

describe('tokenise', () => {
  it.each([
    ['Free MONEY, now!', ['free', 'money', 'now']],
    ["Don't miss it", ['dont', 'miss', 'it']],
    ['Ｆｕｌｌ width ﬁ', ['full', 'width', 'fi']],
    ['Straße Москва 2026', ['straße', 'москва', '2026']],
    ['机器学习', ['机器', '器学', '学习']],
    ['go去', ['go', '去']],
    ['हिन्दी', ['हिन्दी']],
    [' ,.!? ', []],
    ['', []],
  ])('%s', (text, words) => {
    expect(tokenise(text)).toEqual(words);
  });

  it('cuts very long words, and reads only so much', () => {
    expect(tokenise('a'.repeat(1000))[0]).toHaveLength(64);
    expect(tokenise('one two three', 7)).toEqual(['one', 'two']);
  });

  it('never throws and gives no empty token, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const tokens = tokenise(text);
        for (const token of tokens) expect(token).not.toBe('');
      }),
    );
  });

  it('is linear: a hundred thousand characters made to be awkward', () => {
    for (const text of ["a'".repeat(50_000), 'ा'.repeat(100_000), '’'.repeat(100_000), 'a '.repeat(50_000)]) {
      const began = performance.now();
      tokenise(text);
      expect(performance.now() - began).toBeLessThan(2000);
    }
  });

  it('counts', () => {
    expect([...countTokens(['b', 'a', 'b'])]).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });
});
