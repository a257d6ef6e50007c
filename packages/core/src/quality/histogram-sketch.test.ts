import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEvenkeelError } from '../kernel/errors.ts';
import { categoricalReference, MISSING, NON_FINITE, numericReference, WRONG_TYPE } from './bins.ts';
import {
  clearSketch,
  createSketch,
  mergeInto,
  mergeRecord,
  recordNumber,
  recordValue,
  sketchRecord,
} from './histogram-sketch.ts';

const reference = numericReference(Array.from({ length: 1000 }, (_, k) => k));
const colours = categoricalReference(['red', 'red', 'red', 'green', 'green', 'blue'], { maxCategories: 2 });
const anything = fc.oneof(
  fc.double(),
  fc.integer({ min: -10, max: 1010 }),
  fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, 1e308, -0, null, undefined, 'red', 'mauve', true, {}),
);

function codeOf(run: () => void): string | undefined {
  try {
    run();
  } catch (error) {
    return isEvenkeelError(error) ? error.code : 'other';
  }
  return undefined;
}

describe('histogram sketch', () => {
  it.each([
    ['numeric', reference],
    ['categorical', colours],
  ])('%s: any split over replicas merges to the one stream, whatever the values', (_, base) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anything, fc.nat(3)), { maxLength: 300 }), (events) => {
        const one = createSketch(base);
        const replicas = Array.from({ length: 4 }, () => createSketch(base));
        for (const [value, replica] of events) {
          recordValue(one, value);
          recordValue(replicas[replica] ?? one, value);
        }
        const merged = createSketch(base);
        for (const replica of replicas) mergeInto(merged, replica);
        const travelled = createSketch(base);
        for (const replica of replicas) {
          mergeRecord(travelled, JSON.parse(JSON.stringify(sketchRecord(replica))));
        }
        expect(merged).toEqual(one);
        expect(travelled).toEqual(one);
        expect(one.n).toBe(events.length);
        expect(one.counts.reduce((sum, count) => sum + count, 0)).toBe(events.length);
      }),
    );
  });

  it('counts what does not fit by what it is', () => {
    const sketch = createSketch(reference);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, null, undefined, '5', true, 1e308, -1, -0]) {
      recordValue(sketch, value);
    }
    const extra = sketch.counts.subarray(reference.valueSlots);
    expect([extra[MISSING], extra[NON_FINITE], extra[WRONG_TYPE]]).toEqual([2, 2, 2]);
    expect([sketch.below, sketch.above]).toEqual([1, 1]);
    expect(sketch.counts[0]).toBe(2);
  });

  it('counts new categories as unseen and rare ones as other', () => {
    const sketch = createSketch(colours);
    for (const value of ['red', 'blue', 'mauve', 'mauve', 7, true, null]) recordValue(sketch, value);
    expect([...sketch.counts]).toEqual([1, 0, 1, 4, 1, 0, 0]);
  });

  it('sees a number in a categorical feature as its name', () => {
    const years = createSketch(categoricalReference([2024, 2024, 2025]));
    recordNumber(years, 2025);
    recordNumber(years, Number.NaN);
    recordValue(years, true);
    expect(years.counts[1]).toBe(1);
    expect(years.counts[years.reference.valueSlots + NON_FINITE]).toBe(1);
    expect(years.n).toBe(3);
  });

  it('refuses other parameters by name, whole', () => {
    const other = numericReference(Array.from({ length: 1000 }, (_, k) => 2 * k));
    const sketch = createSketch(reference);
    expect(codeOf(() => mergeInto(sketch, createSketch(other)))).toBe('conflict');
    expect(() => mergeInto(sketch, createSketch(other))).toThrow(
      new RegExp(`${reference.fingerprint}.*${other.fingerprint}`),
    );
    expect(codeOf(() => mergeRecord(sketch, sketchRecord(createSketch(other))))).toBe('conflict');
    const bad = { fingerprint: reference.fingerprint, below: 0, above: 0 };
    for (const pair of [
      [-1, 1],
      [9999, 1],
      [0, -1],
      [0, 0.5],
      [0, Number.NaN],
    ] as const) {
      expect(codeOf(() => mergeRecord(sketch, { ...bad, counts: [[1, 1], pair] }))).toBe('bad_request');
    }
    expect(sketch.n).toBe(0);
  });

  it('clears', () => {
    const sketch = createSketch(reference);
    recordNumber(sketch, -5);
    clearSketch(sketch);
    expect(sketch).toEqual(createSketch(reference));
  });
});
