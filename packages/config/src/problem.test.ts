import { describe, expect, it } from 'vitest';
import { changed, load, SOUND, warningsOf } from './fixture.test.rig.ts';
import { formatProblems } from './problem.ts';
import { hideSecrets } from './secret-places.ts';

/** Everything that is ever said about a text. */
function saidOf(text: string): string {
  const loaded = load(text);
  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  return `${JSON.stringify(problems)}\n${formatProblems(problems, { color: true, source: text })}`;
}

describe('what is printed', () => {
  /** Each puts SECRET literally into the file together with a mistake on the same line. */
  const LEAKS: readonly (readonly [string, string])[] = [
    ['key: { env: BIG_KEY }', 'key: SECRET'],
    ['key: { env: BIG_KEY }', 'key: "SECRET"'],
    ['key: { env: BIG_KEY }', 'kye: { env: BIG_KEY }, api_key: SECRET'],
    ['key: { env: BIG_KEY }', 'apiKey: SECRET'],
    ['key: { env: BIG_KEY }', 'password: SECRET, modle: x'],
    ['key: { env: BIG_KEY }', 'key: [SECRET'],
    ['key: { env: GATE_KEY }', 'key: SECRET'],
    ['key: { env: GATE_KEY }', 'key: SECRET, nam: x'],
    ['keys: [{ name: gate, key: { env: GATE_KEY }, tenant: acme }]', 'keys: SECRET'],
    ['key: { env: GATE_KEY }', 'key: { env: "!SECRET" }'],
    ['"http://127.0.0.1:9001/v1"', '"http://user:SECRET@127.0.0.1:9001/v1", modle: x'],
    ['"http://127.0.0.1:9001/v1"', '"htp://user:SECRET@127.0.0.1:9001/v1"'],
    ['./primary.js }', './primary.txt, options: { token: SECRET } }'],
    ['key: { env: BIG_KEY }', 'key: { env: BIG_KEY } }, breaker: { token: SECRET'],
  ];
  it.each(LEAKS)('never holds a literal secret: %j → %j', (from, to) => {
    const text = changed([from, to]);
    expect(load(text).ok).toBe(false);
    if (to.includes('[SECRET') || to.includes('!SECRET')) {
      // Not a value that a key can have, so only what is said in words is held to it.
      expect(JSON.stringify(load(text))).not.toContain('SECRET');
    } else expect(saidOf(text)).not.toContain('SECRET');
  });

  it('keeps every other column where it was', () => {
    const text = changed(['key: { env: BIG_KEY }', 'key: sk-1, modle: x']);
    const hidden = hideSecrets(text);
    expect(hidden).toHaveLength(text.length);
    expect(hidden.replaceAll('•', '')).toBe(text.replace('sk-1', ''));
    expect(hideSecrets(SOUND)).toBe(SOUND);
    const redis =
      'features:\n  redis: { url: "redis://h", key: "sender:{sender}" }\n  batch: { key: sender }\n';
    expect(hideSecrets(redis)).toBe(redis);
  });

  it('is place, severity, path and message; the line; a caret under the spot; the hint', () => {
    const text = changed(['model: big,', 'model: bgi,']);
    const loaded = load(text);
    const printed = formatProblems(loaded.ok ? [] : loaded.problems, { color: false, source: text });
    expect(printed.split('\n')).toEqual([
      'e.yaml:14:36 error ladder[1].model: there is no model "bgi"',
      '  14 |   - { level: simpler_model, model: bgi, budget: 100ms, quality: "no history" }',
      `     | ${' '.repeat(35)}^`,
      '  did you mean "big"?',
    ]);
  });

  it('says what is only a warning', () => {
    const text = changed(['use: block', 'use: unranked']);
    const printed = formatProblems(warningsOf(text), { color: false, source: text });
    expect(printed).toContain(
      'e.yaml:15:36 warning ladder[2].use: unranked is not made for content_moderation',
    );
  });

  it('of a long line shows the part round the spot', () => {
    const source = `${'a'.repeat(500)}X${'b'.repeat(500)}`;
    const problem = { path: 'f', line: 1, column: 501, at: '', message: 'm' };
    const [, line = '', caret = ''] = formatProblems([problem], { color: false, source }).split('\n');
    expect(line.length).toBeLessThan(140);
    expect(line[caret.indexOf('^')]).toBe('X');
  });
});
