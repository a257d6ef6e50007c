import { describe, expect, it } from 'vitest';
import { addArms, countRecord, newArmFigures } from './arm-figures.ts';
import { latencyQuantile } from './latency-counts.ts';
import { record } from './run.test.rig.ts';

describe('countRecord', () => {
  it('tells errors, refusals, late and degraded answers apart, and leaves the callers own mistakes out', () => {
    const figures = newArmFigures();
    const count = (part: Parameters<typeof record>[0]) => countRecord(figures, record(part), 500);
    count({});
    count({ level: 'simpler_model', rung: 'simple' });
    count({ durationMs: 501 });
    count({ status: 502, error: 'upstream_error', level: 'failed' });
    count({ status: 429, error: 'shed', level: 'failed', priority: 3 });
    count({ status: 503, error: 'shed', level: 'failed', priority: 3 });
    count({ status: 400, error: 'bad_request', level: 'failed' });
    count({ status: 499, error: 'client_closed', level: 'failed' });
    expect(figures).toMatchObject({ requests: 6, errors: 1, refused: 2, slow: 1, degraded: 1 });
    expect(figures.levels).toEqual({ full_service: 2, simpler_model: 1, failed: 3 });
    expect(figures.classes[2]).toEqual({ requests: 4, good: 2 });
    expect(figures.classes[3]).toEqual({ requests: 2, good: 0 });
    expect(figures.latency.reduce((a, b) => a + b)).toBe(3);
  });

  it('adds over replicas as if one had seen it all', () => {
    const [a, b, both] = [newArmFigures(), newArmFigures(), newArmFigures()];
    for (let i = 0; i < 200; i++) {
      const one = record({ user: `u-${i % 17}`, durationMs: i, status: i % 9 === 0 ? 500 : 200 });
      countRecord(i % 3 === 0 ? a : b, one, 100);
      countRecord(both, one, 100);
    }
    expect(addArms(a, b)).toEqual(both);
    expect(latencyQuantile(addArms(a, b).latency, 0.99)).toBe(latencyQuantile(both.latency, 0.99));
  });
});
