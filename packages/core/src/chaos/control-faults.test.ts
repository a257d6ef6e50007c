import { describe, expect, it } from 'vitest';
import type { Directive } from '../serving/directives.ts';
import type { FaultSpec } from '../serving/fault.ts';
import { controlFaults } from './control-faults.ts';

const directive = (spec: FaultSpec): Directive => ({
  id: `d-${spec.type}`,
  service: 'mail',
  order: { kind: 'fault', fault: { spec, radius: { share: 1, cohort: 'c', tenants: [], priorities: [] } } },
  owner: 'o',
  reason: 'r',
  createdAt: 0,
  expiresAt: 1,
});

describe('controlFaults', () => {
  it('breaks nothing while nothing is ordered', () => {
    const faults = controlFaults([
      { ...directive({ type: 'store_outage' }), order: { kind: 'pin', rung: 'x' } },
    ]);
    expect(faults).toMatchObject({ silent: false, labelDelayMs: 0 });
    expect(faults.notifierFails('pager')).toBeUndefined();
  });
  it('obeys what is in force: the longest delay, the named notifier', () => {
    const faults = controlFaults([
      directive({ type: 'label_delay', byMs: 5 }),
      directive({ type: 'label_delay', byMs: 9 }),
      directive({ type: 'notifier_outage', destination: 'pager' }),
      directive({ type: 'control_outage' }),
    ]);
    expect(faults).toMatchObject({ silent: true, labelDelayMs: 9 });
    expect(faults.notifierFails('pager')).toContain('pager is out');
    expect(faults.notifierFails('slack')).toBeUndefined();
    expect(
      controlFaults([directive({ type: 'notifier_outage', destination: undefined })]).notifierFails('slack'),
    ).toBeDefined();
  });
});
