import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { categoricalReference, numericReference, type Reference } from './bins.ts';
import { createDriftDetector, type DriftDetector, type DriftEvent } from './drift-detector.ts';
import { driftTables, slotsOf } from './drift-tables.ts';
import {
  clearSketch,
  createSketch,
  type HistogramSketch,
  mergeInto,
  recordValue,
} from './histogram-sketch.ts';
import { normalQuantile } from './special-functions.ts';

const random = seededRandom(4711);
const gaussian = (): number => normalQuantile(random() || 0.5);
const draw = (n: number, next: () => number): number[] => Array.from({ length: n }, next);
const reference = numericReference(draw(10_000, gaussian));
const tables = driftTables(reference);

/** Events in ticks of eight; stops at the first event of the wanted type. */
function feed(
  detector: DriftDetector,
  next: () => unknown,
  n: number,
  until?: DriftEvent['type'],
): DriftEvent[] {
  const sketch = createSketch(detector.tables.reference);
  const events: DriftEvent[] = [];
  for (let i = 0; i < n; i += 8) {
    clearSketch(sketch);
    for (let j = 0; j < 8; j++) recordValue(sketch, next());
    const event = detector.advance(sketch);
    if (event !== undefined) events.push(event);
    if (event !== undefined && event.type === until) break;
  }
  return events;
}

function alarmAfter(base: Reference, next: () => unknown, quiet: () => unknown): DriftEvent | undefined {
  const detector = createDriftDetector(driftTables(base));
  expect(feed(detector, quiet, 2000, 'alarm').filter((event) => event.type === 'alarm')).toEqual([]);
  return feed(detector, next, 4000, 'alarm').find((event) => event.type === 'alarm');
}

