import type { GateSnapshot, RequestRecord, ServiceStatus } from '@evenkeel/core';

/** A record of an undisturbed request, with what the test says otherwise. */
export function recordOf(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'req-1',
    traceId: undefined,
    service: 'shop',
    kind: 'live',
    at: 1_767_225_600_000,
    durationMs: 20,
    firstChunkMs: undefined,
    tenant: 'acme',
    user: 'u1',
    priority: 2,
    level: 'full_service',
    rung: 'model',
    model: 'ranker',
    version: '3',
    confidence: 0.93,
    score: 0.7,
    label: 'ham',
    inputTokens: 10,
    outputTokens: 4,
    status: 200,
    error: undefined,
    reason: 'ok',
    entry: 'model',
    entryReason: 'ok',
    features: { source: 'online', reason: 'ok', ageMs: 1_500, missing: ['a'], durationMs: 2 },
    safety: { verdict: 'allow', reason: 'ok', durationMs: 1 },
    steps: [
      { rung: 'model', level: 'full_service', outcome: 'answered', reason: 'ok', startMs: 3, durationMs: 15 },
    ],
    ...changes,
  };
}

const GATE: GateSnapshot = {
  limit: 12.5,
  effectiveLimit: 12,
  limitReason: 'ok',
  inflight: 3,
  queued: 2,
  queuedWeight: 2,
  pressure: 0.5,
  queueWaitMs: 40,
  targetWaitMs: 80,
  baselineMs: 10,
  latencyMs: 12,
  probing: false,
  tightened: 1,
  admitted: [1, 2, 3, 4],
  refused: {
    pressure: [0, 0, 5, 6],
    queue_full: [0, 0, 0, 0],
    tenant_share: [0, 0, 0, 0],
    wait_expired: [0, 0, 0, 1],
    zero_capacity: [0, 0, 0, 0],
    aborted: [0, 0, 0, 0],
    closed: [0, 0, 0, 0],
  },
  closed: false,
};

/** A service with two rungs that enters at the second. */
export function statusOf(changes: Partial<ServiceStatus> = {}): ServiceStatus {
  const rung = { qualityImpact: '', budgetMs: 100, reason: 'ok', gate: undefined, counts: undefined };
  return {
    name: 'shop',
    type: 'ranking',
    owner: 'team',
    deadlineMs: 500,
    level: 'rule_based',
    entry: 'rules',
    reason: 'breaker open',
    sinceMs: 1,
    probing: undefined,
    rungs: [
      {
        ...rung,
        name: 'model',
        level: 'full_service',
        availability: 'down',
        gate: GATE,
        breaker: {
          state: 'half_open',
          manual: 'none',
          reason: '',
          forMs: 1,
          retryInMs: 0,
          window: { calls: 0, failures: 0, slow: 0 },
          probesOut: 0,
          probesDone: 0,
          late: 0,
          refused: 7,
        },
      },
      { ...rung, name: 'rules', level: 'rule_based', availability: 'ready', breaker: undefined },
    ],
    gate: GATE,
    components: [{ name: 'model:ranker', up: false, reason: 'refused', details: {} }],
    figures: {
      requests: 1,
      inFlight: 4,
      served: {
        full_service: 0,
        cached_features: 0,
        simpler_model: 0,
        rule_based: 0,
        static_fallback: 0,
        failed: 0,
      },
      refused: {},
      rungs: {},
      probes: 9,
    },
    directives: [],
    file: { path: 'shop.yaml', loadedAt: 0, problem: 'line 3' },
    ...changes,
  };
}
