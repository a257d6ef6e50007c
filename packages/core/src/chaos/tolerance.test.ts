import { describe, expect, it } from 'vitest';
import { jsonPath, type Tolerance, tolerates } from './tolerance.ts';

const HTTP = { status: 200, body: '{"items":[{"baz":4},{"baz":5}],"up":true}', headers: {} };
const PROCESS = { status: 0, stdout: 'Python 3.11.2\n', stderr: '' };

describe('tolerates', () => {
  it.each<[Tolerance, unknown, boolean]>([
    [{ kind: 'equals', value: 200 }, HTTP, true],
    [{ kind: 'equals', value: true }, true, true],
    [{ kind: 'equals', value: 1 }, true, false],
    [{ kind: 'range', low: 4, high: 9 }, 4, true],
    [{ kind: 'range', low: 4, high: 9 }, 9, true],
    [{ kind: 'range', low: 4, high: 9 }, 9.1, false],
    [{ kind: 'range', low: 4, high: 9 }, '5', false],
    [{ kind: 'one_of', values: [200, 301, 302] }, HTTP, true],
    [{ kind: 'one_of', values: [500] }, HTTP, false],
    [{ kind: 'less_than', value: 0.01 }, 0.01, false],
    [{ kind: 'at_least', value: 0.01 }, 0.01, true],
    [{ kind: 'regex', pattern: 'Python [0-9]', target: 'stdout' }, PROCESS, true],
    [{ kind: 'regex', pattern: '^x', target: 'stdout' }, PROCESS, false],
    [{ kind: 'jsonpath', path: 'items[*].baz', expect: undefined, target: undefined }, HTTP, true],
    [{ kind: 'jsonpath', path: '$.items[*].baz', expect: [4, 5], target: 'body' }, HTTP, true],
    [{ kind: 'jsonpath', path: '$.items[0].baz', expect: 4, target: undefined }, HTTP, true],
    [{ kind: 'jsonpath', path: '$.items[0].baz', expect: 5, target: undefined }, HTTP, false],
    [{ kind: 'jsonpath', path: '$.nothing', expect: undefined, target: undefined }, HTTP, false],
    [{ kind: 'jsonpath', path: '$.x', expect: undefined, target: 'stdout' }, PROCESS, false],
  ])('%j of %j: %s', (tolerance, value, met) => {
    expect(tolerates(tolerance, value, undefined).met).toBe(met);
  });

  it('compares with a baseline, and cannot tell without one', () => {
    const triple: Tolerance = { kind: 'times_baseline', times: 3 };
    expect(tolerates(triple, 299, 100).met).toBe(true);
    expect(tolerates(triple, 300, 100).met).toBe(false);
    expect(tolerates(triple, 299, undefined).met).toBeUndefined();
  });

  it('never calls a missing figure good', () => {
    expect(tolerates({ kind: 'less_than', value: 1 }, undefined, 1)).toEqual({
      met: undefined,
      reason: 'the figure is missing',
    });
  });
});

describe('jsonPath', () => {
  it('finds what is there, and own properties only', () => {
    const value = { a: { b: [{ c: 1 }, { c: 2 }] }, c: 3 };
    expect(jsonPath(value, '$..c')).toEqual([3, 1, 2]);
    expect(jsonPath(value, "$['a'].b[1].c")).toEqual([2]);
    expect(jsonPath(value, '$.a.*')).toEqual([[{ c: 1 }, { c: 2 }]]);
    expect(jsonPath(value, 'constructor.name')).toEqual([]);
    expect(jsonPath(value, '$')).toEqual([value]);
    expect(() => jsonPath(value, '$.a[?(@.b)]')).toThrow(RangeError);
  });
});
