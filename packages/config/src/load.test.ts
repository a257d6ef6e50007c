import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSchema } from './json-schema.ts';
import { type Loaded, loadServiceFile } from './load.ts';
import { formatProblems } from './problem.ts';

const GOOD = `evenkeel: 1
service: moderation
type: content_moderation
owner: mail-safety
deadline: 500ms
models:
  primary:
    version: "1"
    module: ./primary.js
    worker: true
  simple:
    version: "2"
    json: { url: "http://127.0.0.1:9000/predict", label: label }
    canary: { model: next, share: 5% }
  next:
    version: "3"
    openai: { url: "http://127.0.0.1:9001/v1", model: big, key: { env: BIG_KEY } }
features:
  feast: { url: "http://127.0.0.1:6566", features: ["sender:seen"] }
  entities: { sender: input.sender }
ladder:
  - { level: full_service, model: primary, features: fresh, budget: 350ms }
  - { rung: primary-cached, level: cached_features, model: primary, features: cached, budget: 350ms, quality: "old history" }
  - { level: simpler_model, model: simple, budget: 50ms, quality: "no history" }
  - { level: rule_based, use: keywords, quality: "words alone", with: { patterns: [{ match: viagra, weight: 3 }], threshold: 2 } }
  - { level: static_fallback, use: hold_for_review, quality: "a person decides" }
priority:
  rules:
    - { when: { tier: premium }, class: 1 }
callers:
  keys: [{ name: gate, key: { env: GATE_KEY }, tenant: acme }]
`;
const env = { BIG_KEY: 'sk-very-secret', GATE_KEY: 'gate-secret' };
const load = (text: string): Loaded =>
  loadServiceFile(text, { path: 'e.yaml', env, exists: (path) => path.endsWith('.js') });

function problemsOf(text: string) {
  const loaded = load(text);
  if (loaded.ok) throw new Error('expected mistakes, found none');
  return loaded.problems;
}

describe('a good file', () => {
  it('is loaded with its defaults, names resolved', () => {
    const loaded = load(GOOD);
    if (!loaded.ok) throw new Error(formatProblems(loaded.problems, { color: false, source: GOOD }));
    const { service } = loaded;
    expect(service.ladder.map((rung) => [rung.name, rung.budgetMs, rung.overflow])).toEqual([
      ['primary', 350, true],
      ['primary-cached', 350, true],
      ['simple', 50, true],
      ['keywords', 20, false],
      ['hold_for_review', 20, false],
    ]);
    expect(service.ladder[0]?.dependencies).toEqual(['primary', 'features']);
    expect(service.models.get('simple')?.canary).toEqual({ model: 'next', share: 0.05, tenants: undefined });
    expect(service).toMatchObject({
      deadlineMs: 500,
      maxDeadlineMs: 500,
      stepUp: { holdMs: 5_000 },
      limits: { bodyBytes: 1_048_576 },
    });
    expect(service.admission.thresholds).toEqual({ 1: 0.95, 2: 0.85, 3: 0.7 });
  });

  it('is told the bounds of a head, the segments of a canary and its face in the Open Inference Protocol', () => {
    const extra = `limits: { headers: 64KiB }
open_inference: { rows: split, inputs: [{ name: text, datatype: BYTES }] }
`;
    const loaded = load(
      `${GOOD.replace('share: 5%', 'share: 5%, segment: { tier: [gold], cohort: [beta] }').replace(
        'callers:',
        'callers:\n  trust_headers_from: loopback',
      )}${extra}`,
    );
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { service } = loaded;
    expect(service.limits.headerBytes).toBe(65_536);
    expect(service.models.get('simple')?.canary).toEqual({
      model: 'next',
      share: 0.05,
      tenants: undefined,
      tiers: ['gold'],
      cohorts: ['beta'],
    });
    expect(service.callers.headers.cohort).toBe('x-cohort');
    expect(service.openInference).toEqual({
      rows: 'split',
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      outputs: undefined,
    });
    expect(loaded.warnings.filter(({ at }) => at.includes('segment'))).toEqual([]);
  });

  it('never shows a secret', async () => {
    const { inspect } = await import('node:util');
    const loaded = load(GOOD);
    const shown = `${JSON.stringify(loaded, (_, value) => (value instanceof Map ? [...value] : value))}${inspect(loaded, { depth: 20 })}`;
    expect(shown).not.toContain('sk-very-secret');
    expect(shown).not.toContain('gate-secret');
    expect(shown).toContain('[secret BIG_KEY]');
    if (loaded.ok) expect(loaded.service.callers.keys[0]?.key.reveal()).toBe('gate-secret');
  });

  it('has a JSON Schema that knows its keys', () => {
    const schema = JSON.stringify(jsonSchema());
    for (const key of ['service', 'ladder', 'models', 'step_up', 'quality'])
      expect(schema).toContain(`"${key}"`);
  });
});

