import type { RequestRecord } from './record.ts';

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
    confidence: 0.9,
    score: 0.7,
    label: 'ham',
    inputTokens: undefined,
    outputTokens: undefined,
    status: 200,
    error: undefined,
    reason: 'ok',
    entry: 'model',
    entryReason: 'ok',
    features: undefined,
    safety: undefined,
    steps: [],
    ...changes,
  };
}
