import { describe, expect, it } from 'vitest';
import { changed, problemsOf, told, warningsOf } from '../fixture.test.rig.ts';

const WARNINGS: readonly (readonly [string, string, string])[] = [
  ['use: block', 'use: unranked', '15:36 ladder[2].use: unranked is not made for content_moderation'],
  [
    '  - { level: static_fallback, use: block, quality: "all is blocked" }\n',
    '',
    '14:36 ladder[1].model: the last rung asks a model: when it fails nothing is left to answer',
  ],
  [
    '  - { level: static',
    '  - { rung: again, level: simpler_model, model: big, budget: 50ms, quality: q }\n  - { level: static',
    '15:49 ladder[2].model: comes back to big with the same features as ladder[1]: what failed there is not asked again',
  ],
  [
    'budget: 300ms',
    'budget: 490ms',
    '13:69 ladder[0].budget: leaves 10 ms of the deadline of 500 ms: no rung below has a budget that small',
  ],
  [
    '  big:',
    '  spare: { version: "1", module: ./s.js }\n  big:',
    '8:10 models.spare: is not used: neither by a rung nor by another model',
  ],
  [
    './primary.js }',
    './primary.js, timeouts: { first: 2s, total: 1s } }',
    '7:69 models.primary.timeouts.first: is longer than total (1000 ms) and never reached',
  ],
  ['features: fresh, ', '', '10:3 features: no rung uses features'],
  [
    'entities:',
    'timeout: 500ms\n  entities:',
    '11:12 features.timeout: takes the whole deadline of 500 ms when the source is slow',
  ],
  [
    '  big: {',
    '  big: { canary: { model: primary, segment: { cohort: [beta] } },',
    '8:55 models.big.canary.segment.cohort: nobody is in it: no caller of this file may send headers that are believed',
  ],
  [
    'callers:',
    'health: { every: 1s, timeout: 2s }\ncallers:',
    '16:31 health.timeout: is longer than health.every: checks of a slow component overlap',
  ],
  [
    'callers:',
    'priority: { rules: [{ when: { header: x-a, equals: "1" }, class: 0 }] }\ncallers:',
    '16:39 priority.rules[0].when.header: never holds: no caller of this file may send headers that are believed',
  ],
];

describe('what hardly anybody means', () => {
  it.each(WARNINGS)('%j → %j', (from, to, expected) => {
    const warnings = warningsOf(changed([from, to]));
    expect(told(warnings)).toEqual([expected]);
    expect(warnings[0]?.severity).toBe('warning');
  });

  it('a header rule is in order once somebody may send the header', () => {
    const rule = 'priority: { rules: [{ when: { header: x-a, equals: "1" }, class: 0 }] }\ncallers:';
    expect(
      warningsOf(changed(['callers:', rule], ['tenant: acme', 'tenant: acme, trust_headers: true'])),
    ).toEqual([]);
  });

  it('static fits every type, and a service of its own kind may use anything', () => {
    expect(warningsOf(changed(['use: block', 'use: static, with: { output: {} }']))).toEqual([]);
    expect(
      warningsOf(changed(['type: content_moderation', 'type: custom'], ['use: block', 'use: unranked'])),
    ).toEqual([]);
  });
});

const CONTRADICTIONS: readonly (readonly [string, string, string])[] = [
  [
    'entities:',
    'max_age: 1m\n  cache: { fresh_for: 2m }\n  entities:',
    '12:23 features.cache.fresh_for: is longer than max_age (60000 ms): a value cannot be fresh and too old',
  ],
  [
    '  big:',
    '  features: { version: "1", module: ./f.js }\n  big:',
    '8:3 models.features: "features" is what depends_on calls the feature source',
  ],
  [
    'tenant: acme }',
    'tenant: acme }, { name: two, key: { env: SAME_KEY }, tenant: b }',
    '17:82 callers.keys[1].key: is the same key as keys[0]: callers could not be told apart',
  ],
  [
    'callers:',
    'callers:\n  trust_headers_from: ["999.1.1.1"]',
    '17:24 callers.trust_headers_from[0]: expected an address or a range such as "10.0.0.0/8", found "999.1.1.1"',
  ],
  [
    'callers:',
    'callers:\n  trust_headers_from: ["10.0.0.0/33"]',
    '17:24 callers.trust_headers_from[0]: expected an address or a range such as "10.0.0.0/8", found "10.0.0.0/33"',
  ],
];

describe('contradictions', () => {
  it.each(CONTRADICTIONS)('%j → %j', (from, to, expected) => {
    expect(told(problemsOf(changed([from, to])))).toEqual([expected]);
  });
});
