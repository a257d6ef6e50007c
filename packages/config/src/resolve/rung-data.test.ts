import { describe, expect, it } from 'vitest';
import { changed, load, problemsOf, told } from '../fixture.test.rig.ts';

const LAST = '  - { level: static_fallback, use: block, quality: "all is blocked" }\n';

const withRung = (rung: string): string => changed([LAST, `${rung}\n`]);

describe('data of a built-in rung', () => {
  it('are checked where they stand, by what the rung itself reads', () => {
    const text = withRung(`  - level: rule_based
    use: keywords
    quality: words
    with:
      patterns:
        - { match: "free money", weight: 2 }
        - { match: spam, weight: heavy }`);
    expect(told(problemsOf(text))).toEqual([
      '21:34 ladder[2].with.patterns[1].weight: expected a number, found "heavy"',
    ]);
  });

  it('name the nearest field for one that is not known, at its key', () => {
    const [problem, ...more] = problemsOf(
      withRung(`  - level: rule_based
    use: keywords
    quality: words
    with: { patterns: [{ match: spam }], treshold: 2 }`),
    );
    expect(more).toEqual([]);
    expect(problem).toMatchObject({
      line: 18,
      column: 42,
      at: 'ladder[2].with.treshold',
      message: '"treshold" is not known here',
      hint: 'did you mean "threshold"?',
    });
  });

  it('are missed at `use` where there are none, and at `with` where a field is missing', () => {
    expect(told(problemsOf(withRung('  - { level: rule_based, use: static, quality: q }')))).toEqual([
      '15:31 ladder[2].use: static needs with.output: expected the answer to give, any JSON value',
    ]);
    const empty = withRung('  - { level: rule_based, use: keywords, quality: q, with: { label: x } }');
    expect(told(problemsOf(empty))).toEqual([
      '15:59 ladder[2].with.patterns: keywords needs patterns: expected a list from 1 to 50000 entries',
    ]);
  });

  it('are left to the start where they stand in a file of their own', () => {
    const text = withRung(
      '  - { level: rule_based, use: keywords, quality: q, with: { file: ./words.js, treshold: 1 } }',
    );
    expect(load(text).ok).toBe(true);
  });
});
