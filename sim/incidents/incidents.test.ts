import { describe, expect, it } from 'vitest';
import * as severity from '../../packages/core/src/incidents/severity.ts';
import * as index from '../../packages/core/src/index.ts';
import { BY_TYPE, FAULTS } from './faults.mjs';
import { runCase, runQuiet } from './scenario.mjs';

// A short look at what run.mjs does in full: a case of each type, and half a quiet day.
const core = { ...index, ...severity };
const SHAPE = { kind: 'steady', rps: 3 };

describe('faults in the real pipeline', () => {
  it.each([
    ['feature server dead', 0.3],
    ['model crashed', 0.5],
    ['capacity lost', 0.5],
    ['unit change', 0.8],
    ['mix shifts', 0.8],
    ['attack wave', 0.5],
    ['training poisoned', 0.5],
    ['learns from itself', 0.8],
  ] as const)(
    '%s: the right type first, one incident, at most one page',
    async (name, intensity) => {
      const faults = [{ name, intensity }];
      const result = await runCase(core, { seed: 77, faults, shape: SHAPE, gapMs: 0 }, { minutes: 30 });
      expect(result.ranked[0]?.type).toBe(FAULTS[name].type);
      expect(result.opened).toBe(1);
      expect(result.pages).toBeLessThanOrEqual(1);
      expect(result.before).toEqual([]);
    },
    60_000,
  );

  it('covers all eight types', () => {
    expect(Object.keys(BY_TYPE).sort()).toEqual([...index.INCIDENT_TYPES].sort());
  });

  it('pages nobody in half a quiet day', async () => {
    const quiet = await runQuiet(core, 78, 0.5);
    expect(quiet.requests).toBeGreaterThan(10_000);
    expect(quiet.pages).toBe(0);
  }, 90_000);
});
