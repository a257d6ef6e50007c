import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadlineOf, priorityOfRequest, traceOfHeaders } from './decode.ts';
import { fakeService, served } from './front.test.support.ts';

const service = fakeService('s', () => served({}), {
  deadlineMs: 500,
  maxDeadlineMs: 2_000,
  classify: () => 2,
});
const someone = (maySetPriority: boolean) => ({
  ok: true as const,
  caller: { tenant: 't', user: 'u', tier: undefined },
  knownUser: false,
  maySetPriority,
  trusted: false,
});

describe('deadlineOf', () => {
  it.each([
    [undefined, 500],
    ['40', 40],
    ['0.5', 0.5],
    ['2000', 2_000],
    ['2001', 2_000],
    ['86400000', 2_000],
  ])('%s gives %s ms', (raw, ms) => {
    expect(deadlineOf({ 'evenkeel-deadline-ms': raw }, service)).toBe(ms);
  });

  it.each([
    '0',
    '0.0',
    '-1',
    '+5',
    '',
    ' ',
    'NaN',
    'Infinity',
    '1e3',
    '0x10',
    '5ms',
    '1,2',
    '86400001',
    '9'.repeat(400),
  ])('refuses %j', (raw) => {
    expect(() => deadlineOf({ 'evenkeel-deadline-ms': raw }, service)).toThrow(
      /evenkeel-deadline-ms: expected/,
    );
  });

  it('is never over the service’s bound, and never anything but a positive number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)), (raw) => {
        try {
          const ms = deadlineOf({ 'evenkeel-deadline-ms': raw }, service);
          expect(ms > 0 && ms <= 2_000).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_request', status: 400 });
        }
      }),
    );
  });
});

describe('priorityOfRequest', () => {
  it('takes the header only from whom the file lets set it', () => {
    expect(priorityOfRequest({ 'evenkeel-priority': '0' }, service, someone(true), {})).toBe(0);
    expect(priorityOfRequest({ 'evenkeel-priority': '0' }, service, someone(false), {})).toBe(2);
    expect(priorityOfRequest({}, service, someone(true), {})).toBe(2);
  });

  it.each(['4', '-1', '1.0', '01', '', 'high', '0, 1'])(
    'refuses %j from who may, passes over it from who may not',
    (raw) => {
      const headers = { 'evenkeel-priority': raw };
      expect(() => priorityOfRequest(headers, service, someone(true), {})).toThrow(/expected 0, 1, 2 or 3/);
      expect(priorityOfRequest(headers, service, someone(false), {})).toBe(2);
    },
  );
});

describe('traceOfHeaders', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const parent = 'b7ad6b7169203331';
  it.each([
    [`00-${trace}-${parent}-01`, trace],
    [`cc-${trace}-${parent}-01-what-comes-later`, trace],
    [`00-${trace}-${parent}-01-more`, undefined],
    [`ff-${trace}-${parent}-01`, undefined],
    [`00-${'0'.repeat(32)}-${parent}-01`, undefined],
    [`00-${trace}-${'0'.repeat(16)}-01`, undefined],
    [`00-${trace.toUpperCase()}-${parent}-01`, undefined],
    [`00-${trace}-${parent}`, undefined],
    ['', undefined],
  ])('%s', (traceparent, id) => {
    expect(traceOfHeaders({ traceparent })?.traceId).toBe(id);
  });

  it('believes tracestate only beside a valid traceparent, and only a list that is valid', () => {
    const traceparent = `00-${trace}-${parent}-00`;
    expect(traceOfHeaders({ traceparent, tracestate: 'a=1,  b=2' })).toEqual({
      traceId: trace,
      parentId: parent,
      sampled: false,
      state: 'a=1,b=2',
    });
    expect(traceOfHeaders({ traceparent, tracestate: 'a=1,a=2' })?.state).toBeUndefined();
    expect(traceOfHeaders({ tracestate: 'a=1' })).toBeUndefined();
  });
});
