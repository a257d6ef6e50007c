import type { RequestRecord } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { type Log, openLog } from './log.ts';
import { predictionLog } from './prediction-log.ts';

function captured(level = 'info'): { readonly log: Log; lines(): Record<string, unknown>[] } {
  const written: string[] = [];
  const log = openLog({ EVENKEEL_LOG: level }, { write: (line: string) => void written.push(line) });
  return { log, lines: () => written.map((line) => JSON.parse(line)) };
}

function recordOf(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'req-1',
    traceId: undefined,
    service: 'shop',
    kind: 'live',
    at: 1_767_225_600_000,
    durationMs: 20.123,
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
    payload: { input: 'the payload itself', output: 'the payload itself' },
    ...changes,
  };
}

describe('the lines about predictions', () => {
  it('are one for every hundred answers of a service, with the id of the request', () => {
    const { log, lines } = captured();
    const onRecord = predictionLog(log, { every: 100 });
    for (let i = 0; i < 1_000; i++) {
      onRecord(recordOf({ id: `a-${i}` }));
      onRecord(
        recordOf({ service: 'mail', id: `m-${i}`, level: 'rule_based', reason: 'model: breaker open' }),
      );
      onRecord(recordOf({ kind: 'shadow' }));
    }
    expect(lines()).toHaveLength(20);
    expect(lines()[0]).toEqual({
      level: 30,
      servedLevel: 'full_service',
      time: expect.any(Number),
      request: 'a-0',
      service: 'shop',
      tenant: 'acme',
      priority: 2,
      rung: 'model',
      model: 'ranker',
      version: '3',
      label: 'ham',
      confidence: 0.9,
      latencyMs: 20.1,
      reason: 'ok',
      msg: 'prediction',
    });
    expect(lines().filter(({ msg }) => msg === 'prediction, degraded')).toHaveLength(10);
    expect(JSON.stringify(lines())).not.toContain('payload');
  });

  it('are one for every error, until there are too many, and then the next one counts the others', () => {
    const { log, lines } = captured();
    const onRecord = predictionLog(log, { every: 0, errorsPerSecond: 3 });
    const failed = { level: 'failed', error: 'exhausted', status: 503, reason: 'all rungs failed' } as const;
    for (let i = 0; i < 3; i++) onRecord(recordOf({ ...failed, at: i }));
    onRecord(recordOf());
    expect(lines()).toHaveLength(3);
    for (let i = 0; i < 50; i++) onRecord(recordOf({ ...failed, at: 10 + i }));
    // Another code has lines of its own.
    onRecord(recordOf({ level: 'failed', error: 'shed', status: 429, at: 70 }));
    onRecord(recordOf({ ...failed, at: 1_200 }));
    onRecord(recordOf({ ...failed, at: 1_201 }));
    expect(lines().map(({ error, unlogged }) => [error, unlogged])).toEqual([
      ['exhausted', undefined],
      ['exhausted', undefined],
      ['exhausted', undefined],
      ['shed', undefined],
      ['exhausted', 50],
      ['exhausted', undefined],
    ]);
  });

  it('carry no secret, whatever an upstream says in its errors', () => {
    const { log, lines } = captured();
    const key = `${'sk-'}proj-abcdefghijklmnop`;
    const onRecord = predictionLog(log);
    onRecord(
      recordOf({
        level: 'failed',
        error: 'upstream_error',
        status: 502,
        reason: `401: incorrect key ${key} of ada@example.com ${'x'.repeat(2_000)}`,
        label: `label of ada@example.com`,
      }),
    );
    log.info({ reason: `Authorization: Bearer ${key}` }, 'upstream refused');
    log.info({ headers: { authorization: 'Bearer abc' }, request: { body: 'hello', token: 't' } }, 'odd');
    const text = JSON.stringify(lines());
    for (const secret of [key, 'ada@example.com', 'Bearer abc', 'hello']) expect(text).not.toContain(secret);
    expect(text.length).toBeLessThan(2_000);
    expect(lines()[2]).toMatchObject({ request: { body: '[secret]', token: '[secret]' } });
  });

  it('keep to the level that is set, and to info when it is none', () => {
    const quiet = captured('error');
    predictionLog(quiet.log)(recordOf());
    expect(quiet.lines()).toEqual([]);
    const odd = captured('loud');
    predictionLog(odd.log)(recordOf());
    expect(odd.lines()).toHaveLength(1);
  });
});
