import { describe, expect, it } from 'vitest';
import { hangWatch } from './hang.ts';

describe('hangWatch', () => {
  const options = { factor: 10, floorMs: 1_000, startMs: 60_000 };

  it('gives the start its own time, then ten median steps but not less than the floor', () => {
    const watch = hangWatch(options);
    watch.begin(0);
    expect(watch.overdueMs(59_000)).toBeLessThan(0);
    expect(watch.overdueMs(60_001)).toBeGreaterThan(0);
    for (let t = 0; t <= 1_000; t += 50) watch.alive(t, true);
    expect(watch.allowedMs()).toBe(1_000);
    for (let t = 1_000; t <= 40_000; t += 500) watch.alive(t, true);
    expect(watch.allowedMs()).toBe(5_000);
    expect(watch.overdueMs(45_001)).toBe(1);
  });

  it('knows the time of a step although ten of them arrive together', () => {
    const watch = hangWatch(options);
    watch.begin(0);
    for (let t = 0; t <= 2_000; t += 20) for (let i = 0; i < 10; i++) watch.alive(t + i / 100, true);
    expect(watch.medianStepMs()).toBeCloseTo(2, 1);
  });

  it('takes any event as life, one long step not as the median, and no pause of ours as silence', () => {
    const watch = hangWatch(options);
    watch.begin(0);
    for (let t = 0; t <= 10_000; t += 200) watch.alive(t, true);
    watch.alive(11_900, false);
    watch.alive(13_000, true);
    expect(watch.allowedMs()).toBe(2_000);
    expect(watch.overdueMs(14_000)).toBeLessThan(0);
    watch.excuse(3_600_000);
    expect(watch.overdueMs(3_614_000)).toBeLessThan(0);
    expect(watch.overdueMs(3_615_001)).toBeGreaterThan(0);
  });
});
