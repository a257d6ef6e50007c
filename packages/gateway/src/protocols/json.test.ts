import { describe, expect, it } from 'vitest';
import { chunk, served, streamed } from '../http/front.test.support.ts';
import { decodeJson, encodeJson } from './json.ts';

describe('decodeJson', () => {
  it.each([
    [[1], 'a list'],
    ['x', 'string'],
    [7, 'number'],
    [true, 'boolean'],
  ])('refuses %j and says what it is', (body, what) => {
    expect(() => decodeJson(body)).toThrow(what);
  });

  it('keeps a field called __proto__ a field', () => {
    const input = decodeJson(JSON.parse('{"__proto__":{"a":1},"b":2}'));
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
    expect(Object.keys(input)).toEqual(['__proto__', 'b']);
  });
});

describe('encodeJson', () => {
  it('puts the model’s own answer under one name and the facts beside it', () => {
    const answer = served(
      { level: 'mine' },
      {
        prediction: { kind: 'value', model: 'm', version: '7', output: { level: 'mine' }, confidence: 0.75 },
        level: 'cached_features',
        reason: 'features: down',
        qualityImpact: 'older history',
        features: { values: {}, source: 'cache', ageMs: 61_500, missing: [] },
      },
    );
    expect(JSON.parse(JSON.stringify(encodeJson('req-1', answer)))).toEqual({
      request_id: 'req-1',
      prediction: { level: 'mine' },
      level: 'cached_features',
      rung: 'top',
      reason: 'features: down',
      quality_impact: 'older history',
      model: 'm',
      version: '7',
      confidence: 0.75,
      feature_age_s: 61.5,
    });
  });

  it('leaves out what is not known, and cannot be asked for a stream', () => {
    expect(JSON.parse(JSON.stringify(encodeJson('r', served(1))))).not.toHaveProperty('confidence');
    const stream = streamed(chunk('x'), (async function* () {})());
    expect(() => encodeJson('r', stream)).toThrow();
  });
});
