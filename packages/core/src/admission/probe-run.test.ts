import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { probeRun } from './probe-run.ts';

describe('probeRun', () => {
  it('holds until enough calls have begun, and ends when just those have ended', () => {
    const run = probeRun({ concurrency: 2, samples: 3, maxMs: 1000 }, 0);
    for (let i = 0; i < 3; i++) {
      expect(run.holding()).toBe(true);
      run.began();
    }
    expect(run.holding()).toBe(false);
    run.ended(10, true, false);
    run.ended(20, true, true);
    expect(run.check(100)).toBeUndefined();
    run.ended(1, false, true);
    expect(run.check(100)).toMatchObject({ samples: 2, dropShare: 2 / 3 });
  });

  it('lets go when nothing begins, and ends without those that hang', () => {
    const run = probeRun({ concurrency: 2, samples: 3, maxMs: 1000 }, 0);
    run.began();
    expect(run.check(999)).toBeUndefined();
    expect(run.holding()).toBe(true);
    expect(run.check(1000)).toBeUndefined();
    expect(run.holding()).toBe(false);
    expect(run.check(1999)).toBeUndefined();
    expect(run.check(2000)).toEqual({ concurrency: 2, samples: 0, levelMs: 0, dropShare: 0 });
    const drained = probeRun({ concurrency: 2, samples: 3, maxMs: 1000 }, 0);
    expect(drained.check(1000)).toMatchObject({ samples: 0 });
  });

  it('is not biased to the short calls, as counting the first to end would be', () => {
    // Six in flight, exponential with a mean of 50: the midmean of that is 36.9; of the first 40 to end it is 10 % less.
    const random = seededRandom(5);
    const exponential = (): number => -50 * Math.log(1 - random());
    let sum = 0;
    const rounds = 300;
    for (let round = 0; round < rounds; round++) {
      const run = probeRun({ concurrency: 6, samples: 40, maxMs: 1e9 }, 0);
      let inflight: { end: number; took: number }[] = [];
      let now = 0;
      const begin = (): void => {
        const took = exponential();
        inflight.push({ end: now + took, took });
        run.began();
      };
      for (let i = 0; i < 6; i++) begin();
      while (inflight.length > 0) {
        inflight = inflight.sort((a, b) => a.end - b.end);
        const first = inflight.shift();
        if (first === undefined) break;
        now = first.end;
        run.ended(first.took, true, false);
        if (run.holding()) begin();
      }
      sum += run.check(now)?.levelMs ?? Number.NaN;
    }
    expect(sum / rounds).toBeGreaterThan(36);
    expect(sum / rounds).toBeLessThan(38.5);
  });
});
