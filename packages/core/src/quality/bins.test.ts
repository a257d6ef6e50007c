import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binOf,
  categoricalReference,
  EXTRA_SLOTS,
  MISSING,
  NON_FINITE,
  numericReference,
  WRONG_TYPE,
} from './bins.ts';

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

describe('numericReference', () => {
  it('loses no value, has ascending unique edges and probabilities that sum to 1', () => {
    const value = fc.oneof(
      fc.double({ noNaN: false }),
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom(0, -0, 1e308, -1e308, Number.MAX_VALUE, Number.MIN_VALUE, null, undefined, 'x', true),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), (values) => {
        fc.pre(values.some((v) => typeof v === 'number' && Number.isFinite(v)));
        const reference = numericReference(values);
        expect(reference.n).toBe(values.length);
        expect(total(reference.counts)).toBe(values.length);
        expect(reference.counts.length).toBe(reference.valueSlots + EXTRA_SLOTS);
        expect(total(reference.p)).toBeCloseTo(1, 12);
        expect(Math.min(...reference.p)).toBeGreaterThan(0);
        for (let k = 1; k < reference.edges.length; k++) {
          expect(reference.edges[k]).toBeGreaterThan(reference.edges[k - 1] ?? 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('halves the outer bins where the reference allows', () => {
    const reference = numericReference(Array.from({ length: 10_000 }, (_, k) => k));
    expect(reference.valueSlots).toBe(56);
    expect(reference.counts[0]).toBe(13);
    expect(reference.counts[reference.valueSlots - 1]).toBe(13);
    expect(reference.counts[28]).toBeGreaterThan(200);
    expect(numericReference(Array.from({ length: 1000 }, (_, k) => k)).valueSlots).toBe(50);
    expect(
      numericReference(
        Array.from({ length: 10_000 }, (_, k) => k),
        { bins: 10, tails: false },
      ).valueSlots,
    ).toBe(10);
  });

  it('gives a value that fills a bin a bin of its own, and leaving the range a bin too', () => {
    const zeros = numericReference([
      ...new Array<number>(400).fill(0),
      ...Array.from({ length: 600 }, (_, k) => k + 1),
    ]);
    const zero = binOf(zeros.edges, 0);
    expect(zeros.counts[zero]).toBe(400);
    expect(binOf(zeros.edges, -1)).toBe(zero - 1);
    expect(binOf(zeros.edges, 0.001)).toBe(zero + 1);
    expect(binOf(zeros.edges, -0)).toBe(zero);
  });

  it('separates the scores 1 to 5', () => {
    const scores = numericReference(Array.from({ length: 200 }, (_, k) => 1 + (k % 5)));
    const bins = [1, 2, 3, 4, 5].map((score) => binOf(scores.edges, score));
    expect(new Set(bins).size).toBe(5);
    expect(bins.map((bin) => scores.counts[bin])).toEqual([40, 40, 40, 40, 40]);
    expect(scores.counts[binOf(scores.edges, 0)]).toBe(0);
    expect(scores.counts[binOf(scores.edges, 6)]).toBe(0);
  });

  it.each([1, 1000])('takes a constant baseline of %i values: below, equal, above', (n) => {
    const reference = numericReference(new Array<number>(n).fill(7));
    expect(reference.valueSlots).toBe(3);
    expect([...reference.counts.subarray(0, 3)]).toEqual([0, n, 0]);
    expect([6.999, 7, 7.001].map((value) => binOf(reference.edges, value))).toEqual([0, 1, 2]);
  });

  it('counts what is not a number by what it is', () => {
    const reference = numericReference([1, null, undefined, Number.NaN, Number.POSITIVE_INFINITY, '3', {}]);
    expect([...reference.counts.subarray(reference.valueSlots)]).toEqual([2, 2, 2]);
    expect(reference.p[reference.valueSlots + MISSING]).toBeGreaterThan(0.2);
    expect(NON_FINITE).not.toBe(WRONG_TYPE);
  });

  it('does not depend on the order, and its fingerprint on nothing but the edges', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2 }),
        (values) => {
          const a = numericReference(values);
          const b = numericReference([...values].reverse());
          expect(b.fingerprint).toBe(a.fingerprint);
          expect(numericReference([...values, null]).fingerprint).toBe(a.fingerprint);
        },
      ),
    );
    expect(numericReference([1, 2, 3]).fingerprint).not.toBe(numericReference([1, 2, 4]).fingerprint);
  });

  it('refuses a baseline without a finite value and a senseless number of bins', () => {
    expect(() => numericReference([])).toThrow(/no finite value/);
    expect(() => numericReference([Number.NaN, null])).toThrow(/no finite value/);
    expect(() => numericReference([1], { bins: 1 })).toThrow(/from 2 to 1024/);
  });
});

describe('categoricalReference', () => {
  it('keeps the frequent, pools the rare by name, and knows what is new', () => {
    const values = [...'aaaaabbbccde', null, Number.NaN, {}];
    const reference = categoricalReference(values, { maxCategories: 3 });
    expect(reference.categories).toEqual(['a', 'b', 'c']);
    expect([...reference.counts]).toEqual([5, 3, 2, 2, 0, 1, 1, 1]);
    expect(reference.slotOf.get('e')).toBe(reference.other);
    expect(reference.slotOf.get('z')).toBeUndefined();
    expect(reference.unseenExact).toBe(true);
    expect(total(reference.p)).toBeCloseTo(1, 12);
  });

  it('is bounded: a million categories cost as many names as allowed', () => {
    const reference = categoricalReference(
      (function* () {
        for (let k = 0; k < 1_000_000; k++) yield `c${k}`;
      })(),
      { maxKnown: 100 },
    );
    expect(reference.slotOf.size).toBe(160);
    expect(reference.unseenExact).toBe(false);
    expect(reference.counts[reference.other]).toBe(999_940);
    expect(reference.n).toBe(1_000_000);
  });

  it('refuses a baseline without a category', () => {
    expect(() => categoricalReference([null, undefined])).toThrow(/no category/);
    expect(() => categoricalReference(['a'], { maxCategories: 0 })).toThrow(/maxCategories/);
  });
});
