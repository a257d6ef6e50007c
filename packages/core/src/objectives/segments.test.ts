import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../telemetry/record.ts';
import { segmentNames, segmentsOf } from './segments.ts';

const record = (changes: Partial<RequestRecord>): RequestRecord => ({
  id: 'r',
  traceId: undefined,
  service: 's',
  kind: 'live',
  at: 0,
  durationMs: 1,
  firstChunkMs: undefined,
  tenant: 'acme',
  user: 'ann',
  priority: 2,
  level: 'full_service',
  rung: undefined,
  model: 'primary',
  version: '2',
  confidence: undefined,
  score: undefined,
  label: undefined,
  inputTokens: undefined,
  outputTokens: undefined,
  status: 200,
  error: undefined,
  reason: 'ok',
  entry: 'a',
  entryReason: '',
  features: undefined,
  safety: undefined,
  steps: [],
  ...changes,
});

describe('segments', () => {
  it('are bounded whatever comes: a million tenants are fifty and others', () => {
    const names = segmentNames([{ by: 'tenant', most: 50 }]);
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 1_000_000; i++) seen.add(names.name('tenant', `t${i}`));
    expect(seen.size).toBe(51);
    expect(names.own('tenant')).toHaveLength(50);
    expect(names.folded('tenant')).toBe(1_000_000 - 50);
    // Who has figures keeps them.
    expect(names.name('tenant', 't7')).toBe('tenant=t7');
    expect(names.name('tenant', 't70')).toBe('tenant=other');
  });

  it('are the known ones first, and nobody can call himself other', () => {
    const names = segmentNames(
      [{ by: 'tenant', most: 2 }],
      ['tenant=b', 'tenant=a=b', 'tenant=other', 'version=1'],
    );
    expect(names.own('tenant')).toEqual(['tenant=b', 'tenant=a=b']);
    expect(names.name('tenant', 'a=b')).toBe('tenant=a=b');
    expect(names.name('tenant', 'c')).toBe('tenant=other');
    expect(names.name('tenant', 'other')).toBe('tenant=other');
    expect(names.name('version', '1')).toBeUndefined();
    expect(names.name('tenant', '')).toBeUndefined();
  });

  it('of a request are those of the rules', () => {
    const rules = [
      { by: 'version', most: 5 },
      { by: 'tenant', most: 5 },
      { by: 'cohort', most: 10 },
    ] as const;
    const of = segmentsOf(rules, segmentNames(rules));
    const found = of?.(record({})) ?? [];
    expect(found.slice(0, 2)).toEqual(['version=primary@2', 'tenant=acme']);
    expect(found[2]).toMatch(/^cohort=\d$/);
    expect(of?.(record({}))).toEqual(found);
    expect(of?.(record({ version: undefined, user: '' }))).toEqual(['tenant=acme']);
    expect(segmentsOf([], segmentNames([]))).toBeUndefined();
  });
});
