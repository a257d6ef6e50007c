import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../kernel/fake-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { recordOf } from './record.test.rig.ts';
import type { RequestRecord } from './record.ts';
import { createSampler, type KeptRecord, type Sampler, type SamplerOptions } from './sampler.ts';

function sampler(options: SamplerOptions = {}, seed = 1): Sampler {
  return createSampler(options, { clock: fakeClock(), random: seededRandom(seed) });
}

const weights = (kept: readonly KeptRecord[]): number => kept.reduce((sum, { weight }) => sum + weight, 0);

const anyRecord: fc.Arbitrary<RequestRecord> = fc
  .record({
    service: fc.constantFrom('shop', 'mail'),
    error: fc.constantFrom(undefined, undefined, undefined, 'shed', 'internal', 'client_closed'),
    level: fc.constantFrom('full_service', 'full_service', 'simpler_model', 'failed'),
    durationMs: fc.double({ min: 0, max: 500, noNaN: true }),
    reason: fc.constantFrom('a', 'b', 'c', 'd'),
    priority: fc.constantFrom(0, 1, 2, 3),
  } as const)
  .map((changes) => recordOf(changes));

describe('the sampler', () => {
  it('weighs so that the weights add up to the requests, and holds no more than it says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyRecord, { maxLength: 300 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (intervals, mostHeld, rate) => {
          const sampling = sampler({
            mostHeld,
            errorsPerSecond: rate,
            degradedPerSecond: rate,
            slowPerSecond: rate,
            othersPerSecond: rate,
            shedGroups: 3,
          });
          // Per service: two error codes, `failed`, a level, slow, others, and shed by four classes of four groups at most.
          const strata = 2 * (3 + 1 + 2 + 3 + 4);
          for (const records of intervals) {
            for (const record of records) {
              sampling.offer(record);
              expect(sampling.held()).toBeLessThanOrEqual(mostHeld + strata);
            }
            const held = sampling.held();
            const kept = sampling.take();
            expect(kept).toHaveLength(held);
            expect(weights(kept)).toBeCloseTo(records.length, 6);
            expect(kept.every(({ weight }) => weight >= 1)).toBe(true);
            expect(sampling.held()).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('estimates totals without bias', () => {
    const random = seededRandom(5);
    const records = Array.from({ length: 4_000 }, (_, i) => {
      const durationMs = -20 * Math.log(1 - random());
      if (i % 9 === 0) return recordOf({ durationMs, level: 'simpler_model', outputTokens: 50 });
      if (i % 50 === 0) return recordOf({ durationMs, error: 'internal', outputTokens: 5 });
      return recordOf({ durationMs, outputTokens: Math.floor(400 * random()) });
    });
    const truth = records.reduce((sum, { outputTokens }) => sum + (outputTokens ?? 0), 0);
    const estimates: number[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const sampling = sampler({ othersPerSecond: 60, degradedPerSecond: 30 }, seed);
      for (const record of records.slice(0, 1_000)) sampling.offer(record);
      let kept = [...sampling.take()];
      for (const record of records.slice(1_000)) sampling.offer(record);
      kept = [...kept, ...sampling.take()];
      estimates.push(kept.reduce((sum, { record, weight }) => sum + weight * (record.outputTokens ?? 0), 0));
    }
    const mean = estimates.reduce((sum, one) => sum + one, 0) / estimates.length;
    const variance = estimates.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (estimates.length - 1);
    // It does vary: otherwise "no bias" would say nothing.
    expect(Math.sqrt(variance)).toBeGreaterThan(0.005 * truth);
    expect(Math.abs(mean - truth)).toBeLessThan(4 * Math.sqrt(variance / estimates.length));
  });

  it('keeps every error, every degraded answer under the rate, and one of every shed group', () => {
    const sampling = sampler({ othersPerSecond: 5, degradedPerSecond: 40 });
    for (let i = 0; i < 2_000; i++) {
      sampling.offer(recordOf({ id: `ok-${i}` }));
      if (i % 10 === 0) sampling.offer(recordOf({ id: `e-${i}`, error: 'upstream_error', level: 'failed' }));
      if (i % 50 === 0) sampling.offer(recordOf({ id: `d-${i}`, level: 'rule_based' }));
      if (i % 4 === 0) sampling.offer(recordOf({ level: 'static_fallback' }));
      if (i % 2 === 0)
        sampling.offer(
          recordOf({ error: 'shed', level: 'failed', reason: i % 6 === 0 ? 'full' : 'share', priority: 3 }),
        );
    }
    const kept = sampling.take();
    const of = (because: string): readonly KeptRecord[] => kept.filter((one) => one.kept === because);
    expect(of('error')).toHaveLength(200);
    expect(of('error').every(({ weight }) => weight === 1)).toBe(true);
    const at = (level: string): readonly KeptRecord[] =>
      of('degraded').filter(({ record }) => record.level === level);
    expect(at('rule_based')).toHaveLength(40);
    expect(at('static_fallback')).toHaveLength(40);
    expect(weights(at('static_fallback'))).toBeCloseTo(500);
    expect(of('shed').map(({ record, weight }) => [record.reason, weight])).toEqual([
      ['full', 334],
      ['share', 666],
    ]);
    expect(of('random')).toHaveLength(5);
  });

  it('keeps the slow tail once it knows where it begins', () => {
    const clock = fakeClock();
    const random = seededRandom(2);
    const sampling = createSampler({ othersPerSecond: 5, slowPerSecond: 100 }, { clock, random });
    let slow: readonly KeptRecord[] = [];
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 500; i++) sampling.offer(recordOf({ durationMs: 10 + 10 * random() }));
      sampling.offer(recordOf({ id: `slow-${second}`, durationMs: 300 }));
      clock.advance(1_000);
      slow = sampling.take().filter(({ kept }) => kept === 'slow');
      if (second === 0) expect(slow).toEqual([]);
      else expect(slow.map(({ record }) => record.id)).toContain(`slow-${second}`);
    }
    // One in a hundred at most: the rest of the traffic is no tail.
    expect(slow.length).toBeLessThan(6);
  });

  it('tells a bounded number of shed groups apart', () => {
    const sampling = sampler({ shedGroups: 10 });
    for (let i = 0; i < 5_000; i++) {
      const reason = `rule ${String.fromCodePoint(0x4e00 + i)}`;
      sampling.offer(recordOf({ error: 'shed', reason }));
    }
    const kept = sampling.take();
    expect(kept).toHaveLength(11);
    expect(weights(kept)).toBeCloseTo(5_000);
  });

  it('does not take numbers in a reason for another group', () => {
    const sampling = sampler();
    for (let i = 0; i < 3_000; i++) {
      sampling.offer(recordOf({ error: 'shed', reason: `service: a wait of ${i / 10} ms is too long` }));
    }
    sampling.offer(recordOf({ error: 'shed', reason: 'service: a wait of 1 ms is too long', priority: 0 }));
    expect(sampling.take().map(({ record, weight }) => [record.priority, weight])).toEqual([
      [0, 1],
      [2, 3_000],
    ]);
  });
});
