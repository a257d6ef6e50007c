import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineParser, splitCsv } from './batch-lines.ts';

describe('splitCsv', () => {
  it.each([
    ['', ['']],
    ['a,b,,', ['a', 'b', '', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",""', ['say "hi"', '']],
  ])('splits %s', (line, fields) => {
    expect(splitCsv(line)).toEqual(fields);
  });

  it.each([
    ['"open,b', 'a quoted field is not closed on its line'],
    ['"a"b,c', 'text after a closing quote'],
    ['a"b,c', 'a quote inside an unquoted field'],
  ])('refuses %s', (line, problem) => {
    expect(splitCsv(line)).toBe(problem);
  });

  it('reads back what RFC 4180 writes', () => {
    const field = fc.string().map((text) => text.replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        const line = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
        expect(splitCsv(line)).toEqual(fields);
      }),
    );
  });
});

describe('createLineParser', () => {
  it('reads NDJSON', () => {
    const parse = createLineParser('ndjson', 'sender');
    expect(parse('{"sender":"a","seen":3,"share":null,"as_of":"2026-01-01T00:00:00Z"}')).toEqual({
      key: 'a',
      values: { seen: 3 },
      missing: ['share'],
      asOf: Date.UTC(2026, 0, 1),
    });
    expect(parse('{"sender":7}')).toMatchObject({ key: '7', asOf: undefined });
    expect(parse('  ')).toBeUndefined();
    expect(parse('{"sender":')).toBe('not JSON');
    expect(parse('[1]')).toBe('not a JSON object');
    expect(parse('{"seen":3}')).toBe('sender is missing');
    expect(parse('{"sender":true}')).toBe('sender is neither a string nor a number');
    expect(parse('{"sender":"a","as_of":"soon"}')).toBe('as_of is not a point in time');
  });

  it('reads CSV, with types by their looks and keys as text', () => {
    const parse = createLineParser('csv', 'sender');
    expect(parse('sender,seen,vip,note,as_of')).toBeUndefined();
    expect(parse('007,3,true,,1767225600')).toEqual({
      key: '007',
      values: { seen: 3, vip: true },
      missing: ['note'],
      asOf: Date.UTC(2026, 0, 1),
    });
    expect(parse('a,1')).toBe('2 fields where the header has 5');
    expect(parse(',1,true,x,')).toBe('sender is missing');
  });

  it('refuses a header without the key or with a name twice', () => {
    expect(createLineParser('csv', 'sender')('a,b')).toBe('the header has no column sender');
    expect(createLineParser('csv', 'a')('a,b,b')).toBe('the header names a column twice');
  });

  it('makes a column called __proto__ a value like any other', () => {
    const parse = createLineParser('csv', 'k');
    parse('k,__proto__');
    const row = parse('a,1');
    expect(typeof row === 'object' && Object.hasOwn(row.values, '__proto__')).toBe(true);
  });
});
