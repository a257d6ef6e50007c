import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attemptLayer,
  childTraceparent,
  formatTraceparent,
  layerSpanId,
  parseTraceparent,
  requestSpanId,
  traceOf,
} from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((id) => /[^0]/.test(id));

describe('traceparent', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, parentId, sampled) => {
        expect(parseTraceparent(formatTraceparent(traceId, parentId, sampled))).toEqual({
          traceId,
          parentId,
          sampled,
        });
      }),
    );
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['two, joined', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a parent of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['version 00 with more behind', `00-${TRACE}-${SPAN}-01-extra`],
    ['a later version with more behind, unseparated', `cc-${TRACE}-${SPAN}-01.extra`],
    ['a short id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['short flags', `00-${TRACE}-${SPAN}-1`],
    ['a huge one', `01-${TRACE}-${SPAN}-01-${'x'.repeat(1_000)}`],
  ])('refuses %s', (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('reads later versions and flags that it does not know', () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes-later`)).toMatchObject({ sampled: true });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)).toMatchObject({ sampled: false });
    expect(parseTraceparent(`  00-${TRACE}-${SPAN}-03 `)).toMatchObject({ traceId: TRACE, sampled: true });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseTraceparent(text)));
  });
});

describe('the ids of a request', () => {
  it('go on with the trace of the caller, the attempt as parent', () => {
    const trace = traceOf(`00-${TRACE}-${SPAN}-00`, 'req-1');
    expect(trace).toEqual({ traceId: TRACE, parentId: SPAN, sampled: false });
    const child = parseTraceparent(childTraceparent(trace, 'req-1', 'model'));
    expect(child).toEqual({
      traceId: TRACE,
      parentId: layerSpanId('req-1', attemptLayer('model')),
      sampled: false,
    });
  });

  it('begin a trace where there is none, the same one whenever they are asked for', () => {
    const trace = traceOf('nonsense', 'req-1');
    expect(trace).toMatchObject({ parentId: undefined, sampled: true });
    expect(parseTraceparent(childTraceparent(undefined, 'req-1', 'model'))?.traceId).toBe(trace.traceId);
    expect(parseTraceparent(formatTraceparent(trace.traceId, requestSpanId('req-1'), true))).toBeDefined();
  });

  it('do not repeat over ids that differ in a digit', () => {
    const traces = new Set<string>();
    const spans = new Set<string>();
    for (let i = 0; i < 50_000; i++) {
      const id = `req-01jq2v3k4m${i.toString(32).padStart(4, '0')}a1b2c3`;
      traces.add(traceOf(undefined, id).traceId);
      for (const span of [requestSpanId(id), layerSpanId(id, 'features'), layerSpanId(id, 'rung model')]) {
        spans.add(span);
      }
    }
    expect(traces.size).toBe(50_000);
    expect(spans.size).toBe(150_000);
  });
});
