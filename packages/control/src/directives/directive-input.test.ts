import { describe, expect, it } from 'vitest';
import { directiveInput } from './directive-input.ts';

const base = { service: 'mail', reason: 'to see' };

describe('directiveInput', () => {
  it('takes a fault as an experiment file writes it, limited and for a minute unless it says otherwise', () => {
    const fault = { type: 'model_latency', model: 'primary', latency: { shape: 'constant', by: '300ms' } };
    expect(directiveInput.parse({ ...base, order: { kind: 'fault', fault } })).toMatchObject({
      lease: 60_000,
      order: {
        kind: 'fault',
        fault: {
          spec: { type: 'model_latency', rate: 1, latency: { shape: 'constant', ms: 300 } },
          radius: { share: 0.05 },
        },
      },
    });
    const wide = directiveInput.parse({
      ...base,
      lease: '5m',
      order: { kind: 'fault', fault, radius: 'moderate' },
    });
    expect(wide).toMatchObject({ lease: 300_000, order: { fault: { radius: { share: 0.25 } } } });
  });
  it('takes the other orders for an hour', () => {
    expect(directiveInput.parse({ ...base, order: { kind: 'pin', rung: 'simple' } })).toMatchObject({
      lease: 3_600_000,
      order: { kind: 'pin', rung: 'simple' },
    });
  });
  it.each([
    { kind: 'fault' },
    { kind: 'fault', fault: { type: 'model_failur' } },
    { kind: 'fault', fault: { type: 'store_outage' }, radius: { share: 2 } },
    { kind: 'tighten', factor: 0 },
    { kind: 'nonsense' },
  ])('refuses %j', (order) => {
    expect(directiveInput.safeParse({ ...base, order }).success).toBe(false);
  });
});
