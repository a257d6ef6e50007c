import { describe, expect, it } from 'vitest';
import { HEALTH_DEFAULTS, initialHealth, observeHealth } from './health.ts';

describe('component health', () => {
  const check = (start: ReturnType<typeof initialHealth>, oks: readonly boolean[]) =>
    oks.reduce(
      (health, ok, i) => observeHealth(health, ok, ok ? 'ok' : 'refused', HEALTH_DEFAULTS, i),
      start,
    );

  it('goes down after two failed checks in a row, not after one', () => {
    expect(check(initialHealth(0), [false]).up).toBe(true);
    expect(check(initialHealth(0), [false, true, false]).up).toBe(true);
    expect(check(initialHealth(0), [false, false])).toMatchObject({ up: false, reason: 'refused', since: 1 });
  });

  it('comes up after three good checks in a row', () => {
    const down = check(initialHealth(0), [false, false]);
    expect(check(down, [true, true]).up).toBe(false);
    expect(check(down, [true, true, false, true, true]).up).toBe(false);
    expect(check(down, [true, true, true])).toMatchObject({ up: true, reason: 'ok' });
  });
});
