import { fakeClock, type PredictRequest } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { createEntityReader } from './entities.ts';
import { callAt, fakeBreaker, fakeSource, row } from './fakes.test.support.ts';
import { createFeatureReader } from './feature-store.ts';
import { createRequestFeatures } from './request-features.ts';

function request(input: unknown): PredictRequest {
  return {
    id: '1',
    service: 's',
    input,
    caller: { tenant: 't', user: 'u', tier: undefined },
    priority: 2,
    deadlineMs: 500,
    weight: 1,
    stream: false,
    signal: undefined,
    traceId: undefined,
    kind: 'live',
  };
}

describe('createRequestFeatures', () => {
  it('reads the features of the entity that the input names', async () => {
    const clock = fakeClock();
    const source = fakeSource();
    const reader = createFeatureReader(
      { entities: ['sender'] },
      {
        clock,
        timers: clock,
        source,
        breaker: fakeBreaker().breaker,
        defer: (fn) => void clock.after(0, fn),
      },
    );
    const features = createRequestFeatures(createEntityReader({ sender: 'input.from' }), reader);
    const reading = features.read(request({ from: 'a@b' }), undefined, 400);
    clock.advance(0);
    callAt(source, 0).answer([row(3)]);
    expect(await reading).toMatchObject({ fresh: true, set: { values: { seen: 3 } } });
    expect(features.readCached(request({ from: 'a@b' })).set?.values).toEqual({ seen: 3 });
    expect(features.read(request({}), undefined, 400)).toEqual({
      set: undefined,
      fresh: false,
      reason: 'input.from is absent',
      durationMs: 0,
    });
    expect(features.readCached(request(7)).reason).toBe('input.from is absent');
  });
});
