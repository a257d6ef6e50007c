import { describe, expect, it } from 'vitest';
import type { RequestWithFacts } from '../../api/wire.ts';
import { layersOf, placeOf } from './layers.ts';

const request: RequestWithFacts = {
  id: 'req-1',
  traceId: undefined,
  service: 'moderation',
  kind: 'live',
  at: 0,
  durationMs: 100,
  firstChunkMs: undefined,
  tenant: 'anonymous',
  user: 'u',
  priority: 2,
  level: 'simpler_model',
  rung: 'simple',
  model: 'simple',
  version: '1',
  confidence: 0.9,
  score: 0.9,
  label: 'spam',
  inputTokens: undefined,
  outputTokens: undefined,
  status: 200,
  error: undefined,
  reason: 'primary timed out',
  entry: 'primary',
  entryReason: 'ok',
  features: {
    source: 'cache',
    reason: 'the server is gone',
    ageMs: 4_000,
    missing: ['spam_share'],
    durationMs: 5,
  },
  safety: { verdict: 'allow', reason: 'ok', durationMs: 10 },
  steps: [
    {
      rung: 'primary',
      level: 'full_service',
      outcome: 'timed_out',
      reason: 'over 60 ms',
      startMs: 5,
      durationMs: 60,
    },
    {
      rung: 'simple',
      level: 'simpler_model',
      outcome: 'answered',
      reason: 'ok',
      startMs: 65,
      durationMs: 25,
    },
  ],
  facts: { feedback: [], signals: [] },
};

describe('the waterfall of a request', () => {
  it('has every layer in the order of the way, each with its reason', () => {
    const layers = layersOf(request);
    expect(layers.map(({ name, what, tone }) => [name, what, tone])).toEqual([
      ['entry', 'primary', 'quiet'],
      ['features', 'cache, 4 s old, missing: spam_share', 'warn'],
      ['primary', 'timed out at full service', 'bad'],
      ['simple', 'answered at simpler model', 'good'],
      ['safety check', 'allow', 'good'],
    ]);
    expect(layers[2]?.why).toBe('over 60 ms');
  });

  it('places layers where they lie, inside the whole', () => {
    const layers = layersOf(request);
    const places = layers.map((layer) => placeOf(layer, layers, request.durationMs));
    expect(places[2]).toEqual({ left: 0.05, width: 0.6 });
    expect(places[4]?.left).toBeCloseTo(0.9, 12);
    expect(places[4]?.width).toBeCloseTo(0.1, 12);
    for (const { left, width } of places) expect(left + width).toBeLessThanOrEqual(1);
  });
});
