import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/core/src/kernel/random.ts';
import { numericReference } from '../../packages/core/src/quality/bins.ts';
import { stabilityIndex } from '../../packages/core/src/quality/distances.ts';
import { createDriftDetector } from '../../packages/core/src/quality/drift-detector.ts';
import { driftTables, slotsOf } from '../../packages/core/src/quality/drift-tables.ts';
import {
  clearSketch,
  createSketch,
  mergeInto,
  recordNumber,
} from '../../packages/core/src/quality/histogram-sketch.ts';
import { binEdges } from '../../packages/core/src/quality/sample-distances.ts';
import { adwin, evenkeel, fixedStabilityIndex } from './contestants.mjs';
import { delays, falseAlarms } from './measure.mjs';
import { autoregressive, normal } from './streams.mjs';

// A short look at what run.mjs does in full: few streams, looser bounds, other seeds.
const core = {
  numericReference,
  driftTables,
  slotsOf,
  createDriftDetector,
  createSketch,
  recordNumber,
  mergeInto,
  clearSketch,
  binEdges,
  stabilityIndex,
};
const ours = evenkeel(core);
const seed = 90_000;

describe('drift simulation', () => {
  it.each([
    ['normal, reference of 10,000', normal, 10_000],
    ['normal, reference of 100', normal, 100],
    ['AR(1) 0.5, reference of 10,000', autoregressive(0.5), 10_000],
  ] as const)('%s: hardly a false alarm in 160,000 events', (_, make, reference) => {
    const options = { reference, streams: 4, length: 40_000, seed };
    expect(falseAlarms(seededRandom, make, ours, options).alarms).toBeLessThanOrEqual(2);
  });

  it.each([
    ['+0.25 sd', (value: number) => value + 0.25, 600],
    ['+0.5 sd', (value: number) => value + 0.5, 160],
    ['+1 sd', (value: number) => value + 1, 56],
    ['sd × 1.5', (value: number) => value * 1.5, 130],
  ] as const)('%s is found in time', (_, change, atMost) => {
    const options = { reference: 10_000, repeats: 11, seed };
    const figures = delays(seededRandom, normal, change, ours, options);
    expect(figures.median).toBeLessThanOrEqual(atMost);
    expect(figures.early).toBe(0);
  });

  it('the contestants are what they claim: ADWIN finds a shift and is blind to spread, a fixed limit on 100 values cries wolf', () => {
    const options = { reference: 10_000, repeats: 9, seed };
    const shift = delays(seededRandom, normal, (value: number) => value + 1, adwin(), options);
    expect(shift.median).toBeLessThan(90);
    const spread = delays(seededRandom, normal, (value: number) => value * 1.5, adwin(), options);
    expect(spread.median).toBeGreaterThan(3000);
    const quiet = { reference: 10_000, streams: 2, length: 50_000, seed };
    expect(falseAlarms(seededRandom, normal, fixedStabilityIndex(core), quiet).per100k).toBeGreaterThan(200);
  });
});
