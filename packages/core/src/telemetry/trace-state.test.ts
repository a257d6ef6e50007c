import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTracestate, parseTracestate } from './trace-state.ts';

describe('tracestate', () => {
  it('reads members in order, spaces around commas and empty ones allowed', () => {
    expect(parseTracestate('rojo=00f067aa0ba902b7 , \tcongo=t61rcWkgMzE,,a@vendor=x y')).toEqual([
      { key: 'rojo', value: '00f067aa0ba902b7' },
      { key: 'congo', value: 't61rcWkgMzE' },
      { key: 'a@vendor', value: 'x y' },
    ]);
  });

  it.each([
    ['upper-case keys', 'Rojo=1'],
    ['no value', 'rojo'],
    ['an empty value', 'rojo='],
    ['a key twice', 'rojo=1,congo=2,rojo=3'],
    ['a key that begins with a digit', '1a=1'],
    ['a long vendor', `a@${'v'.repeat(15)}=1`],
    ['control characters', 'rojo=a\u0001b'],
    ['33 members', Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')],
    ['a list that is too long to read', `a=${'x'.repeat(9_000)}`],
  ])('believes nothing of a list with %s', (_, header) => {
    expect(parseTracestate(header)).toEqual([]);
  });

  it('puts its own member in front and keeps within 32 members and 512 characters', () => {
    const own = { key: 'evenkeel', value: 'x' };
    expect(formatTracestate([{ key: 'evenkeel', value: 'old' }], own)).toBe('evenkeel=x');
    expect(formatTracestate([])).toBeUndefined();
    const long = [
      { key: 'big', value: 'b'.repeat(200) },
      ...Array.from({ length: 12 }, (_, i) => ({ key: `k${i}`, value: 'v'.repeat(30) })),
    ];
    // The member over 128 characters goes first; the twelve short ones then fit.
    const sent = formatTracestate(long, own);
    expect(sent?.startsWith('evenkeel=x,k0=')).toBe(true);
    expect(parseTracestate(sent)).toHaveLength(13);
  });

  it('writes what it reads back', () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9_*/-]{0,10}$/);
    const value = fc.stringMatching(/^[!-+.-<>-~]{1,12}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ key, value }), { selector: (m) => m.key, maxLength: 20 }),
        (members) => {
          expect(parseTracestate(formatTracestate(members))).toEqual(members);
        },
      ),
    );
  });
});
