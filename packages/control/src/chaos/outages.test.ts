import type { Directive, FaultSpec } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { controlOutages } from './outages.ts';
import { FULL, plant } from './plant.test.support.ts';

const order = (id: string, spec: FaultSpec): Directive => ({
  id,
  service: 'mail',
  order: { kind: 'fault', fault: { spec, radius: { share: 1, cohort: id, tenants: [], priorities: [] } } },
  owner: 'test',
  reason: 'to see',
  createdAt: 0,
  expiresAt: 10_000,
});

describe('outages of the control plane', { timeout: 60_000 }, () => {
  it('break what the orders in force say, and nothing else', () => {
    const outages = controlOutages();
    expect([outages.silent('mail'), outages.api(), outages.notifier('mail/pager')]).toEqual([
      false,
      undefined,
      undefined,
    ]);
    outages.read([
      order('n', { type: 'notifier_outage', destination: 'pager' }),
      order('l', { type: 'label_delay', byMs: 60_000 }),
    ]);
    expect(outages.notifier('mail/pager')).toContain('(n)');
    expect(outages.notifier('mail/chat')).toBeUndefined();
    expect(outages.notifier('other/pager')).toBeUndefined();
    expect(outages.heldBack({ service: 'mail', arrivedAt: 0 }, 59_999)).toBe(true);
    expect(outages.heldBack({ service: 'mail', arrivedAt: 0 }, 60_000)).toBe(false);
    expect(outages.heldBack({ service: 'other', arrivedAt: 0 }, 1)).toBe(false);
    outages.read([]);
    expect(outages.notifier('mail/pager')).toBeUndefined();
  });

  it('silence the API but for health and for what ends them, and end with their lease', async () => {
    const one = await plant();
    try {
      await one.seconds(5, () => FULL);
      const { store, clock } = one.api();
      await store.directives.put({
        ...order('c', { type: 'control_outage' }),
        expiresAt: clock.wall() + 5_000,
      });
      await one.seconds(2, () => FULL);
      const status = async (method: string, path: string): Promise<number> =>
        (
          await one.api().call(method, path, {
            key: (await one.api().key('k', 'admin')).token,
            ...(method === 'GET' ? {} : { body: {} }),
          })
        ).status;
      expect(await status('GET', '/api/v1/objectives')).toBe(503);
      expect(await status('GET', '/healthz')).toBe(200);
      expect(await status('POST', '/api/v1/experiments/halt-all')).toBe(200);
      await one.seconds(6, () => FULL);
      expect(await status('GET', '/api/v1/objectives')).toBe(200);
    } finally {
      await one.close();
    }
  });
});
