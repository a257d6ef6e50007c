import { createBreaker, type FaultSpec, type FeatureReading, fakeClock } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import {
  createEntityReader,
  createFeatureReader,
  createRequestFeatures,
  type FeatureSource,
} from '../features/index.ts';
import type { ActiveFault } from './active-fault.ts';
import { active, random, request } from './faults.test.rig.ts';
import { faultySource, interposedFeatures } from './interposed-features.ts';

const TIMEOUT_MS = 60;

function rig() {
  const clock = fakeClock();
  const host = { clock, timers: clock, random: random() };
  let fetches = 0;
  const source: FeatureSource = {
    async fetch(keys) {
      fetches += 1;
      return keys.map(() => ({
        values: [
          { name: 'seen', value: 7, status: 'present', eventTime: clock.wall() },
          { name: 'share', value: 0.2, status: 'present', eventTime: clock.wall() },
        ],
      }));
    },
    healthy: async () => true,
    close: async () => {},
  };
  const breaker = createBreaker({ policy: { kind: 'consecutive', failures: 5 } }, host);
  const options = { entities: ['sender'], timeoutMs: TIMEOUT_MS, maxAgeMs: 60_000 };
  const entitiesOf = createEntityReader({ sender: 'input.sender' });
  const reading = (from: FeatureSource) =>
    createRequestFeatures(
      entitiesOf,
      createFeatureReader(options, { ...host, source: from, breaker, defer: (fn) => queueMicrotask(fn) }),
    );
  const features = interposedFeatures(reading(source), (faults) =>
    reading(faultySource(source, faults, { ...host, wall: () => clock.wall() })),
  );
  const read = async (user = 'u-1'): Promise<FeatureReading> => {
    const asked = features.read(
      request({ input: { sender: 'a@b' }, caller: { tenant: 'acme', user, tier: undefined } }),
      undefined,
      500,
    );
    const pending = Promise.resolve(asked);
    await clock.advanceAsync(700);
    return pending;
  };
  return { clock, features, read, breaker, fetches: () => fetches };
}

const late: FaultSpec = { type: 'feature_store_latency', rate: 1, latency: { shape: 'constant', ms: 500 } };

describe('interposedFeatures', () => {
  it('answers fresh while nothing is in force', async () => {
    const { read } = rig();
    expect(await read()).toMatchObject({ fresh: true, set: { values: { seen: 7, share: 0.2 } } });
  });

  it('lets the true time-out strike a late source, the true last known values stand in, and the true breaker open', async () => {
    const { features, read, breaker } = rig();
    await read();
    const fault = active(late);
    features.interpose([fault]);
    const reading = await read();
    expect(reading.fresh).toBe(false);
    expect(reading.set).toMatchObject({ source: 'cache', values: { seen: 7 } });
    expect(reading.reason).toMatch(/did not answer within|no answer within|60 ms/);
    expect(fault.hits).toBe(1);
    for (let i = 0; i < 5; i++) await read();
    expect(breaker.snapshot().state).toBe('open');
    features.interpose(undefined);
  });

  it('touches nobody outside its radius, and of the same sender at that', async () => {
    const { features, read } = rig();
    features.interpose([active(late, { tenants: ['other'] })]);
    expect(await read()).toMatchObject({ fresh: true });
  });

  it('gives old time stamps, and leaves nothing old behind', async () => {
    const { features, read } = rig();
    const stale = (part: { marked: boolean; fields: string[] }): ActiveFault[] => [
      active({ type: 'stale_features', rate: 1, olderMs: 86_400_000, ...part }),
    ];
    features.interpose(stale({ marked: false, fields: [] }));
    const silent = await read();
    expect(silent.fresh).toBe(true);
    expect(silent.set?.ageMs).toBeGreaterThanOrEqual(86_400_000);

    features.interpose(undefined);
    features.interpose(stale({ marked: true, fields: ['share'] }));
    const marked = await read();
    expect(marked.fresh).toBe(false);
    expect(marked.reason).toContain('share outside its max age');
    expect(marked.set?.missing).toEqual(['share']);

    features.interpose(undefined);
    const after = await read();
    expect(after).toMatchObject({ fresh: true });
    expect(after.set?.ageMs).toBeLessThan(1_000);
  });

  it('spoils values as they come from the source', async () => {
    const { features, read } = rig();
    const spoil = (fault: Extract<FaultSpec, { type: 'data_quality' }>['fault']) => {
      features.interpose(undefined);
      features.interpose([
        active({ type: 'data_quality', rate: 1, at: 'features', model: undefined, fault }),
      ]);
    };
    spoil({ how: 'scale', fields: ['share'], factor: 100 });
    expect((await read()).set?.values).toEqual({ seen: 7, share: 20 });
    spoil({ how: 'null', fields: ['seen'] });
    expect((await read()).set).toMatchObject({ values: { share: 0.2 }, missing: ['seen'] });
    spoil({ how: 'swap', fields: ['seen', 'share'] });
    expect((await read()).set?.values).toEqual({ seen: 0.2, share: 7 });
  });
});