/** What is replaced, by what, and the line, column, message and hint that come out. */
const MISTAKES: [string, string, number, number, string, string?][] = [
  ['service: moderation', 'service: Moderation!', 2, 10, 'expected a name of lower-case letters'],
  ['service: moderation\n', '', 1, 1, '"service" is missing: expected a text'],
  [
    'deadline: 500ms',
    'deadline: 500ms\nlimits: { headers: 100B }',
    6,
    20,
    'expected a size from 1KiB to 1MiB, found 100B',
  ],
  ['share: 5%', 'segment: {}', 14, 37, 'expected at least one of tenant, tier and cohort'],
  ['evenkeel: 1', 'evenkeel: 2', 1, 11, 'expected 1, found the number 2'],
  [
    'type: content_moderation',
    'type: content_moderatoin',
    3,
    7,
    'expected one of recommendation',
    'did you mean "content_moderation"?',
  ],
  ['owner: mail-safety', 'ower: mail-safety', 4, 1, '"ower" is not known here', 'did you mean "owner"?'],
  [
    'deadline: 500ms',
    'deadline: 500',
    5,
    11,
    'expected a duration such as "250ms", "10s" or "5m", found the number 500',
    'with its unit: "500ms"',
  ],
  ['deadline: 500ms', 'deadline: 500 ms', 5, 11, 'expected a duration such as "250ms"'],
  ['deadline: 500ms', 'deadline: -5ms', 5, 11, 'expected a duration such as "250ms"'],
  ['deadline: 500ms', 'deadline: 0ms', 5, 11, 'expected a duration from 1ms to 1h, found 0ms'],
  ['deadline: 500ms', 'deadline: 400d', 5, 11, 'expected a duration from 1ms to 1h'],
  ['deadline: 500ms', 'deadline: 300ms', 22, 69, 'is longer than the deadline of 300 ms'],
  [
    'deadline: 500ms',
    'deadline: 500ms\nmax_deadline: 100ms',
    6,
    15,
    'is shorter than the deadline of 500 ms',
  ],
  [
    'deadline: 500ms',
    'deadline: 500ms\ntimezone: Europe/Berlim',
    6,
    11,
    'there is no time zone "Europe/Berlim"',
    'did you mean "Europe/Berlin"?',
  ],
  ['deadline: 500ms', 'deadline: 500ms\nlimits: { body: 1MB }', 6, 17, 'expected a size such as "64KiB"'],
  ['deadline: 500ms', 'deadline: 500ms\nlimits: { depth: 0 }', 6, 18, 'expected at least 1'],
  [
    'deadline: 500ms',
    'deadline: 500ms\nstep_up: { share: 150% }',
    6,
    19,
    'expected a share over 0% and up to 100%',
  ],
  ['deadline: 500ms', 'deadline: 500ms\nstep_up: { hold: 10s, max_hold: 1s }', 6, 33, 'is shorter than hold'],
  [
    'deadline: 500ms',
    'deadline: 500ms\ndeadline: 1s',
    6,
    1,
    'the key "deadline" is there twice',
    'the first is on line 5',
  ],
  [
    '    module: ./primary.js',
    '    module: ./primary.txt',
    9,
    13,
    'there is no file primary.txt',
    'paths are relative to this file',
  ],
  [
    '    module: ./primary.js\n',
    '',
    7,
    3,
    'a model has exactly one of module, openai, open_inference, json: none is there',
  ],
  [
    '    worker: true',
    '    worker: true\n    json: { url: "http://127.0.0.1:1" }',
    7,
    3,
    'found module and json',
  ],
  [
    '    worker: true',
    '    worker: yes please',
    10,
    13,
    'expected true or false, found the text "yes please"',
  ],
  ['"http://127.0.0.1:9000/predict"', '"ftp://x"', 13, 18, 'expected'],
  [
    'canary: { model: next',
    'canary: { model: nxt',
    14,
    22,
    'there is no model "nxt"',
    'did you mean "next"?',
  ],
  ['canary: { model: next', 'canary: { model: simple', 14, 22, 'a model cannot be its own canary'],
  ['share: 5%', 'share: 0%', 14, 35, 'expected a share over 0%'],
  ['    version: "3"', '    version: "3"\n    previous: next', 17, 15, 'goes round in a circle: next → next'],
  ['    version: "3"', '    version: 3', 16, 14, 'expected a text, found the number 3'],
  [
    'key: { env: BIG_KEY }',
    'key: { env: BIG_KEI }',
    17,
    72,
    'the environment has no variable BIG_KEI',
    'did you mean BIG_KEY?',
  ],
  [
    'key: { env: BIG_KEY }',
    'key: sk-literal',
    17,
    65,
    'a secret does not stand in the file',
    '{ env: NAME }',
  ],
  [
    'features: ["sender:seen"]',
    'feature_service: a, features: [b]',
    19,
    3,
    'name either features or feature_service',
  ],
  ['sender: input.sender', 'sender: sender', 20, 23, 'expected a path into the input such as "input.sender"'],
  [
    'level: full_service, model: primary',
    'level: full_servce, model: primary',
    22,
    14,
    'expected one of full_service',
    'did you mean "full_service"?',
  ],
  [
    'level: full_service, model: primary',
    'level: full_service, model: primry',
    22,
    35,
    'there is no model "primry"',
    'did you mean "primary"?',
  ],
  [
    'level: full_service, model: primary',
    'level: full_service',
    22,
    5,
    'a rung has exactly one of model and use',
  ],
  ['features: fresh, budget: 350ms', 'features: fresh', 22, 5, 'a rung on a model needs a budget'],
  ['rung: primary-cached, ', '', 23, 5, 'the name "primary" is taken by ladder[0]'],
  [', quality: "no history"', '', 24, 5, 'says what it costs in quality'],
  [
    'use: keywords',
    'use: keyword',
    25,
    31,
    'there is no built-in rung "keyword"',
    'did you mean "keywords"?',
  ],
  [
    'level: static_fallback, use: hold',
    'level: simpler_model, use: hold',
    26,
    14,
    'a ladder goes down: simpler_model cannot stand below rule_based',
  ],
  [
    'use: hold_for_review,',
    'use: hold_for_review, depends_on: [featurs],',
    26,
    66,
    'there is no component "featurs"',
    'did you mean "features"?',
  ],
  ['class: 1', 'class: 7', 29, 41, 'expected 0 or 1 or 2 or 3, found the number 7'],
  ['tier: premium', 'teir: premium', 29, 17, '"teir" is not known here', 'did you mean "tier"?'],
  [
    'tenant: acme }]',
    'tenant: acme }, { name: gate, key: { env: GATE_KEY }, tenant: b }]',
    31,
    72,
    'the name "gate" is taken',
  ],
  [
    'callers:\n',
    'callers:\n  trust_headers_from: ["10.0.0.0/8", "everywhere"]\n',
    31,
    38,
    'expected an address or a range',
  ],
  ['priority:', 'admission: { thresholds: [90%, 80%, 95%] }\npriority:', 27, 26, 'expected them to rise'],
  ['owner: mail-safety', 'owner: [mail', 5, 1, 'not valid YAML'],
];