describe('driftTables', () => {
  const values = fc.oneof(
    fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 300 }),
    fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 300 }),
    fc.constant([7]),
  );

  it('has likelihood ratios: the mean of each under the reference is 1', () => {
    fc.assert(
      fc.property(values, fc.boolean(), (list, categories) => {
        const base = categories ? categoricalReference(list) : numericReference(list);
        const { slots, ratios, weights } = driftTables(base);
        for (let k = 0; k < weights.length - 1; k++) {
          let mean = 0;
          for (let slot = 0; slot < slots; slot++)
            mean += (base.p[slot] ?? 0) * (ratios[k * slots + slot] ?? 0);
          expect(mean).toBeCloseTo(1, 9);
        }
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('tempers by correlation in time where there is some', () => {
    let x = 0;
    const correlated = draw(5000, () => {
      x = 0.5 * x + Math.sqrt(0.75) * gaussian();
      return x;
    });
    const base = numericReference(correlated);
    const found = driftTables(base, { sequence: slotsOf(base, correlated) }).inflation;
    expect(found).toBeGreaterThan(2.4);
    expect(found).toBeLessThan(4);
    const independent = draw(5000, gaussian);
    const other = numericReference(independent);
    expect(driftTables(other, { sequence: slotsOf(other, independent) }).inflation).toBeLessThan(1.3);
  });
});

describe('drift detector', () => {
  it('is exact: under exchangeable events the evidence has at most the mean t, whatever the reference was', () => {
    // A reference of 20 and 40 events from the same coin: here the mean over all outcomes is what simulation shows.
    const runs = 4000;
    let evidence = 0;
    for (let run = 0; run < runs; run++) {
      const flip = (): string => (random() < 0.3 ? 'a' : 'b');
      const base = categoricalReference(Array.from({ length: 20 }, flip));
      const detector = createDriftDetector(driftTables(base), { falseAlarmEvery: 1e12, watchEvery: 1e-9 });
      feed(detector, flip, 40);
      evidence += detector.snapshot().finding?.evidence ?? 0;
    }
    expect(evidence / runs).toBeLessThan(44);
    expect(evidence / runs).toBeGreaterThan(15);
  });

  it('finds a shift, a change of spread and an outlying share, and says which', () => {
    const shift = alarmAfter(reference, () => gaussian() + 0.5, gaussian);
    const spread = alarmAfter(reference, () => 2 * gaussian(), gaussian);
    const tail = alarmAfter(reference, () => (random() < 0.05 ? 4 : gaussian()), gaussian);
    if (shift?.type !== 'alarm' || spread?.type !== 'alarm' || tail?.type !== 'alarm')
      throw new Error('missed');
    expect(shift.events - 2000).toBeLessThan(300);
    expect(shift.finding.movements[0]?.movement).toMatchObject({ kind: 'location' });
    const moved = shift.finding.movements[0]?.movement;
    expect(moved?.kind === 'location' && moved.by > 0).toBe(true);
    expect(shift.finding.evidence).toBeGreaterThanOrEqual(1_000_000);
    expect(shift.finding.change.earliest).toBeGreaterThanOrEqual(shift.finding.change.eventsAgo);
    expect(shift.finding.change.latest).toBeLessThanOrEqual(shift.finding.change.eventsAgo);
    const rest = reference.p.length - 10;
    expect(shift.finding.after.subarray(0, 10).reduce((a, b) => a + b, 0)).toBeLessThan(
      shift.finding.before.subarray(0, 10).reduce((a, b) => a + b, 0),
    );
    expect(rest).toBeGreaterThan(0);
    expect(
      spread.finding.movements.some(({ movement }) => movement.kind === 'spread' || movement.kind === 'tail'),
    ).toBe(true);
    expect(tail.finding.movements[0]?.movement).toMatchObject({ kind: 'tail', side: 'high' });
  });

  it('finds missing values, new categories and a lost type', () => {
    const missing = alarmAfter(reference, () => (random() < 0.1 ? null : gaussian()), gaussian);
    if (missing?.type !== 'alarm') throw new Error('missed');
    expect(missing.finding.movements[0]?.movement).toMatchObject({ kind: 'slot', slot: 'missing' });

    const pick = (): string => (random() < 0.6 ? 'web' : random() < 0.8 ? 'app' : 'call');
    const channels = categoricalReference(Array.from({ length: 3000 }, pick));
    const fresh = alarmAfter(channels, () => (random() < 0.1 ? 'fax' : pick()), pick);
    if (fresh?.type !== 'alarm') throw new Error('missed');
    expect(fresh.finding.movements[0]?.movement).toMatchObject({ kind: 'slot', slot: 'unseen' });
    const text = alarmAfter(reference, () => String(gaussian()), gaussian);
    if (text?.type !== 'alarm') throw new Error('missed');
    expect(text.finding.movements[0]?.movement).toMatchObject({ kind: 'slot', slot: 'wrong_type' });
    expect(text.events - 2000).toBeLessThanOrEqual(16);
  });

  it('gives one alarm for one lasting change, then says that it ended, then finds the next', () => {
    const detector = createDriftDetector(tables);
    feed(detector, gaussian, 2000);
    const during = feed(detector, () => gaussian() + 1, 10_000);
    expect(during.filter((event) => event.type === 'alarm')).toHaveLength(1);
    expect(detector.snapshot()).toMatchObject({ level: 'drifted', alarms: 1 });
    const after = feed(detector, gaussian, 3000);
    expect(after.map((event) => event.type)).toEqual(['recovered']);
    expect(detector.snapshot()).toMatchObject({ level: 'stable', finding: undefined });
    feed(detector, () => gaussian() - 1, 200);
    expect(detector.snapshot()).toMatchObject({ level: 'drifted', alarms: 2 });
    detector.reset();
    expect(detector.snapshot().level).toBe('stable');
  });

  it('watches before it alarms', () => {
    const detector = createDriftDetector(tables);
    feed(detector, gaussian, 1000);
    const events = feed(detector, () => gaussian() + 0.3, 5000, 'alarm').map((event) => event.type);
    expect(events.at(-1)).toBe('alarm');
    expect(events).toContain('watch');
    expect(events.indexOf('watch')).toBeLessThan(events.indexOf('alarm'));
  });

  it('merged over replicas is bit for bit the single stream', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.nat(3)), { maxLength: 200 }), (events) => {
        const alone = createDriftDetector(tables, { watchEvery: 1e-9 });
        const merged = createDriftDetector(tables, { watchEvery: 1e-9 });
        const replicas: HistogramSketch[] = Array.from({ length: 4 }, () => createSketch(reference));
        for (let i = 0; i < events.length; i += 16) {
          const one = createSketch(reference);
          for (const [value, replica] of events.slice(i, i + 16)) {
            recordValue(one, value);
            recordValue(replicas[replica] ?? one, value);
          }
          const sum = createSketch(reference);
          for (const replica of [...replicas].reverse()) {
            mergeInto(sum, replica);
            clearSketch(replica);
          }
          alone.advance(one);
          merged.advance(sum);
          expect(merged.snapshot()).toEqual(alone.snapshot());
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['a constant', new Array<number>(500).fill(3)],
    ['one value', [3]],
    ['huge values', [1e308, -1e308, 1e308]],
    ['zeros of both signs', [0, -0, 0]],
  ])('survives a baseline of %s and any traffic', (_, values) => {
    const detector = createDriftDetector(driftTables(numericReference(values)));
    const odd = [3, Number.NaN, 1e308, -0, null, 'x', Number.NEGATIVE_INFINITY, undefined];
    let i = 0;
    feed(detector, () => odd[i++ % odd.length], 4000);
    const { finding, events } = detector.snapshot();
    expect(events).toBe(4000);
    if (finding !== undefined) {
      expect(Number.isFinite(finding.evidence)).toBe(true);
      expect(Number.isFinite(finding.change.earliest)).toBe(true);
    }
  });

  it('sees a constant leave its value, and is content while it stays', () => {
    const constant = numericReference(new Array<number>(500).fill(3));
    const detector = createDriftDetector(driftTables(constant));
    expect(feed(detector, () => 3, 50_000)).toEqual([]);
    expect(feed(detector, () => (random() < 0.2 ? 4 : 3), 400, 'alarm').at(-1)?.type).toBe('alarm');
  });

  it('takes one tick of any size, and no events at all', () => {
    const detector = createDriftDetector(tables);
    const sketch = createSketch(reference);
    expect(detector.advance(sketch)).toBeUndefined();
    for (let i = 0; i < 100_000; i++) recordValue(sketch, gaussian());
    expect(detector.advance(sketch)?.type).not.toBe('alarm');
    clearSketch(sketch);
    for (let i = 0; i < 100_000; i++) recordValue(sketch, gaussian() + 3);
    const event = detector.advance(sketch);
    if (event?.type !== 'alarm') throw new Error('missed');
    expect(Number.isFinite(event.finding.evidence)).toBe(true);
  });

  it('refuses other slots and senseless rates', () => {
    const other = createSketch(numericReference([1, 2, 3]));
    expect(() => createDriftDetector(tables).advance(other)).toThrow(/do not add/);
    for (const options of [
      { falseAlarmEvery: 1 },
      { falseAlarmEvery: Number.NaN },
      { falseAlarmEvery: 1000, watchEvery: 2000 },
      { watchEvery: 0 },
    ]) {
      expect(() => createDriftDetector(tables, options)).toThrow(/falseAlarmEvery/);
    }
  });
});
