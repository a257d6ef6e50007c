import { describe, expect, it } from 'vitest';
import { EXPERIMENT, FULL, plant, SIMPLER } from './plant.test.support.ts';
import { nextTime } from './schedule.ts';

describe('the next time of a schedule', () => {
  it('is in the time zone of the file, through the change of the clocks', () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    expect(nextTime(berlin, Date.UTC(2026, 5, 1, 12))).toBe(Date.UTC(2026, 5, 2, 0, 30));
    expect(nextTime(berlin, Date.UTC(2026, 11, 1, 12))).toBe(Date.UTC(2026, 11, 2, 1, 30));
    // In the night of 29 March 2026 there is no half past two.
    const skipped = nextTime(berlin, Date.UTC(2026, 2, 28, 12)) ?? 0;
    expect(skipped).toBeGreaterThanOrEqual(Date.UTC(2026, 2, 29, 0, 30));
    expect(skipped).toBeLessThanOrEqual(Date.UTC(2026, 2, 30, 0, 30));
  });

  it('is none for what is no pattern', () => {
    expect(() => nextTime({ cron: '99 99 * * *', timeZone: 'UTC' }, 0)).toThrow();
  });
});

describe('a scheduled experiment', { timeout: 60_000 }, () => {
  it('is started once when its time comes, and waits while another runs', async () => {
    const one = await plant();
    try {
      await one.seconds(12, () => FULL);
      const other = await one.begin({ ...EXPERIMENT, duration: '60s' });
      await one.api().call('PUT', '/api/v1/experiments/nightly', {
        key: (await one.api().key('root2', 'admin')).token,
        body: {
          service: 'mail',
          text: JSON.stringify({
            ...EXPERIMENT,
            experiment: 'nightly',
            schedule: { cron: '1 14 * * *', timezone: 'Europe/Berlin' },
          }),
        },
      });
      const degrades = (_: number, hit: boolean) => (hit ? SIMPLER : FULL);
      await one.seconds(60, degrades);
      expect(await one.get('/api/v1/experiments/nightly/runs')).toEqual({ runs: [] });
      for (let s = 0; s < 60 && (await one.run(other)).phase !== 'done'; s++) await one.seconds(1, degrades);
      await one.seconds(60, degrades);
      const { runs } = await one.get('/api/v1/experiments/nightly/runs');
      expect(runs).toMatchObject([{ by: 'schedule', status: 'completed' }]);
    } finally {
      await one.close();
    }
  });
});