describe('mistakes', () => {
  it.each(MISTAKES)('%j → %j', (from, to, line, column, message, hint) => {
    expect(GOOD).toContain(from);
    const problems = problemsOf(GOOD.replace(from, to));
    const found = problems.find((problem) => problem.message.includes(message));
    expect(found, JSON.stringify(problems)).toBeDefined();
    expect([found?.line, found?.column]).toEqual([line, column]);
    if (hint !== undefined) expect(found?.hint).toContain(hint);
  });

  it('are told all at once, in the order of their lines', () => {
    const text = GOOD.replace('model: primary, features: fresh', 'model: primry, features: fresh')
      .replace('use: keywords', 'use: keyword')
      .replace('deadline: 500ms', 'deadline: 500ms\ntimezone: Nowhere');
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.line)).toEqual([6, 23, 26]);
  });

  it('are printed with the line and a caret under the spot', () => {
    const text = GOOD.replace('owner', 'ower');
    const printed = formatProblems(problemsOf(text), { color: false, source: text });
    expect(printed).toContain('e.yaml:4:1 error ower: "ower" is not known here');
    expect(printed).toContain('  4 | ower: mail-safety\n    | ^');
    expect(printed).toContain('did you mean "owner"?');
  });

  it('in the form of bombs and junk are refused quickly', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
      .join('\n')}\n`;
    const began = performance.now();
    expect(problemsOf(bomb)[0]?.message).toMatch(/alias/i);
    expect(problemsOf('x'.repeat(2_000_000))[0]?.message).toContain('characters long');
    for (const junk of ['', 'null', '[]', '3', '- a', '{{{', '\u0000', 'a: !!js/function x'])
      expect(problemsOf(junk).length).toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('never throw, however a file is cut or changed', () => {
    fc.assert(
      fc.property(fc.nat(GOOD.length), fc.nat(20), fc.string({ maxLength: 6 }), (at, cut, put) => {
        const text = GOOD.slice(0, at) + put + GOOD.slice(at + cut);
        const loaded = load(text);
        if (!loaded.ok) {
          expect(loaded.problems.length).toBeGreaterThan(0);
          for (const problem of loaded.problems) {
            expect(problem.line).toBeGreaterThanOrEqual(1);
            expect(problem.line).toBeLessThanOrEqual(text.split('\n').length);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
