import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changed, load, problemsOf, SOUND, told, warningsOf } from './fixture.test.rig.ts';

describe('a sound file', () => {
  it('has neither mistakes nor warnings', () => {
    expect(warningsOf(SOUND)).toEqual([]);
  });
});

describe('mistakes that the schema finds do not hide those of meaning', () => {
  it('names, files, variables and time zones are checked beside wrong types and unknown keys', () => {
    const text = changed(
      ['owner: mail-safety', 'ownr: mail-safety\ntimezone: Europe/Berlim'],
      ['./primary.js', './primary.txt'],
      ['BIG_KEY', 'BIG_KEI'],
      ['model: big, budget: 100ms', 'model: bgi, budget: 100'],
      ['use: block', 'use: blok'],
    );
    expect(told(problemsOf(text))).toEqual([
      '4:1 ownr: "ownr" is not known here',
      '5:11 timezone: there is no time zone "Europe/Berlim"',
      '8:36 models.primary.module: there is no file primary.txt',
      '9:89 models.big.openai.key.env: the environment has no variable BIG_KEI',
      '15:36 ladder[1].model: there is no model "bgi"',
      '15:49 ladder[1].budget: expected a duration such as "250ms", "10s" or "5m", found the number 100',
      '16:36 ladder[2].use: there is no built-in rung "blok"',
    ]);
  });

  it('a key that is there twice is told beside the rest', () => {
    const text = changed(['owner: mail-safety', 'owner: a\nowner: b'], ['use: block', 'use: blok']);
    expect(told(problemsOf(text))).toEqual([
      '5:1 owner: the key "owner" is there twice',
      '16:36 ladder[2].use: there is no built-in rung "blok"',
    ]);
  });

  /** One mistake each, and nothing else may be said: what was mended must not be blamed on the writer. */
  const ALONE: readonly (readonly [string, string, string])[] = [
    ['deadline: 500ms', 'deadline: 50 ms\nmax_deadline: 2s', 'deadline'],
    ['deadline: 500ms', 'deadline: 500ms\nmax_deadline: soon', 'max_deadline'],
    ['deadline: 500ms', 'deadline: 500ms\nstep_up: { hold: x, max_hold: 1s }', 'step_up.hold'],
    ['deadline: 500ms', 'deadline: 500ms\nstep_up: { hold: 10m, max_hold: x }', 'step_up.max_hold'],
    ['type: content_moderation', 'type: 5', 'type'],
    ['version: "1"', 'version: 1', 'models.primary.version'],
    ['version: "1", ', '', 'models.primary.version'],
    ['openai: {', 'opnai: {', 'models.big.opnai'],
    ['model: b,', '', 'models.big.openai.model'],
    ['model: b,', 'model: [],', 'models.big.openai.model'],
    ['entities: { sender: input.sender }', 'entities: { sender: 5 }', 'features.entities.sender'],
    ['features: ["sender:seen"]', 'features: []', 'features.feast.features'],
    ['features: fresh', 'features: frsh', 'ladder[0].features'],
    ['level: simpler_model', 'level: simpler', 'ladder[1].level'],
    ['level: simpler_model, ', '', 'ladder[1].level'],
    ['model: primary', 'model: 5', 'ladder[0].model'],
    ['model: primary', 'modl: primary', 'ladder[0].modl'],
    [', budget: 300ms', ', budget: 300', 'ladder[0].budget'],
    [', quality: "no history"', ', quality: 5', 'ladder[1].quality'],
    ['name: gate', 'nam: gate', 'callers.keys[0].nam'],
    ['tenant: acme', 'tenant: 5', 'callers.keys[0].tenant'],
    ['ladder:', 'laddr:', 'laddr'],
    ['models:', 'modles:', 'modles'],
    ['features:\n', 'featurs:\n', 'featurs'],
    ['  primary:', '  Primary:', 'models.Primary'],
    ['  - { level: static_fallback', '  - 5\n  - { level: static_fallback', 'ladder[2]'],
  ];
  it.each(ALONE)('%j → %j is one mistake, at %s', (from, to, at) => {
    expect([...new Set(problemsOf(changed([from, to])).map((problem) => problem.at))]).toEqual([at]);
  });

  it('two wrong parts of one kind get each its own hint', () => {
    const text = changed(['owner: mail-safety', 'ownr: a'], ['model: primary,', 'model: primary, ownr: a,']);
    const hints = problemsOf(text).map((problem) => problem.hint);
    expect(hints[0]).toBe('did you mean "owner"?');
    expect(hints[1]).toContain('known here: rung, level, model');
  });

  it('never throws and never fails in silence, whatever is put in place of whatever', () => {
    const junk = fc.constantFrom(
      '',
      '5',
      '-1',
      '"x"',
      '[]',
      '{}',
      'null',
      '*a',
      '&a',
      '!t x',
      '{ a: 1 }',
      '[1, 2]',
      '\t',
      '- x',
      'a: b',
      '__proto__',
      'constructor',
      '__proto__: 1',
    );
    const words = [...new Set(SOUND.match(/[\w."/:-]+|[{}[\],\n]/g) ?? [])];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...words), junk), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const text = changes.reduce((so, [from, to]) => so.replace(from, () => to), SOUND);
          const loaded = load(text);
          if (!loaded.ok) expect(loaded.problems.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('YAML that a service file does not take', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    ['owner: mail-safety', 'owner: !secret x', '4:8 : not valid here: Unresolved tag: !secret'],
    [
      'owner: mail-safety',
      'owner: !!js/function x',
      '4:8 : not valid here: Unresolved tag: tag:yaml.org,2002:js/function',
    ],
    [
      '  primary:',
      '  __proto__: { version: "1" }\n  primary:',
      '7:3 models.__proto__: "__proto__" is not a name',
    ],
    [
      'owner: mail-safety',
      `owner: ${'['.repeat(70)}${']'.repeat(70)}`,
      '4:72 : nested deeper than 64 levels',
    ],
    ['owner: mail-safety', '? [a]\n: b', '4:3 : a key is a plain name here'],
  ];
  it.each(CASES)('%s → %s', (from, to, expected) => {
    expect(told(problemsOf(changed([from, to])))).toContain(expected);
  });
});
