import { describe, expect, it } from 'vitest';
import { feastErrorText, rowsOfFeastResponse } from './feast-response.ts';

const EPOCH = '1970-01-01T00:00:00Z';
const T = '2026-01-01T00:00:00Z';
const AT = Date.UTC(2026, 0, 1);
const SENDER: ReadonlySet<string> = new Set(['sender']);

function column(values: unknown[], statuses: string[], event_timestamps: string[]) {
  return { values, statuses, event_timestamps };
}

describe('rowsOfFeastResponse', () => {
  it('reads one vector per feature, without the entity column and without times of 1970', () => {
    const rows = rowsOfFeastResponse(
      {
        metadata: { feature_names: ['sender', 'seen', 'share'] },
        results: [
          column(['a', 'b'], ['PRESENT', 'PRESENT'], [EPOCH, EPOCH]),
          column([5, null], ['PRESENT', 'NOT_FOUND'], [T, EPOCH]),
          column([0.5, null], ['OUTSIDE_MAX_AGE', 'NULL_VALUE'], [T, T]),
        ],
      },
      SENDER,
      2,
    );
    expect(rows).toEqual([
      {
        values: [
          { name: 'seen', value: 5, status: 'present', eventTime: AT },
          { name: 'share', value: 0.5, status: 'outside_max_age', eventTime: AT },
        ],
      },
      {
        values: [
          { name: 'seen', value: null, status: 'not_found', eventTime: undefined },
          { name: 'share', value: null, status: 'null', eventTime: AT },
        ],
      },
    ]);
  });

  it('reads a square matrix the current way', () => {
    const [a, b] = rowsOfFeastResponse(
      {
        metadata: { feature_names: ['seen', 'share'] },
        results: [
          column(['seen a', 'seen b'], ['PRESENT', 'PRESENT'], [T, T]),
          column(['share a', 'share b'], ['PRESENT', 'PRESENT'], [T, T]),
        ],
      },
      SENDER,
      2,
    );
    expect(a?.values.map((v) => v.value)).toEqual(['seen a', 'share a']);
    expect(b?.values.map((v) => v.value)).toEqual(['seen b', 'share b']);
  });

  it('reads one vector per entity where only that fits', () => {
    const [a] = rowsOfFeastResponse(
      {
        metadata: { feature_names: ['sender', 'seen', 'share'] },
        results: [column(['a', 5, 0.5], ['PRESENT', 'PRESENT', 'PRESENT'], [EPOCH, T, T])],
      },
      SENDER,
      1,
    );
    expect(a?.values.map((v) => [v.name, v.value])).toEqual([
      ['seen', 5],
      ['share', 0.5],
    ]);
  });

  it('goes by the values where statuses and times are left out, and distrusts words it does not know', () => {
    const metadata = { feature_names: ['seen', 'share'] };
    const [bare] = rowsOfFeastResponse(
      { metadata, results: [{ values: [5] }, { values: [null] }] },
      SENDER,
      1,
    );
    expect(bare?.values.map((v) => v.status)).toEqual(['present', 'null']);
    const [odd] = rowsOfFeastResponse(
      { metadata, results: [column([5], ['SPLENDID'], [T]), column([5], ['INVALID'], [T])] },
      SENDER,
      1,
    );
    expect(odd?.values.map((v) => v.status)).toEqual(['invalid', 'invalid']);
  });

  it.each([
    ['text', 'body: '],
    [{}, 'metadata: '],
    [{ metadata: { feature_names: ['a'] }, results: [7] }, 'results.0: '],
    [
      { metadata: { feature_names: ['a'] }, results: [] },
      '0 vectors of 0 values for 1 features of 2 entities',
    ],
    [{ metadata: { feature_names: ['a'] }, results: [{ values: [1, 2, 3] }] }, '1 vectors of 3 values'],
    [
      { metadata: { feature_names: ['a'] }, results: [{ values: [1, 2], statuses: ['PRESENT'] }] },
      '1 vectors',
    ],
  ])('refuses %j', (body, detail) => {
    expect(() => rowsOfFeastResponse(body, SENDER, 2)).toThrowError(
      `not an answer of a Feast feature server: ${detail}`,
    );
  });
});

describe('feastErrorText', () => {
  const own = { module: 'feast.errors', class: 'FeatureViewNotFoundException', message: 'no view x' };
  it.each([
    [JSON.stringify(JSON.stringify(own)), 'status 404: FeatureViewNotFoundException: no view x'],
    [JSON.stringify(own), 'status 404: FeatureViewNotFoundException: no view x'],
    [JSON.stringify({ detail: own }), 'status 404: FeatureViewNotFoundException: no view x'],
    ['"list index out of range"', 'status 404: list index out of range'],
    ['"{not json"', 'status 404: {not json'],
    ['{"detail":"Not Found"}', 'status 404: Not Found'],
    ['{"detail":[{"loc":["body"],"msg":"bad"}]}', 'status 404: [{"loc":["body"],"msg":"bad"}]'],
    ['<html>\n  bad gateway</html>', 'status 404: <html> bad gateway</html>'],
    ['', 'status 404'],
  ])('reads %s', (text, message) => {
    expect(feastErrorText(404, text)).toBe(message);
  });

  it('passes on no more than a line', () => {
    expect(feastErrorText(500, 'x'.repeat(5_000)).length).toBeLessThan(320);
  });
});
